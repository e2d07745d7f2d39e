"""From raw events to waiting cases: store, ingest, evaluate, route, in one transaction a batch.

Every door comes through here: polling and webhooks by way of pending events, file import and the
API directly. Batches share a handful of statements, whatever their size.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, OuterRef, QuerySet

from accounts import actors
from accounts.actors import Actor
from accounts.models import Organisation
from audit import services as audit
from audit.enums import AuditEventType
from common.errors import DomainError
from moderation.models import Queue
from moderation.services import evaluation, ingestion, triage
from platforms.connectors.base import ConnectorError, InboundItem, RawEvent
from platforms.enums import InboundSource, InboundStatus
from platforms.models import Channel, InboundEvent
from platforms.registry import reader_for
from platforms.services import inbox
from policies.services import rulesets

logger = logging.getLogger(__name__)

BATCH = 500
# Not the fault of any event: the batch is taken again at the next bell.
DATABASE_IS_AWAY = (OperationalError, InterfaceError)


class NotReady(DomainError):
    """The organisation has no rules in force, or no queue: nothing could be judged or routed."""

    code = "organisation_not_ready"


@dataclass(frozen=True, slots=True)
class Received:
    """One raw event and what it says."""

    event: RawEvent
    items: tuple[InboundItem, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch."""

    added: int
    known: int
    flagged: int


@transaction.atomic
def take_in(
    *,
    channel: Channel,
    received: Sequence[Received],
    source: InboundSource,
    by: Actor,
    now: datetime,
) -> Taken:
    """Store, ingest, evaluate and route a batch; all of it or nothing.

    Events whose key is known add nothing. Raises NotReady, and what the database refuses.
    """
    if not ready_organisations(now=now).filter(pk=channel.organisation_id).exists():
        message = (
            "Publish a rule set and set up a queue first: without them no comment could be judged."
        )
        raise NotReady(message)
    ids = inbox.store(
        channel=channel,
        events=[entry.event for entry in received],
        source=source,
        now=now,
        status=InboundStatus.INGESTED,
    )
    arrivals = [
        ingestion.Arrival(ids[entry.event.key], item)
        for entry in {entry.event.key: entry for entry in received}.values()
        if entry.event.key in ids
        for item in entry.items
    ]
    flagged = _process(channel, arrivals, by=by, now=now)
    return Taken(added=len(ids), known=len(received) - len(ids), flagged=flagged)


def ingest_pending(*, now: datetime, limit: int = BATCH) -> int:
    """Process the oldest pending events and return how many were settled.

    An event that cannot be read is marked failed with the reason and does not hold up the rest.
    Events of an organisation without rules in force wait until it has some. One worker at a time
    reads a channel, in order, so that an edit never overtakes what it changes.
    """
    waiting = InboundEvent.objects.pending().filter(channel=OuterRef("pk"))
    with transaction.atomic():
        channels = {
            channel.pk: channel
            for channel in Channel.objects.filter(
                Exists(waiting), organisation__in=ready_organisations(now=now)
            )
            .order_by("pk")
            .select_for_update(skip_locked=True, of=("self",), no_key=True)
        }
        events = InboundEvent.objects.pending().filter(channel__in=channels).order_by("id")[:limit]
        by_channel: dict[UUID, list[InboundEvent]] = defaultdict(list)
        for event in events.select_for_update(of=("self",)):
            by_channel[event.channel_id].append(event)
        for channel_id, batch in by_channel.items():
            _ingest_events(channels[channel_id], batch, now=now)
    return sum(map(len, by_channel.values()))


def ready_organisations(*, now: datetime) -> QuerySet[Organisation]:
    """Return the organisations whose comments can be judged and routed."""
    return Organisation.objects.filter(
        Exists(Queue.objects.filter(organisation=OuterRef("pk"))),
        pk__in=rulesets.organisations_with_rules(now=now),
    )


