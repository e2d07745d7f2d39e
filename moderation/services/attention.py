"""What stands still, and setting it going again: backlog, dead letters, unread events, the heartbeat."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from redis.exceptions import RedisError

from accounts.actors import Actor
from accounts.enums import Permission
from accounts.permissions import check_may
from common import nudge
from moderation.models import EnforcementAction, Queue
from moderation.services import desk, enforcement
from platforms.enums import DeliveryStatus, InboundStatus
from platforms.models import Channel, InboundEvent, OutboxMessage
from platforms.services import delivery, inbox
from policies.models import RuleSetVersion
from policies.services import dates

# Nobody needs to know how many beyond this.
CAP = 1_000
SHOWN = 25
HEARTBEAT_KEY = "heartbeat"
HEARTBEAT_KEPT_SECONDS = 7 * 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many rows stand in one place, counted to the cap, and since when the first does."""

    count: int
    oldest_at: datetime | None = None

    @property
    def is_capped(self) -> bool:
        """Whether there are more than were counted."""
        return self.count > CAP


@dataclass(frozen=True, slots=True)
class Letter:
    """One outbox message that needs an eye, and the case behind it."""

    message: OutboxMessage
    case_id: UUID | None


@dataclass(frozen=True, slots=True)
class Overview:
    """How everything of one organisation moves."""

    channels: Sequence[Channel]
    pending: Backlog
    failed: Backlog
    failed_events: Sequence[InboundEvent]
    outgoing: Backlog
    dead: Backlog
    dead_letters: Sequence[Letter]
    older_dead: bool
    unknown: Sequence[Letter]
    queues: Sequence[tuple[Queue, desk.Tally]]
    heartbeat_at: datetime | None
    reviews_due: Sequence[RuleSetVersion]


def overview(*, by: Actor, now: datetime, dead_before: UUID | None = None) -> Overview:
    """Look at everything that can stand still. Each count stops at the cap."""
    check_may(by, Permission.STATUS_READ)
    events = InboundEvent.objects.visible_to(by)
    messages = OutboxMessage.objects.visible_to(by)
    pending = events.pending().order_by("id")
    failed = events.filter(status=InboundStatus.FAILED).order_by("-id")
    outgoing = messages.filter(next_attempt_at__isnull=False)
    dead = messages.dead().order_by("-id")
    page = dead.filter(pk__lt=dead_before) if dead_before else dead
    letters = list(page.select_related("channel")[: SHOWN + 1])
    unknown = list(
        outgoing.filter(status=DeliveryStatus.UNKNOWN)
        .select_related("channel")
        .order_by("-id")[:SHOWN]
    )
    queues = list(Queue.objects.visible_to(by).order_by("position", "name", "pk"))
    tallies = desk.tallies(queues=queues, by=by, now=now)
    cases = _cases_behind([*letters, *unknown], by)
    return Overview(
        channels=list(Channel.objects.visible_to(by).order_by("name", "pk")),
        pending=_backlog(
            pending.values_list("pk", flat=True),
            pending.values_list("received_at", flat=True).first(),
        ),
        failed=_backlog(failed.values_list("pk", flat=True)),
        failed_events=list(failed.select_related("channel").defer("payload")[:SHOWN]),
        outgoing=_backlog(
            outgoing.values_list("pk", flat=True),
            outgoing.order_by("requested_at").values_list("requested_at", flat=True).first(),
        ),
        dead=_backlog(dead.values_list("pk", flat=True)),
        dead_letters=[Letter(row, cases.get(row.pk)) for row in letters[:SHOWN]],
        older_dead=len(letters) > SHOWN,
        unknown=[Letter(row, cases.get(row.pk)) for row in unknown],
        queues=[(queue, tallies[queue.pk]) for queue in queues],
        heartbeat_at=heartbeat_at(),
        reviews_due=dates.reviews_due(by=by, now=now),
    )


@transaction.atomic
def try_again(*, message: OutboxMessage, by: Actor, now: datetime, reason: str) -> OutboxMessage:
    """Give a dead letter another round; its action shows at once that it is under way again."""
    message = delivery.replay(message=message, by=by, now=now, reason=reason)
    enforcement.settle(message.pk, now=now)
    nudge.after_commit("moderation.tasks.deliver")
    return message


@transaction.atomic
def read_again(*, event: InboundEvent, by: Actor, now: datetime, reason: str) -> InboundEvent:
    """Have an event that could not be read come up again."""
    event = inbox.retry_failed(event=event, by=by, now=now, reason=reason)
    nudge.after_commit("moderation.tasks.ingest")
    return event


def note_heartbeat(*, now: datetime) -> None:
    """Leave word that the scheduler and a worker live."""
    cache.set(HEARTBEAT_KEY, now.isoformat(), timeout=HEARTBEAT_KEPT_SECONDS)


def heartbeat_at() -> datetime | None:
    """Return when background work last gave a sign; None when it, or the cache, gives none."""
    try:
        noted = cache.get(HEARTBEAT_KEY)
    except (RedisError, OSError):
        # The page that tells what is down must not go down with it.
        return None
    return datetime.fromisoformat(noted) if noted else None


def _backlog(keys, oldest_at: datetime | None = None) -> Backlog:  # type: ignore[no-untyped-def]  # noqa: ANN001
    return Backlog(count=keys.order_by()[: CAP + 1].count(), oldest_at=oldest_at)


def _cases_behind(messages: Sequence[OutboxMessage], by: Actor) -> dict[UUID, UUID]:
    return dict(
        EnforcementAction.objects.visible_to(by)
        .filter(outbox_message__in=messages)
        .values_list("outbox_message_id", "decision__case_id")
    )
