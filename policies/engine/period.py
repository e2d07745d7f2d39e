"""The days on which a rule set judges: an election, a trial, or always."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from policies.engine.reading import Reader


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last, both included; a missing end is open."""

    starts_on: date | None = None
    ends_on: date | None = None

    def includes(self, day: date) -> bool:
        """Tell whether a rule set with this period judges on a day."""
        return (self.starts_on is None or self.starts_on <= day) and (
            self.ends_on is None or day <= self.ends_on
        )


ALWAYS = Period()


def read_period(reader: Reader, value: object, where: str) -> Period:
    """Read `{from: "2027-03-25", until: "2027-05-06"}`; either may be left out, not both."""
    if value is None:
        return ALWAYS
    node = reader.mapping(value, where, optional=["from", "until"])
    if not node:
        reader.note(where, "needs the field “from”, the field “until”, or both.")
        return ALWAYS
    period = Period(
        starts_on=_day(reader, node.get("from"), f"{where}, from"),
        ends_on=_day(reader, node.get("until"), f"{where}, until"),
    )
    if period.starts_on and period.ends_on and period.ends_on < period.starts_on:
        reader.note(where, "ends before it begins.")
    return period


def _day(reader: Reader, value: object, where: str) -> date | None:
    written = reader.text(value, where)
    if not written:
        return None
    try:
        # Not date.fromisoformat alone: it also takes "20270325" and "2027-W12-4".
        day = date.fromisoformat(written)
    except ValueError:
        day = None
    if day is None or day.isoformat() != written:
        reader.note(
            where, f"“{written}” is not a day written as year-month-day, such as 2027-05-06."
        )
        return None
    return day
