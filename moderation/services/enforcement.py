"""What follows from a decision: plan the acts, follow them to the platform, undo them."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts import actors
from accounts.actors import Actor
from audit import services as audit
from audit.enums import AuditEventType
from common import nudge
from moderation import transitions
from moderation.enums import ActionKind, ActionStatus
from moderation.models import Case, ContentItem, Decision, EnforcementAction
from platforms.enums import Capability, DeliveryStatus, SourceState
from platforms.models import Channel, OutboxMessage
from platforms.registry import capabilities_of, is_connected
from platforms.services import delivery
from policies.enums import Outcome

logger = logging.getLogger(__name__)

# What each outcome asks for, in order.
PLANS: dict[str, tuple[ActionKind, ...]] = {
    Outcome.NO_BREACH.value: (),
    Outcome.NO_REPLY.value: (),
    Outcome.ESCALATE.value: (),
    Outcome.HIDE.value: (ActionKind.HIDE,),
    Outcome.DELETE.value: (ActionKind.DELETE,),
    Outcome.WARN.value: (ActionKind.HIDE, ActionKind.WARN),
    Outcome.BLOCK.value: (ActionKind.HIDE, ActionKind.BLOCK),
    Outcome.REPORT.value: (ActionKind.HIDE, ActionKind.REPORT),
    Outcome.REPLY.value: (ActionKind.REPLY,),
}
UNDO: dict[str, ActionKind] = {
    ActionKind.HIDE.value: ActionKind.UNHIDE,
    ActionKind.BLOCK.value: ActionKind.UNBLOCK,
}
SETTLED_AS: dict[str, ActionStatus] = {
    DeliveryStatus.REQUESTED.value: ActionStatus.REQUESTED,
    DeliveryStatus.SENDING.value: ActionStatus.REQUESTED,
    DeliveryStatus.ACCEPTED.value: ActionStatus.ACCEPTED,
    DeliveryStatus.VERIFIED.value: ActionStatus.VERIFIED,
    DeliveryStatus.UNKNOWN.value: ActionStatus.UNKNOWN,
    DeliveryStatus.DEAD.value: ActionStatus.FAILED,
    DeliveryStatus.REFUSED.value: ActionStatus.FAILED,
    DeliveryStatus.CANCELLED.value: ActionStatus.CANCELLED,
}
SOURCE_STATE_AFTER: dict[str, SourceState] = {
    ActionKind.HIDE.value: SourceState.HIDDEN,
    ActionKind.UNHIDE.value: SourceState.LIVE,
    ActionKind.DELETE.value: SourceState.DELETED,
}
FINAL = frozenset({ActionStatus.VERIFIED, ActionStatus.FAILED, ActionStatus.CANCELLED})


@dataclass(frozen=True, slots=True)
class Undoing:
    """What a reversal started, and what it cannot take back.

    `kept` is what another standing decision asks for as well.
    """

    started: tuple[EnforcementAction, ...] = ()
    cancelled: tuple[EnforcementAction, ...] = ()
    irreversible: tuple[EnforcementAction, ...] = ()
    kept: tuple[EnforcementAction, ...] = ()


def plan(
    *, decision: Decision, case: Case, message: str, by: Actor, now: datetime
) -> list[EnforcementAction]:
    """Make the actions of a decision and put their commands in the outbox.

    Call inside the transaction of the decision. What the platform cannot do becomes an action that
    says so; a block covers every channel of this organisation where the author is known (HMPPS-04).
    """
    item = case.content_item
    actions = [
        _request(kind, channel=channel, decision=decision, item=item, message=message, now=now)
        for kind in PLANS[decision.outcome]
        for channel in _channels_for(kind, item)
    ]
    if any(action.outbox_message_id for action in actions):
        nudge.after_commit("moderation.tasks.deliver")
    return actions


def undo(*, decision: Decision, replacement: Decision, by: Actor, now: datetime) -> Undoing:
    """Take back what a decision did, as far as it can be.

    A command that was certainly not carried out is cancelled; a hide or block under way or done
    gets its opposite, which waits for it, unless another standing decision asks for the same.
    Call inside the transaction of the replacing decision, with the author locked.
    """
    started, cancelled, irreversible, kept = [], [], [], []
    # What a reversal started is never taken back by another one: its wish is "no breach", too.
    for action in (
        decision.actions.filter(undoes__isnull=True)
        .select_related("channel", "content_item", "author", "outbox_message")
        .order_by("pk")
    ):
        if action.outbox_message_id is None:
            continue
        is_cancelled = delivery.cancel(action.outbox_message_id, now=now)
        if is_cancelled:
            action.status, action.settled_at = ActionStatus.CANCELLED, now
            action.save(update_fields=["status", "settled_at"])
            cancelled.append(action)
        done = _what_did_it(action)
        if done is None:
            continue
        if action.kind not in UNDO:
            irreversible.append(action)
        elif not _same_elsewhere(action).filter(decision__standing_in__isnull=False).exists():
            started.append(_request_undo(UNDO[action.kind], done, replacement, now=now))
        elif not is_cancelled:
            kept.append(action)
    if started:
        nudge.after_commit("moderation.tasks.deliver")
    return Undoing(tuple(started), tuple(cancelled), tuple(irreversible), tuple(kept))


def settle(message_id: UUID, *, now: datetime) -> EnforcementAction | None:
    """Bring the action behind an outbox message up to what became of the message."""
    with transaction.atomic():
        action = (
            EnforcementAction.objects.select_for_update(of=("self",))
            .select_related("decision")
            .filter(outbox_message_id=message_id)
            .first()
        )
        if action is None:
            return None
        message = OutboxMessage.objects.get(pk=message_id)
        target = SETTLED_AS[message.status]
        if target == action.status:
            return action
        transitions.check_action(action.status, target)
        action.status = target
        action.accepted_at = message.accepted_at
        action.verified_at = message.verified_at if target == ActionStatus.VERIFIED else None
        action.settled_at = now if target in FINAL else None
        if target == ActionStatus.FAILED:
            action.note = message.last_error
        action.save()
        if target == ActionStatus.VERIFIED and message.verified_at is not None:
            is_gone = message.gone_at is not None
            _note_state(action, message.verified_at, is_gone=is_gone)
        audit.record(
            AuditEventType.ENFORCEMENT_SETTLED,
            actor=actors.system(action.organisation_id),
            at=now,
            target=action,
            case_id=action.decision.case_id,
            kind=action.kind,
            status=target.value,
            seen=message.seen,
            error=message.last_error,
        )
    return action


def unsettled_messages(*, limit: int = 500) -> list[UUID]:
    """Return outbox messages that moved on while their action did not: a crash lay between."""
    moved_on = Q()
    for status in ActionStatus:
        same = [delivered for delivered, settled in SETTLED_AS.items() if settled == status]
        moved_on |= Q(status=status) & ~Q(outbox_message__status__in=same)
    rows = (
        EnforcementAction.objects.unsettled()
        .filter(moved_on, outbox_message__isnull=False)
        .order_by("pk")
        .values_list("outbox_message_id", flat=True)
    )
    return [message_id for message_id in rows[:limit] if message_id is not None]


def what_would_happen(outcome: str, item: ContentItem) -> list[tuple[ActionKind, bool]]:
    """Return what an outcome asks for on this item's platform, and whether it can be done there."""
    possible = capabilities_of(item.channel.platform)
    return [(kind, Capability(kind.value) in possible) for kind in PLANS[outcome]]


