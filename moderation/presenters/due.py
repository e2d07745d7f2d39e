"""When a case should be decided, in words, counted in the organisation's working time."""

from datetime import UTC, date, datetime, time, timedelta

from accounts.working_time import UK, WorkingCalendar

# Days further away than this are not counted one by one.
FARTHEST = 250
WHOLE_DAY = 24 * 60


class WorkingClock:
    """Counts working minutes between moments, each day worked out once.

    A page of rows asks for many moments within a few days of each other; the calendar's own sum
    walks every day for every row.
    """

    def __init__(self, calendar: WorkingCalendar) -> None:
        self._calendar = calendar
        self._counts_hours = any(calendar.periods.values())
        self._days: dict[date, tuple[tuple[tuple[datetime, datetime], ...], timedelta]] = {}
        # The longest working day: what "a day" means here.
        self.day = (
            max(
                sum(_minutes(opens, closes) for opens, closes in periods)
                for periods in calendar.periods.values()
                if periods
            )
            if self._counts_hours
            else WHOLE_DAY
        )

    def minutes_until(self, moment: datetime, now: datetime) -> int:
        """Return the working minutes from `now` until `moment`, negative when it has passed."""
        if moment < now:
            return -self.minutes_until(now, moment)
        if not self._counts_hours:
            return int((moment - now).total_seconds() // 60)
        first, last = now.astimezone(UK).date(), moment.astimezone(UK).date()
        days = (last - first).days
        if days > FARTHEST:
            return FARTHEST * self.day
        total = self._worked(last, moment) - self._worked(first, now)
        for offset in range(days):
            total += self._day(first + timedelta(days=offset))[1]
        return int(total.total_seconds() // 60)

    def words(self, due_at: datetime, now: datetime) -> str:
        """Return "due in 2 h 10 min" or "overdue by 1 working day"."""
        minutes = self.minutes_until(due_at, now)
        if due_at <= now:
            return f"overdue by {self.length(-minutes)}" if minutes else "due now"
        return f"due in {self.length(minutes)}" if minutes else "due now"

    def length(self, minutes: int) -> str:
        """Return a length of working time: "40 min", "2 h 10 min", "3 working days"."""
        if minutes < 60:
            return f"{minutes} min"
        if minutes < self.day:
            hours, rest = divmod(minutes, 60)
            return f"{hours} h {rest} min" if rest else f"{hours} h"
        days = minutes // self.day
        unit = "working day" if self._counts_hours else "day"
        more = "over " if days >= FARTHEST else ""
        return f"{more}{days} {unit}{'' if days == 1 else 's'}"

    def _worked(self, day: date, moment: datetime) -> timedelta:
        """Return the working time of a day until a moment of it."""
        total = timedelta()
        for begins, ends in self._day(day)[0]:
            if moment > begins:
                total += min(moment, ends) - begins
        return total

    def _day(self, day: date) -> tuple[tuple[tuple[datetime, datetime], ...], timedelta]:
        """Return a day's working periods and how long they are together."""
        known = self._days.get(day)
        if known is None:
            hours = (
                self._calendar.periods[day.weekday()] if self._calendar.is_working_day(day) else ()
            )
            # In UTC, so that a day on which the clocks change has its real length.
            periods = tuple((_at(day, opens), _at(day, closes)) for opens, closes in hours)
            total = sum((ends - begins for begins, ends in periods), timedelta())
            known = self._days[day] = (periods, total)
        return known


def _minutes(opens: time, closes: time) -> int:
    return (closes.hour - opens.hour) * 60 + closes.minute - opens.minute


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, UK).astimezone(UTC)
