"""The inbox: raw events in, each kept once, exactly as received."""

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts import actors
from accounts.actors import Actor
from accounts.enums import Permission
from accounts.permissions import check_may
from audit import services as audit
from audit.enums import AuditEventType
from common.bulk import insert_new
from common.errors import InvalidTransition
from common.ids import uuid7
from platforms.connectors.base import (
    ConnectorError,
    FetchPage,
    Mistake,
    NeedsAttention,
    RateLimited,
    RawEvent,
)
from platforms.enums import ChannelStatus, InboundSource, InboundStatus
from platforms.models import Channel, InboundEvent
from platforms.registry import connector_for
from platforms.services import register

logger = logging.getLogger(__name__)

# A channel that keeps failing is asked less often, up to this.
LONGEST_BACK_OFF = timedelta(minutes=15)
# Pages fetched in one go before the next channel has its turn.
MAX_PAGES = 20
# As long as the columns are.
MAX_KEY = 400
MAX_KIND = 60

EVENT_COLUMNS = (
    "id",
    "organisation_id",
    "channel_id",
    "key",
    "source",
    "kind",
    "payload",
    "received_at",
    "status",
    "settled_at",
    "error",
)


def store(
    *,
    channel: Channel,
    events: Sequence[RawEvent],
    source: InboundSource,
    now: datetime,
    status: InboundStatus = InboundStatus.PENDING,
) -> dict[str, UUID]:
    """Keep the events not seen before and return their ids by key. Call inside a transaction.

    The same key twice, within one call or years apart, is one event.
    """
    settled_at = None if status == InboundStatus.PENDING else now
    unique = {event.key: event for event in events}
    ids = {key: uuid7() for key in unique}
    rows = [
        (
            ids[key],
            channel.organisation_id,
            channel.pk,
            _storable(key),
            source.value,
            event.kind[:MAX_KIND],
            event.payload,
            now,
            status.value,
            settled_at,
            "",
        )
        for key, event in unique.items()
    ]
    # In one order everywhere, so that two doors with the same events never wait for each other.
    added = insert_new(InboundEvent, EVENT_COLUMNS, sorted(rows, key=lambda row: row[3]))
    return {key: pk for key, pk in ids.items() if pk in added}


def due_channels(now: datetime) -> list[UUID]:
    """Return the channels whose next poll has come."""
    return list(
        Channel.objects.due_for_poll(now).order_by("next_poll_at").values_list("pk", flat=True)
    )


def poll(channel_id: UUID, *, now: datetime) -> int:
    """Read what is new on one channel and return how many events were added.

    Only one worker polls a channel at a time; a poll that dies is repeated, which adds nothing
    twice. A failure is kept on the channel and pushes the next poll back.
    """
    taken = Channel.objects.filter(
        pk=channel_id, status=ChannelStatus.ACTIVE, next_poll_at__lte=now
    ).update(next_poll_at=now + timedelta(seconds=settings.POLL_LEASE_SECONDS))
    channel = Channel.objects.filter(pk=channel_id).first()
    if not taken or channel is None:
        return 0
    connector = None
    added = 0
    more = False
    try:
        connector = connector_for(channel)
        for _ in range(MAX_PAGES):
            page = connector.fetch(channel.cursor)
            added += _take_page(channel, page, now=now)
            more = page.more
            if not more:
                break
    except ConnectorError as error:
        _record_failure(channel, error, now=now)
    except Exception:
        # One channel's trouble stays with that channel, where people see it.
        logger.exception("poll_mistaken", extra={"channel": str(channel.pk)})
        mistake = Mistake("The console itself failed to read this channel; its log says where.")
        _record_failure(channel, mistake, now=now)
    else:
        _record_success(channel, now=now, more=more)
    finally:
        if connector is not None:
            register.keep_renewed(channel=channel, credentials=connector.access.credentials)
            connector.close()
    return added


@transaction.atomic
def retry_failed(*, event: InboundEvent, by: Actor, now: datetime, reason: str) -> InboundEvent:
    """Have an event that could not be read come up for reading again, asked for by a person.

    It never overwrites what came later about the same item.
    """
    check_may(by, Permission.DELIVERY_REPLAY)
    event = InboundEvent.objects.visible_to(by).select_for_update(of=("self",)).get(pk=event.pk)
    if event.status != InboundStatus.FAILED:
        message = "Only an event that could not be read can be read again."
        raise InvalidTransition(message)
    event.status, event.settled_at, event.error = InboundStatus.PENDING, None, ""
    event.retried_at = now
    event.save(update_fields=["status", "settled_at", "error", "retried_at"])
    audit.record(AuditEventType.DELIVERY_REPLAYED, actor=by, at=now, target=event, reason=reason)
    return event


@transaction.atomic
def _take_page(channel: Channel, page: FetchPage, *, now: datetime) -> int:
    added = store(channel=channel, events=page.events, source=InboundSource.POLL, now=now)
    channel.cursor = page.cursor
    Channel.objects.filter(pk=channel.pk).update(cursor=page.cursor)
    if added:
        audit.record(
            AuditEventType.CHANNEL_POLLED,
            actor=actors.system(channel.organisation_id),
            at=now,
            target=channel,
            events=len(added),
        )
    return len(added)


def _storable(key: str) -> str:
    """Return a key that fits its column, still another one for every other key."""
    printable = key.encode(errors="backslashreplace").decode().replace("\x00", "\\x00")
    if len(printable) <= MAX_KEY:
        return printable
    return printable[: MAX_KEY - 65] + ":" + hashlib.sha256(printable.encode()).hexdigest()


def _record_success(channel: Channel, *, now: datetime, more: bool) -> None:
    """Plan the next poll: in its time, or at once when the platform has more to tell."""
    Channel.objects.filter(pk=channel.pk).update(
        failures=0,
        last_error="",
        last_polled_at=now,
        last_synced_at=now,
        next_poll_at=now if more else now + timedelta(seconds=channel.poll_every_seconds),
    )


@transaction.atomic
def _record_failure(channel: Channel, error: ConnectorError, *, now: datetime) -> None:
    failures = channel.failures + 1
    back_off = min(
        timedelta(seconds=channel.poll_every_seconds) * 2 ** min(failures, 8), LONGEST_BACK_OFF
    )
    until = error.until if isinstance(error, RateLimited) and error.until else now + back_off
    values: dict[str, object] = {
        "failures": failures,
        "last_error": error.message,
        "last_polled_at": now,
        "next_poll_at": max(until, now + timedelta(seconds=channel.poll_every_seconds)),
    }
    is_active = Channel.objects.filter(pk=channel.pk, status=ChannelStatus.ACTIVE)
    # What a person paused or closed meanwhile stays so.
    if isinstance(error, NeedsAttention) and is_active.update(
        status=ChannelStatus.NEEDS_ATTENTION
    ):
        audit.record(
            AuditEventType.CHANNEL_NEEDS_ATTENTION,
            actor=actors.system(channel.organisation_id),
            at=now,
            target=channel,
            code=error.code,
            message=error.message,
        )
    Channel.objects.filter(pk=channel.pk).update(**values)
    # A platform that is away is a state, not an error of ours.
    logger.info("poll_failed", extra={"channel": str(channel.pk), "code": error.code})