def _note_state(action: EnforcementAction, seen_at: datetime, *, is_gone: bool) -> None:
    """Keep how the item stands after a verified act, unless something newer is known of it."""
    state = SOURCE_STATE_AFTER.get(action.kind)
    if state is None:
        return
    if is_gone:
        state = SourceState.DELETED
    items = ContentItem.objects.filter(
        Q(source_state_at__isnull=True) | Q(source_state_at__lte=seen_at),
        pk=action.content_item_id,
    )
    items.exclude(source_state=SourceState.DELETED).update(
        source_state=state, source_state_at=seen_at
    )


def _may_have_happened(action: EnforcementAction) -> bool:
    if action.outbox_message_id is None or action.status == ActionStatus.CANCELLED:
        return False
    # As it stands now: a worker may have moved it on while this decision was read.
    message = OutboxMessage.objects.get(pk=action.outbox_message_id)
    return delivery.may_have_happened(message)


def _what_did_it(action: EnforcementAction) -> EnforcementAction | None:
    """Return what may have brought about the state that `action` asked for; None if nothing did.

    Where it was not this act it can be one of a decision reversed before, whose effect stayed for
    the sake of this one.
    """
    if _may_have_happened(action):
        return action
    if action.kind not in UNDO:
        return None
    left = _same_elsewhere(action).filter(
        decision__standing_in__isnull=True, undone_by__isnull=True
    )
    return next((other for other in left.order_by("-pk") if _may_have_happened(other)), None)


