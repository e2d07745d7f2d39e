"""The outbox: commands out, each carried out once, and read back before anything shows as done.

A message is leased before the network is touched, and the lease is committed. Whoever finds a
message whose lease ran out (its worker died in the middle) does not know whether the platform was
told, so the message becomes "unknown" and is looked up, never simply repeated.
"""

import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts import actors
from accounts.actors import Actor
from accounts.enums import Permission
from accounts.permissions import check_may
from audit import services as audit
from audit.enums import AuditEventType
from common.errors import InvalidTransition
from platforms.connectors.base import (
    Command,
    Confirmation,
    Connector,
    ConnectorError,
    Gone,
    Mistake,
    NeedsAttention,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    Receipt,
)
from platforms.enums import Capability, ChannelStatus, DeliveryStatus
from platforms.models import Channel, OutboxMessage
from platforms.registry import connector_for
from platforms.services import register

logger = logging.getLogger(__name__)

# Tries to send before a message is dead; with doubling pauses about eight hours.
MAX_ATTEMPTS = 10
# Looks that found the wish not fulfilled before a person is told.
MAX_CHECKS = 8
# What the platform would do again when told again, and looks that must all find nothing before it
# is: a platform that was too slow to answer may still be at it for most of a minute.
DONE_AGAIN = frozenset({Capability.REPLY.value, Capability.WARN.value, Capability.REPORT.value})
LOOKS_AFTER_SILENCE = 4
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=2)
# A platform that throttles and does not say for how long.
THROTTLED_PAUSE = timedelta(minutes=1)

# Commands that move the same thing back and forth are carried out in the order they were asked for.
SAME_STATE = (
    frozenset({Capability.HIDE.value, Capability.UNHIDE.value, Capability.DELETE.value}),
    frozenset({Capability.BLOCK.value, Capability.UNBLOCK.value}),
)


@dataclass(frozen=True, slots=True)
class Instruction:
    """What to do on which channel. `idempotency_key` names the wish: the same key is the same wish."""

    kind: Capability
    idempotency_key: str
    target_external_id: str = ""
    author_external_id: str = ""
    text: str = ""
    address: Mapping[str, str] | None = None
    receipt: Mapping[str, str] | None = None


def enqueue(*, channel: Channel, instruction: Instruction, now: datetime) -> OutboxMessage:
    """Put one command in the outbox, behind what moves the same thing.

    Call inside the transaction of the decision behind it, with the author locked, so that two
    commands about one thing see each other.
    """
    return OutboxMessage.objects.create(
        organisation_id=channel.organisation_id,
        channel=channel,
        kind=instruction.kind.value,
        idempotency_key=instruction.idempotency_key,
        target_external_id=instruction.target_external_id,
        author_external_id=instruction.author_external_id,
        text=instruction.text,
        address=dict(instruction.address or {}),
        receipt=dict(instruction.receipt or {}),
        requested_at=now,
        next_attempt_at=now,
        after=_last_under_way(channel, instruction),
    )


def due(now: datetime, *, limit: int = 100) -> list[UUID]:
    """Return messages to work on: to send, to look up, to read back, or left behind by a crash."""
    return list(
        OutboxMessage.objects.due(now)
        .filter(Q(leased_until__isnull=True) | Q(leased_until__lt=now))
        .filter(channel__status=ChannelStatus.ACTIVE)
        .order_by("next_attempt_at", "pk")
        .values_list("pk", flat=True)[:limit]
    )


def deliver(message_id: UUID, *, now: datetime) -> OutboxMessage | None:
    """Take one message a step further; None when another worker has it or nothing is due.

    A mistake of the console's own is kept on the message like any other failure, and logged.
    """
    message = _lease(message_id, now=now)
    if message is None:
        return None
    connector: Connector | None = None
    try:
        connector = connector_for(message.channel)
        if message.status == DeliveryStatus.SENDING:
            receipt = connector.perform(command_of(message))
            _accept(message, receipt, now=now)
        else:
            _read_back(message, connector.confirm(command_of(message)), now=now)
    except ConnectorError as error:
        _refuse(message, error, now=now)
    except Exception:
        # One message's trouble stays with that message, where people see it.
        logger.exception("delivery_mistaken", extra={"message_id": str(message.pk)})
        mistake = Mistake("The console itself failed to do this; its log says where.")
        _refuse(message, mistake, now=now)
    finally:
        if connector is not None:
            register.keep_renewed(
                channel=message.channel, credentials=connector.access.credentials
            )
            connector.close()
    return message


