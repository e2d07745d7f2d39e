"""What every page of one organisation needs and hardly ever changes, read once in a while."""

from datetime import datetime, timedelta
from uuid import UUID

from accounts.models import Organisation
from accounts.working_time import calendar_of
from moderation.presenters.due import WorkingClock
from moderation.presenters.furniture import ChannelName, Furniture
from platforms.enums import Platform

# A channel renamed, a clause added or an office hour changed shows on queue pages this much later.
LIFE = timedelta(seconds=30)

_kept: dict[UUID, Furniture] = {}


def furniture_of(organisation: Organisation, now: datetime) -> Furniture:
    """Return an organisation's furniture, at most half a minute old."""
    known = _kept.get(organisation.pk)
    if known is not None and timedelta() <= now - known.read_at < LIFE:
        return known
    channels = organisation.channels.order_by("name", "pk").values_list("pk", "name", "platform")
    clauses = organisation.clauses.filter(is_current=True).order_by("reference")
    fresh = Furniture(
        channels={pk: ChannelName(name, Platform(kind).label) for pk, name, kind in channels},
        clauses=tuple(clauses.values_list("reference", "title")),
        clock=WorkingClock(calendar_of(organisation.pk)),
        read_at=now,
    )
    _kept[organisation.pk] = fresh
    return fresh


def forget() -> None:
    """Read everything again at the next page."""
    _kept.clear()