def _same_elsewhere(action: EnforcementAction) -> QuerySet[EnforcementAction]:
    """Return what other decisions did that wants the same state of the same item or author."""
    about = (
        {"author_id": action.author_id}
        if action.kind == ActionKind.BLOCK
        else {"content_item_id": action.content_item_id}
    )
    return (
        EnforcementAction.objects.filter(channel_id=action.channel_id, kind=action.kind, **about)
        .exclude(decision_id=action.decision_id)
        .exclude(
            status__in=[ActionStatus.NOT_POSSIBLE, ActionStatus.CANCELLED, ActionStatus.FAILED]
        )
        .select_related("channel", "content_item", "author", "outbox_message")
    )


def _channels_for(kind: ActionKind, item: ContentItem) -> list[Channel]:
    if kind != ActionKind.BLOCK:
        return [item.channel]
    known = (
        Channel.objects.filter(
            organisation_id=item.organisation_id, content_items__author_id=item.author_id
        )
        .distinct()
        .order_by("name")
    )
    return list(known)


def _request(
    kind: ActionKind,
    *,
    channel: Channel,
    decision: Decision,
    item: ContentItem,
    message: str,
    now: datetime,
) -> EnforcementAction:
    action = EnforcementAction(
        organisation_id=decision.organisation_id,
        decision=decision,
        channel=channel,
        content_item=item,
        author_id=item.author_id,
        kind=kind,
        requested_at=now,
    )
    refusal = _refusal(kind, channel, item)
    if refusal:
        action.status, action.note, action.settled_at = ActionStatus.NOT_POSSIBLE, refusal, now
    else:
        action.outbox_message = delivery.enqueue(
            channel=channel,
            now=now,
            instruction=delivery.Instruction(
                kind=Capability(kind.value),
                idempotency_key=f"{kind.value}:{action.pk}",
                target_external_id=item.external_id,
                author_external_id=item.author.external_id,
                text=message
                if kind in {ActionKind.WARN, ActionKind.REPLY}
                else decision.reason
                if kind == ActionKind.REPORT
                else "",
                address=item.address,
            ),
        )
    action.save(force_insert=True)
    return action


def _request_undo(
    kind: ActionKind, undone: EnforcementAction, replacement: Decision, *, now: datetime
) -> EnforcementAction:
    original = undone.outbox_message
    action = EnforcementAction(
        organisation_id=undone.organisation_id,
        decision=replacement,
        channel=undone.channel,
        content_item=undone.content_item,
        author_id=undone.author_id,
        kind=kind,
        undoes=undone,
        requested_at=now,
    )
    action.outbox_message = delivery.enqueue(
        channel=undone.channel,
        now=now,
        instruction=delivery.Instruction(
            kind=Capability(kind.value),
            idempotency_key=f"{kind.value}:{action.pk}",
            target_external_id=undone.content_item.external_id,
            author_external_id=undone.author.external_id,
            address=undone.content_item.address,
            receipt=original.receipt if original else None,
        ),
    )
    action.save(force_insert=True)
    return action


def _refusal(kind: ActionKind, channel: Channel, item: ContentItem) -> str:
    """Return why this cannot be done here, or an empty string."""
    platform = channel.get_platform_display()
    if not is_connected(channel.platform):
        return f"{platform} is not connected: do it there by hand."
    if Capability(kind.value) not in capabilities_of(channel.platform):
        return (
            f"{platform} cannot {kind.label.lower()} through its interface: do it there by hand."
        )
    if item.source_state == SourceState.DELETED and kind != ActionKind.BLOCK:
        return "The item is already gone from the platform."
    return ""


def record_requests(
    actions: Iterable[EnforcementAction], *, case_id: UUID, by: Actor, now: datetime
) -> None:
    """Put on record what the platform is asked to do; call it after the decision is on record."""
    audit.record_many(
        [
            audit.Entry(
                type=AuditEventType.ACTION_REQUESTED,
                target=action,
                case_id=case_id,
                data={
                    "kind": action.kind,
                    "channel": str(action.channel_id),
                    "status": action.status,
                    "note": action.note,
                },
            )
            for action in actions
        ],
        actor=by,
        at=now,
    )