def command_of(message: OutboxMessage) -> Command:
    """Return the message as a connector's command."""
    return Command(
        kind=Capability(message.kind),
        idempotency_key=message.idempotency_key,
        target_external_id=message.target_external_id,
        author_external_id=message.author_external_id,
        text=message.text,
        address=message.address,
        receipt=message.receipt,
    )


@transaction.atomic
def cancel(message_id: UUID, *, now: datetime) -> bool:
    """Take back a command; True when that is certain already.

    One that may be on its way is followed to what became of it, and not sent again.
    """
    if OutboxMessage.objects.filter(
        pk=message_id, status=DeliveryStatus.REQUESTED, lease__isnull=True
    ).update(
        status=DeliveryStatus.CANCELLED, withdrawn_at=now, settled_at=now, next_attempt_at=None
    ):
        return True
    OutboxMessage.objects.filter(pk=message_id, withdrawn_at__isnull=True).update(withdrawn_at=now)
    return False


@transaction.atomic
def replay(*, message: OutboxMessage, by: Actor, now: datetime, reason: str) -> OutboxMessage:
    """Give a delivery that gave up or was refused another round, asked for by a person.

    A refusal can be mended on the platform: a permission granted, a setting changed.
    """
    check_may(by, Permission.DELIVERY_REPLAY)
    message = OutboxMessage.objects.select_for_update(of=("self",)).get(
        pk=message.pk, organisation_id=by.organisation_id
    )
    if message.status not in {DeliveryStatus.DEAD, DeliveryStatus.REFUSED}:
        sentence = "Only a delivery that failed can be tried again."
        raise InvalidTransition(sentence)
    if message.withdrawn_at is not None:
        sentence = "The decision behind this was taken back, so it is not tried again."
        raise InvalidTransition(sentence)
    # What could have happened already is looked up first.
    message.status = (
        DeliveryStatus.UNKNOWN if may_have_happened(message) else DeliveryStatus.REQUESTED
    )
    message.attempts = message.checks = 0
    message.next_attempt_at = now
    message.settled_at = None
    message.save()
    audit.record(AuditEventType.DELIVERY_REPLAYED, actor=by, at=now, target=message, reason=reason)
    return message


def may_have_happened(message: OutboxMessage) -> bool:
    """Whether the platform may have done what the message asks, as far as anybody knows."""
    if message.status in {DeliveryStatus.REQUESTED, DeliveryStatus.CANCELLED}:
        return False
    if message.status in {DeliveryStatus.DEAD, DeliveryStatus.REFUSED}:
        return message.accepted_at is not None or message.last_error_code == OutcomeUnknown.code
    return True


def _lease(message_id: UUID, *, now: datetime) -> OutboxMessage | None:
    """Take the message for this worker, committed before any call goes out."""
    with transaction.atomic():
        lease = uuid4()
        free = Q(leased_until__isnull=True) | Q(leased_until__lt=now)
        taken = OutboxMessage.objects.filter(free, pk=message_id, next_attempt_at__lte=now).update(
            lease=lease, leased_until=now + timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
        )
        if not taken:
            return None
        message = OutboxMessage.objects.select_related("channel").get(pk=message_id)
        if message.channel.status != ChannelStatus.ACTIVE:
            # Stopped since the message was found due: it waits where it is.
            _release(message, next_attempt_at=message.next_attempt_at)
            return None
        if _waits_for_an_earlier(message):
            _release(message, next_attempt_at=now + FIRST_PAUSE)
            return None
        if message.status == DeliveryStatus.SENDING:
            # The last worker died between leasing and answering: look, do not repeat.
            message.status = DeliveryStatus.UNKNOWN
            message.last_error = "The worker stopped while the platform was being told."
            message.last_error_code = OutcomeUnknown.code
        elif message.status == DeliveryStatus.REQUESTED:
            message.status = DeliveryStatus.SENDING
            message.attempts += 1
            message.checks = 0
        message.save()
        return message


def _last_under_way(channel: Channel, instruction: Instruction) -> OutboxMessage | None:
    """Return the last command about the same state that is still to be carried out.

    The order is kept in the row: identifiers follow the clocks of several machines.
    """
    same_state = next((kinds for kinds in SAME_STATE if instruction.kind.value in kinds), None)
    if same_state is None:
        return None
    under_way = OutboxMessage.objects.filter(
        channel=channel,
        author_external_id=instruction.author_external_id,
        kind__in=same_state,
        next_attempt_at__isnull=False,
    )
    if Capability.BLOCK.value not in same_state:
        under_way = under_way.filter(target_external_id=instruction.target_external_id)
    followed = OutboxMessage.objects.filter(after=OuterRef("pk"), next_attempt_at__isnull=False)
    return under_way.exclude(Exists(followed)).order_by("pk").last()


