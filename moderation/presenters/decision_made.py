"""A decision that was made, and what taking it back would do."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.urls import reverse

from accounts.actors import Actor
from common.errors import DomainError
from common.page import in_order
from common.when import uk_datetime
from moderation import permissions
from moderation.enums import ActionKind, ActionStatus
from moderation.models import Decision, EnforcementAction
from moderation.presenters.typed import Typed, first_error
from moderation.services import enforcement
from moderation.services.casefile import CaseFile

WITHOUT_EFFECT = frozenset({ActionStatus.CANCELLED, ActionStatus.NOT_POSSIBLE})


@dataclass(frozen=True, slots=True)
class Undo:
    """Taking a decision back, or opening the case again where it had no effect."""

    title: str
    label: str
    url: str
    enabled: bool
    why_not: str
    consequence: str
    cannot_undo: str
    submission_key: str
    reason: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class DecisionView:
    """The standing decision."""

    id: UUID
    outcome: str
    by: str
    when: str
    when_iso: str
    clause: str
    clause_text: str
    reason: str
    message: str
    undo: Undo | None


def may_reverse_with_effect(actions: Sequence[EnforcementAction]) -> bool:
    """Whether a decision with these actions did something that reversing would take back.

    One that replaced another may have: only what takes back is not itself taken back.
    """
    return any(
        action.status not in WITHOUT_EFFECT and action.undoes_id is None for action in actions
    )


def decision_view(file: CaseFile, actor: Actor, typed: Typed) -> DecisionView | None:
    """Present the decision that stands."""
    decision = file.case.standing_decision
    if decision is None:
        return None
    clause = decision.clause
    return DecisionView(
        id=decision.pk,
        outcome=str(decision.get_outcome_display()),
        by=str(decision.made_by or decision.made_by_token),
        when=uk_datetime(decision.made_at),
        when_iso=decision.made_at.isoformat(),
        clause=str(clause) if clause else "",
        clause_text=clause.text if clause else "",
        reason=in_order(decision.reason),
        message=in_order(decision.message),
        undo=_undo(file, decision, actor, typed),
    )


def _undo(file: CaseFile, decision: Decision, actor: Actor, typed: Typed) -> Undo | None:
    try:
        permissions.check_can_reverse(actor, decision)
        why_not = ""
    except DomainError as refusal:
        why_not = refusal.message
    bound = typed.reversal
    data = bound.data if bound is not None else {}
    reason, error = data.get("reason", ""), first_error(bound.errors if bound else None, "reason")
    key = data.get("submission_key") or uuid4().hex
    case = file.case
    if not may_reverse_with_effect(file.actions):
        return Undo(
            title="Decide again",
            label="Open the case again",
            url=reverse("moderation:case_reopen", args=[case.pk]),
            enabled=not why_not,
            why_not=why_not,
            consequence=f"Puts the case back in “{case.queue.name}”. Nothing is sent to the platform.",
            cannot_undo="",
            submission_key=key,
            reason=reason,
            error=error,
        )
    back, stays = _what_undoing_does(file.actions)
    return Undo(
        title="Reverse this decision",
        label="Reverse the decision",
        url=reverse("moderation:case_reverse", args=[case.pk]),
        enabled=not why_not,
        why_not=why_not,
        consequence=f"Replaces it by “no breach”{f' and {back}' if back else ''}.",
        cannot_undo=f"Cannot be undone: {stays}." if stays else "",
        submission_key=key,
        reason=reason,
        error=error,
    )


def _what_undoing_does(actions: Sequence[EnforcementAction]) -> tuple[str, str]:
    """Say what a reversal takes back, and what stays done whatever is decided."""
    done = [
        action
        for action in actions
        if action.status not in WITHOUT_EFFECT
        and not (action.status == ActionStatus.FAILED and action.accepted_at is None)
    ]
    back = {
        ActionKind.HIDE.value: "shows the comment again",
        ActionKind.BLOCK.value: "unblocks the author",
    }
    lost = {
        ActionKind.DELETE.value: "the deletion",
        ActionKind.WARN.value: "the warning",
        ActionKind.REPORT.value: "the report to the platform",
        ActionKind.REPLY.value: "the reply",
    }
    taken = dict.fromkeys(
        back[a.kind] for a in done if a.kind in enforcement.UNDO and a.kind in back
    )
    stays = dict.fromkeys(lost[a.kind] for a in done if a.kind in lost)
    return " and ".join(taken), " and ".join(stays)
