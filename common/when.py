"""Moments and lengths of time in words, in UK time. `now` always comes from outside."""

from datetime import datetime, timedelta

from django.utils import timezone

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def uk_datetime(moment: datetime) -> str:
    """Return "21 Nov 2026, 09:14"."""
    local = timezone.localtime(moment)
    return f"{local.day} {MONTHS[local.month - 1][:3]} {local.year}, {local:%H:%M}"


def uk_date(moment: datetime) -> str:
    """Return "21 November 2026"."""
    local = timezone.localtime(moment)
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}"


def uk_time(moment: datetime) -> str:
    """Return "09:14"."""
    return f"{timezone.localtime(moment):%H:%M}"


def length(span: timedelta) -> str:
    """Return a length of time by its largest unit: "3 days", "1 hour", "under a minute"."""
    minutes = int(abs(span).total_seconds() // 60)
    for size, unit in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        count = minutes // size
        if count:
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "under a minute"


def age(moment: datetime, now: datetime) -> str:
    """Return how long ago `moment` was: "3 hours ago"."""
    if moment > now:
        return f"in {length(moment - now)}"
    return f"{length(now - moment)} ago"
