"""What this organisation has on record about an author, on all of its channels. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from accounts.actors import Actor
from moderation.enums import ActionKind, ActionStatus, CaseStatus
from moderation.models import Author, Case, ContentItem, EnforcementAction
from moderation.services.evaluation import BREACHES
from platforms.models import Channel

COUNT_CAP = 1_000
PAGE_SIZE = 25
RECENT = 5


@dataclass(frozen=True, slots=True)
class Record:
    """Counts of an author's past here. `items` is counted to the cap."""

    items: int
    waiting: int
    decided: int
    breaches: int
    # In force; and those whose decision was reversed after they had reached the author.
    warnings_delivered: int
    warnings_taken_back: int
    warnings_under_way: int
    blocks: int
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One page of what an author wrote, newest first."""

    items: tuple[ContentItem, ...]
    has_newer: bool
    has_older: bool


def record_of(author: Author, *, by: Actor) -> Record:
    """Return what is on record about an author."""
    items = ContentItem.objects.visible_to(by).filter(author=author).values("pk")
    cases = (
        Case.objects.visible_to(by)
        .filter(author=author)
        .aggregate(
            waiting=Count("pk", filter=Q(status=CaseStatus.WAITING)),
            decided=Count("pk", filter=Q(status=CaseStatus.DECIDED)),
            breaches=Count(
                "pk",
                filter=Q(status=CaseStatus.DECIDED, standing_decision__outcome__in=BREACHES),
            ),
        )
    )
    under_way = [ActionStatus.REQUESTED, ActionStatus.ACCEPTED, ActionStatus.UNKNOWN]
    actions = (
        EnforcementAction.objects.visible_to(by)
        .filter(author=author, kind__in=[ActionKind.WARN, ActionKind.BLOCK])
        .aggregate(
            delivered=Count(
                "pk",
                filter=Q(
                    kind=ActionKind.WARN,
                    status=ActionStatus.VERIFIED,
                    decision__replaced_by__isnull=True,
                ),
            ),
            taken_back=Count(
                "pk",
                filter=Q(
                    kind=ActionKind.WARN,
                    status=ActionStatus.VERIFIED,
                    decision__replaced_by__isnull=False,
                ),
            ),
            under_way=Count("pk", filter=Q(kind=ActionKind.WARN, status__in=under_way)),
            blocks=Count(
                "pk",
                filter=Q(kind=ActionKind.BLOCK, status=ActionStatus.VERIFIED)
                & ~Q(undone_by__status=ActionStatus.VERIFIED),
            ),
        )
    )
    return Record(
        items=items[: COUNT_CAP + 1].count(),
        waiting=cases["waiting"],
        decided=cases["decided"],
        breaches=cases["breaches"],
        warnings_delivered=actions["delivered"],
        warnings_taken_back=actions["taken_back"],
        warnings_under_way=actions["under_way"],
        blocks=actions["blocks"],
        channels=tuple(channels_of(author, by=by)),
    )


def channels_of(author: Author, *, by: Actor) -> Sequence[Channel]:
    """Return the channels of this organisation on which the author is known."""
    written = ContentItem.objects.visible_to(by).filter(author=author)
    return list(
        Channel.objects.visible_to(by)
        .filter(pk__in=written.order_by().values("channel_id").distinct())
        .order_by("name", "pk")
    )


def decided_cases(author: Author, *, by: Actor, but: UUID | None = None) -> list[Case]:
    """Return the author's last decided cases, newest first."""
    cases = Case.objects.visible_to(by).filter(author=author, status=CaseStatus.DECIDED)
    if but is not None:
        cases = cases.exclude(pk=but)
    return list(
        cases.select_related("standing_decision__clause", "standing_decision__made_by").order_by(
            "-opened_at", "-id"
        )[:RECENT]
    )


def recent_actions(author: Author, *, by: Actor, limit: int = 50) -> list[EnforcementAction]:
    """Return what was done about the author and their words, newest first."""
    return list(
        EnforcementAction.objects.visible_to(by)
        .filter(author=author)
        .select_related("channel", "decision__clause", "decision__made_by")
        .order_by("-requested_at", "-id")[:limit]
    )


def items_page(
    author: Author,
    *,
    by: Actor,
    older_than: tuple[datetime, UUID] | None = None,
    newer_than: tuple[datetime, UUID] | None = None,
) -> ItemPage:
    """Return one page of what the author wrote here, newest first, from the start or a position."""
    items = (
        ContentItem.objects.visible_to(by)
        .filter(author=author)
        .select_related("current_revision", "channel")
    )
    if newer_than is not None:
        moment, key = newer_than
        items = items.filter(
            Q(published_at__gt=moment) | Q(published_at=moment, pk__gt=key)
        ).order_by("published_at", "id")
        found = list(items[: PAGE_SIZE + 1])
        page = found[:PAGE_SIZE]
        return ItemPage(tuple(reversed(page)), len(found) > PAGE_SIZE, has_older=True)
    if older_than is not None:
        moment, key = older_than
        items = items.filter(Q(published_at__lt=moment) | Q(published_at=moment, pk__lt=key))
    found = list(items.order_by("-published_at", "-id")[: PAGE_SIZE + 1])
    return ItemPage(
        tuple(found[:PAGE_SIZE]), older_than is not None, has_older=len(found) > PAGE_SIZE
    )


def cases_of(items: Sequence[ContentItem], *, by: Actor) -> dict[UUID, Case]:
    """Return the newest case of each of these items."""
    cases = (
        Case.objects.visible_to(by)
        .filter(content_item__in=[item.pk for item in items])
        .select_related("standing_decision")
        .order_by("opened_at", "id")
    )
    return {case.content_item_id: case for case in cases}
