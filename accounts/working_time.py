"""Time as the organisation works it: office hours less bank holidays and closures (HMPPS-02, PPO-03)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

import holidays

from accounts.models import Closure, OfficeHours, Organisation

UK = ZoneInfo("Europe/London")
# Far enough for any target; an organisation without office hours counts every hour.
HORIZON_DAYS = 400


@lru_cache(maxsize=64)
def bank_holidays(nation: str, year: int) -> frozenset[date]:
    """Return the days of the nation's bank holidays in one year, substitute days included."""
    return frozenset(holidays.country_holidays("GB", subdiv=nation, years=year))


@dataclass(frozen=True)
class WorkingCalendar:
    """When one organisation works. `periods` are opening and closing times by weekday."""

    nation: str
    periods: Mapping[int, tuple[tuple[time, time], ...]]
    closures: frozenset[date] = field(default_factory=frozenset)

    def is_working_day(self, day: date) -> bool:
        """Whether the organisation works at all on this day."""
        return (
            bool(self.periods.get(day.weekday()))
            and day not in self.closures
            and day not in bank_holidays(self.nation, day.year)
        )

    def add(self, start: datetime, minutes: int) -> datetime:
        """Return the moment at which `minutes` of working time have passed since `start`."""
        if not any(self.periods.values()):
            return start + timedelta(minutes=minutes)
        left = timedelta(minutes=minutes)
        # In UTC, for only there is the difference between two moments the time that passes.
        start = start.astimezone(UTC)
        local = start.astimezone(UK)
        for offset in range(HORIZON_DAYS):
            day = local.date() + timedelta(days=offset)
            if not self.is_working_day(day):
                continue
            for opens, closes in self.periods[day.weekday()]:
                begin = max(_moment(day, opens), start)
                end = _moment(day, closes)
                if end <= begin:
                    continue
                if end - begin >= left:
                    return begin + left
                left -= end - begin
        return start + timedelta(days=HORIZON_DAYS)

    def minutes_between(self, start: datetime, end: datetime) -> int:
        """Return the working minutes from `start` to `end`; negative when `end` is earlier."""
        if end < start:
            return -self.minutes_between(end, start)
        if not any(self.periods.values()):
            return int((end - start).total_seconds() // 60)
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        total = timedelta()
        day = start.astimezone(UK).date()
        last = end.astimezone(UK).date()
        while day <= last:
            if self.is_working_day(day):
                for opens, closes in self.periods[day.weekday()]:
                    begin = max(_moment(day, opens), start)
                    finish = min(_moment(day, closes), end)
                    total += max(finish - begin, timedelta())
            day += timedelta(days=1)
        return int(total.total_seconds() // 60)


def _moment(day: date, at: time) -> datetime:
    return datetime.combine(day, at, UK).astimezone(UTC)


def calendar_of(organisation_id: UUID) -> WorkingCalendar:
    """Return the organisation's calendar."""
    nation = Organisation.objects.values_list("nation", flat=True).get(pk=organisation_id)
    periods: dict[int, list[tuple[time, time]]] = {}
    for row in OfficeHours.objects.filter(organisation_id=organisation_id).order_by("opens_at"):
        periods.setdefault(row.weekday, []).append((row.opens_at, row.closes_at))
    closures = Closure.objects.filter(organisation_id=organisation_id)
    return WorkingCalendar(
        nation=nation,
        periods={weekday: tuple(hours) for weekday, hours in periods.items()},
        closures=frozenset(closures.values_list("closed_on", flat=True)),
    )