def _waits_for_an_earlier(mine: OutboxMessage) -> bool:
    """Whether a command that this one comes after is still on its way: unhide waits for hide."""
    earlier_id = mine.after_id
    while earlier_id is not None:
        earlier = OutboxMessage.objects.only("status", "next_attempt_at", "after_id").get(
            pk=earlier_id
        )
        if earlier.next_attempt_at is not None:
            return True
        if earlier.status != DeliveryStatus.CANCELLED:
            return False
        earlier_id = earlier.after_id
        # It was taken back while it waited, and says nothing about what it waited for.
    return False


def _ours(message: OutboxMessage) -> OutboxMessage | None:
    """Lock the message and return it as it stands; None when this worker's lease was lost."""
    return (
        OutboxMessage.objects.select_for_update(of=("self",))
        .select_related("channel")
        .filter(pk=message.pk, lease=message.lease)
        .first()
    )


@transaction.atomic
def _accept(leased: OutboxMessage, receipt: Receipt, *, now: datetime) -> None:
    message = _ours(leased)
    if message is None:
        return
    message.status = DeliveryStatus.ACCEPTED
    message.accepted_at = message.accepted_at or now
    message.receipt = {**message.receipt, **receipt.details}
    if receipt.external_id:
        message.receipt["external_id"] = receipt.external_id
    message.last_error = message.last_error_code = ""
    message.checks = 0
    _release(message, next_attempt_at=now)
    _record(message, now=now)


@transaction.atomic
def _read_back(leased: OutboxMessage, confirmation: Confirmation, *, now: datetime) -> None:
    message = _ours(leased)
    if message is None:
        return
    message.seen = confirmation.seen
    message.checks += 1
    message.receipt = {**message.receipt, **confirmation.details}
    if confirmation.holds:
        message.status = DeliveryStatus.VERIFIED
        message.accepted_at = message.accepted_at or now
        message.verified_at = message.settled_at = now
        message.gone_at = now if confirmation.is_gone else None
        message.last_error = message.last_error_code = ""
        _release(message, next_attempt_at=None)
    elif message.status == DeliveryStatus.UNKNOWN and (
        message.kind in DONE_AGAIN and message.checks < LOOKS_AFTER_SILENCE
    ):
        _release(message, next_attempt_at=now + _pause(message.checks))
    elif message.status == DeliveryStatus.UNKNOWN:
        # Looked, and it did not happen: now it may be sent, within the same limit of attempts.
        _send_again(message, now=now)
    elif message.checks >= MAX_CHECKS:
        message.last_error = f"Accepted, but the platform does not show it: {confirmation.seen}"
        message.last_error_code = "not_verified"
        _give_up(message, now=now)
    else:
        _release(message, next_attempt_at=now + _pause(message.checks))
    _record(message, now=now)


@transaction.atomic
def _refuse(leased: OutboxMessage, error: ConnectorError, *, now: datetime) -> None:
    message = _ours(leased)
    if message is None:
        return
    message.last_error, message.last_error_code = error.message, error.code
    if isinstance(error, NeedsAttention):
        _stop_channel(message.channel, error, now=now)
    if isinstance(error, Gone) and message.kind in {Capability.HIDE, Capability.DELETE}:
        # What was to disappear is not there any more: the wish holds.
        message.status = DeliveryStatus.VERIFIED
        message.accepted_at = message.accepted_at or now
        message.verified_at = message.settled_at = message.gone_at = now
        message.seen = "It is no longer on the platform."
        _release(message, next_attempt_at=None)
    elif message.status == DeliveryStatus.SENDING:
        _refuse_sending(message, error, now=now)
    else:
        _refuse_looking(message, error, now=now)
    _record(message, now=now)