def _ingest_events(channel: Channel, events: list[InboundEvent], *, now: datetime) -> None:
    by = actors.system(channel.organisation_id)
    readable = list(_read(channel, events, now=now))
    arrivals = [_arrival(event, item) for event, items in readable for item in items]
    try:
        with transaction.atomic():
            _process(channel, arrivals, by=by, now=now)
            _settle([event for event, _ in readable], InboundStatus.INGESTED, now=now)
    except DATABASE_IS_AWAY:
        raise
    except Exception:
        # One of them is refused: take them one by one, so that only that one fails.
        logger.warning("batch_split", extra={"channel": str(channel.pk), "events": len(readable)})
        for event, items in readable:
            _ingest_alone(channel, event, items, by=by, now=now)


def _arrival(event: InboundEvent, item: InboundItem) -> ingestion.Arrival:
    came_at = event.received_at if event.retried_at is not None else None
    return ingestion.Arrival(event.pk, item, came_at)


def _read(
    channel: Channel, events: list[InboundEvent], *, now: datetime
) -> Iterator[tuple[InboundEvent, tuple[InboundItem, ...]]]:
    """Yield each event with what it says; one that cannot be read is settled as failed."""
    try:
        connector = reader_for(channel)
    except ConnectorError as error:
        _settle(events, InboundStatus.FAILED, error=error.message, now=now)
        return
    for event in events:
        try:
            items = connector.normalise(bytes(event.payload))
            for item in items:
                ingestion.check_identifiers(item)
        except Exception as error:
            if not isinstance(error, ValueError):
                logger.exception("event_unreadable", extra={"event_id": str(event.pk)})
            _settle([event], InboundStatus.FAILED, error=_reason("Not readable", error), now=now)
            continue
        if items:
            yield event, items
        else:
            _settle([event], InboundStatus.IGNORED, now=now)
    connector.close()


def _reason(what: str, error: Exception) -> str:
    """Return what went wrong on one line."""
    first = next(iter(str(error).splitlines()), "")
    return f"{what}: {first or type(error).__name__}"


def _ingest_alone(
    channel: Channel,
    event: InboundEvent,
    items: tuple[InboundItem, ...],
    *,
    by: Actor,
    now: datetime,
) -> None:
    try:
        with transaction.atomic():
            _process(channel, [_arrival(event, item) for item in items], by=by, now=now)
            _settle([event], InboundStatus.INGESTED, now=now)
    except DATABASE_IS_AWAY:
        raise
    except Exception as error:
        logger.exception("event_refused", extra={"event_id": str(event.pk)})
        _settle([event], InboundStatus.FAILED, error=_reason("Refused", error), now=now)


def _process(
    channel: Channel, arrivals: Sequence[ingestion.Arrival], *, by: Actor, now: datetime
) -> int:
    """Ingest, evaluate and route; return how many were flagged."""
    flagged = 0
    # The same item twice in one batch (a comment and its edit) is taken in order, wave by wave.
    for wave in _waves(arrivals):
        ingested = ingestion.ingest(channel=channel, arrivals=wave, by=by, now=now)
        judged = evaluation.evaluate(channel=channel, fresh=ingested.fresh, by=by, now=now)
        triage.route(channel=channel, judged=judged, by=by, now=now)
        flagged += sum(entry.is_flagged for entry in judged)
        if ingested.fresh:
            audit.record(
                AuditEventType.CONTENT_INGESTED,
                actor=by,
                at=now,
                target=channel,
                items=ingested.added,
                revisions=len(ingested.fresh),
                flagged=sum(entry.is_flagged for entry in judged),
                versions=sorted({str(entry.version_id) for entry in judged}),
            )
    return flagged


def _waves(arrivals: Sequence[ingestion.Arrival]) -> list[list[ingestion.Arrival]]:
    waves: list[list[ingestion.Arrival]] = []
    depth: dict[str, int] = {}
    for arrival in arrivals:
        position = depth.get(arrival.item.external_id, 0)
        depth[arrival.item.external_id] = position + 1
        if position == len(waves):
            waves.append([])
        waves[position].append(arrival)
    return waves


def _settle(
    events: list[InboundEvent], status: InboundStatus, *, now: datetime, error: str = ""
) -> None:
    InboundEvent.objects.filter(pk__in=[event.pk for event in events]).update(
        status=status, settled_at=now, error=ingestion.clean(error)[:2000]
    )
