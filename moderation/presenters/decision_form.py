"""The form of a decision: every outcome with its consequence before the click."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from django.forms import Form
from django.urls import reverse

from accounts.actors import Actor
from accounts.enums import Permission
from moderation import permissions
from moderation.presenters import consequences
from moderation.presenters.typed import Typed, first_error
from moderation.services import decisions
from moderation.services.casefile import CaseFile
from policies.enums import Outcome
from policies.models import Clause


@dataclass(frozen=True, slots=True)
class OutcomeChoice:
    """One outcome of the form, with what it would do."""

    value: str
    label: str
    key: str
    consequence: str
    is_recommended: bool
    is_checked: bool
    enabled: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class ClauseChoice:
    """One guideline."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class ClauseGroup:
    """Guidelines under one heading."""

    label: str
    clauses: tuple[ClauseChoice, ...]


@dataclass(frozen=True, slots=True)
class Escalation:
    """The way to a senior reviewer."""

    url: str
    enabled: bool
    why_not: str
    consequence: str
    is_recommended: bool = False
    reason: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class DecisionFormView:
    """The form with what its controls show."""

    url: str
    draft: str
    submission_key: str
    revision: int
    form: Form | None
    outcomes: tuple[OutcomeChoice, ...]
    outcome_error: str
    clause_groups: tuple[ClauseGroup, ...]
    clause_error: str
    reason: str
    reason_error: str
    message: str
    message_error: str
    message_hint: str
    escalation: Escalation | None
    and_next_label: str


def form_view(file: CaseFile, actor: Actor, typed: Typed) -> DecisionFormView:
    """Present the form of a decision, with whatever was typed before."""
    case = file.case
    bound = typed.decision
    data = bound.data if bound is not None else {}
    errors = bound.errors if bound is not None else {}
    return DecisionFormView(
        url=reverse("moderation:case_decide", args=[case.pk]),
        draft=f"case-{case.pk}",
        # A refused submission changed nothing, so its key may be used again.
        submission_key=data.get("submission_key") or uuid4().hex,
        # After a conflict the page shows the case as it stands: that is what is decided next.
        revision=case.revision,
        form=bound,
        outcomes=_outcomes(file, chosen=data.get("outcome", "")),
        outcome_error=first_error(errors, "outcome"),
        clause_groups=_clause_groups(file, chosen=data.get("clause") if bound else None),
        clause_error=first_error(errors, "clause"),
        reason=data.get("reason", ""),
        reason_error=first_error(errors, "reason"),
        message=data.get("message", ""),
        message_error=first_error(errors, "message"),
        message_hint=_message_hint(file),
        escalation=_escalation(file, actor, typed),
        and_next_label="Record and next" if permissions.can_claim_from(actor, case.queue) else "",
    )


def _outcomes(file: CaseFile, *, chosen: str) -> tuple[OutcomeChoice, ...]:
    zero_tolerance = [clause.reference for clause in file.clauses if clause.is_zero_tolerance]
    choices = []
    for outcome in consequences.OFFERED:
        what = consequences.of(
            outcome,
            file.case.content_item,
            file.author_record,
            may_block_under=zero_tolerance,
        )
        choices.append(
            OutcomeChoice(
                value=outcome.value,
                label=str(outcome.label),
                key=consequences.KEYS[outcome.value],
                consequence=what.sentence,
                is_recommended=outcome == file.case.recommend,
                is_checked=outcome == chosen and not what.why_not,
                enabled=not what.why_not,
                why_not=what.why_not,
            )
        )
    return tuple(choices)


def _clause_groups(file: CaseFile, *, chosen: str | None) -> tuple[ClauseGroup, ...]:
    flagged = {flag.clause.reference: flag.clause for flag in file.flags}
    first = [clause for clause in file.clauses if clause.reference in flagged]
    others = [clause for clause in file.clauses if clause.reference not in flagged]
    lead = next((c for c in first if c.reference == file.case.clause_reference), None)
    picked = chosen if chosen is not None else str(lead.pk) if lead else ""

    def choices(clauses: Sequence[Clause]) -> tuple[ClauseChoice, ...]:
        return tuple(
            ClauseChoice(str(c.pk), _clause_label(c), str(c.pk) == picked) for c in clauses
        )

    groups = [ClauseGroup("", (ClauseChoice("", "None was breached", picked == ""),))]
    if first:
        groups.append(ClauseGroup("Flagged", choices(first)))
    if others:
        groups.append(ClauseGroup("Other guidelines" if first else "Guidelines", choices(others)))
    return tuple(groups)


def _clause_label(clause: Clause) -> str:
    return f"{clause}{' (zero tolerance)' if clause.is_zero_tolerance else ''}"


def _message_hint(file: CaseFile) -> str:
    """Say what is sent when nothing is written: the guideline quoted (HMPPS-14)."""
    references = {flag.clause.reference for flag in file.flags}
    clause = next((c for c in file.clauses if c.reference in references), None)
    if clause is None:
        return (
            "Leave it empty with “warn” to send the standard warning, which quotes the guideline."
        )
    words = decisions.default_warning(file.case, clause)
    return f"Leave it empty with “warn” to send the standard warning: “{words}”"


def _escalation(file: CaseFile, actor: Actor, typed: Typed) -> Escalation | None:
    case = file.case
    url = reverse("moderation:case_escalate", args=[case.pk])
    target = file.senior_queues[0] if file.senior_queues else None
    if not actor.may(Permission.CASE_ESCALATE):
        return None
    if target is None:
        return Escalation(
            url,
            enabled=False,
            why_not="There is no further queue to hand this to.",
            consequence="",
        )
    bound = typed.escalation
    return Escalation(
        url=url,
        enabled=True,
        why_not="",
        consequence=(
            f"Hands the case to “{target.name}”. Somebody else decides it there; nothing is sent"
            " to the platform."
        ),
        is_recommended=case.recommend == Outcome.ESCALATE,
        reason=bound.data.get("reason", "") if bound is not None else "",
        error=first_error(bound.errors, "reason") if bound is not None else "",
    )