def _refuse_sending(message: OutboxMessage, error: ConnectorError, *, now: datetime) -> None:
    if isinstance(error, OutcomeUnknown | Mistake):
        message.status = DeliveryStatus.UNKNOWN
        message.last_error_code = OutcomeUnknown.code
        _release(message, next_attempt_at=now + FIRST_PAUSE)
    elif isinstance(error, Permanent):
        message.status = DeliveryStatus.REFUSED
        message.settled_at = now
        _release(message, next_attempt_at=None)
    elif isinstance(error, RateLimited):
        # A pause that the platform asks for is no failed attempt, and is for the whole channel.
        message.attempts -= 1
        until = max(error.until or now + THROTTLED_PAUSE, now + FIRST_PAUSE)
        _send_again(message, now=now, until=until)
        _hold_back(message.channel, until)
    elif isinstance(error, NeedsAttention):
        message.attempts -= 1
        _send_again(message, now=now, until=now)
    else:
        _send_again(message, now=now)


def _refuse_looking(message: OutboxMessage, error: ConnectorError, *, now: datetime) -> None:
    """A look failed: what is known stays, and the look is repeated later if that can help."""
    if message.status == DeliveryStatus.UNKNOWN:
        message.last_error_code = OutcomeUnknown.code
    if isinstance(error, NeedsAttention):
        _release(message, next_attempt_at=now)
    elif isinstance(error, RateLimited):
        until = max(error.until or now + THROTTLED_PAUSE, now + FIRST_PAUSE)
        _release(message, next_attempt_at=until)
        _hold_back(message.channel, until)
    elif isinstance(error, Permanent | OutcomeUnknown):
        # What happened cannot be looked up, and only a person can tell.
        _give_up(message, now=now)
    else:
        message.checks += 1
        _schedule_or_give_up(message, tries=message.checks, now=now)


def _send_again(message: OutboxMessage, *, now: datetime, until: datetime | None = None) -> None:
    """Plan another try of what certainly did not happen; nothing is sent that was taken back."""
    if message.withdrawn_at is not None:
        message.status = DeliveryStatus.CANCELLED
        message.settled_at = now
        _release(message, next_attempt_at=None)
        return
    message.status = DeliveryStatus.REQUESTED
    if until is None:
        _schedule_or_give_up(message, tries=message.attempts, now=now)
    else:
        _release(message, next_attempt_at=until)


def _hold_back(channel: Channel, until: datetime) -> None:
    """Let everything that waits to be sent on a channel wait for the end of a pause."""
    waiting = OutboxMessage.objects.filter(
        channel=channel,
        status=DeliveryStatus.REQUESTED,
        lease__isnull=True,
        next_attempt_at__lt=until,
    ).select_for_update(skip_locked=True, of=("self",))
    held = list(waiting.values_list("pk", flat=True)[:10_000])
    OutboxMessage.objects.filter(pk__in=held).update(next_attempt_at=until)


def _schedule_or_give_up(message: OutboxMessage, *, tries: int, now: datetime) -> None:
    if tries >= MAX_ATTEMPTS:
        _give_up(message, now=now)
    else:
        _release(message, next_attempt_at=now + _pause(tries))


def _give_up(message: OutboxMessage, *, now: datetime) -> None:
    message.status = DeliveryStatus.DEAD
    message.settled_at = now
    _release(message, next_attempt_at=None)


def _pause(tries: int) -> timedelta:
    """Return a doubling pause with some jitter, so that a crowd does not return at once."""
    pause: timedelta = min(FIRST_PAUSE * 2 ** max(tries - 1, 0), LONGEST_PAUSE)
    return pause * random.uniform(0.8, 1.2)  # noqa: S311 - spreading load, not a secret


def _release(message: OutboxMessage, *, next_attempt_at: datetime | None) -> None:
    message.lease = message.leased_until = None
    message.next_attempt_at = next_attempt_at
    message.save()


def _stop_channel(channel: Channel, error: ConnectorError, *, now: datetime) -> None:
    changed = Channel.objects.filter(pk=channel.pk, status=ChannelStatus.ACTIVE).update(
        status=ChannelStatus.NEEDS_ATTENTION, last_error=error.message
    )
    if changed:
        audit.record(
            AuditEventType.CHANNEL_NEEDS_ATTENTION,
            actor=actors.system(channel.organisation_id),
            at=now,
            target=channel,
            code=error.code,
            message=error.message,
        )


def _record(message: OutboxMessage, *, now: datetime) -> None:
    audit.record(
        AuditEventType.DELIVERY_ATTEMPTED,
        actor=actors.system(message.organisation_id),
        at=now,
        target=message,
        kind=message.kind,
        status=message.status,
        attempts=message.attempts,
        error=message.last_error_code,
        seen=message.seen,
    )
    logger.info(
        "delivery_attempted",
        extra={"message_id": str(message.pk), "status": message.status, "kind": message.kind},
    )
