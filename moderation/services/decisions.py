"""Judgements: record one, reverse one. What follows exists together with it or not at all."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.actors import Actor
from accounts.models import Organisation
from audit import services as audit
from audit.enums import AuditEventType
from common.errors import DomainError
from moderation import permissions, transitions
from moderation.enums import CaseStatus
from moderation.models import Author, Case, ContentItem, Decision
from moderation.services import casework, enforcement, ladder
from policies.enums import Outcome
from policies.models import Clause
from policies.services import rulesets

# Outcomes that rest on no breach, and so need no clause.
WITHOUT_CLAUSE = frozenset({Outcome.NO_BREACH, Outcome.REPLY, Outcome.NO_REPLY})


class CaseAlreadyDecided(DomainError):
    """A colleague decided the case meanwhile. `case` has the standing decision."""

    code = "case_already_decided"

    def __init__(self, message: str, case: Case) -> None:
        super().__init__(message)
        self.case = case


class NothingToDecide(DomainError):
    """The item never had a text."""

    code = "nothing_to_decide"


class CaseChanged(DomainError):
    """The comment or its flags changed since the page was shown."""

    code = "case_changed"


class ClauseMissing(DomainError):
    """Principle 1: whatever is done rests on a clause of the published guidelines."""

    code = "clause_missing"


class ReasonMissing(DomainError):
    """Every decision says why."""

    code = "reason_missing"


class MessageMissing(DomainError):
    """A reply needs words."""

    code = "message_missing"


class SubmissionReused(DomainError):
    """The same key came with something else: nothing is done twice, nor something else instead."""

    code = "idempotency_key_reused"


class NothingToReverse(DomainError):
    """The decision does not stand any more."""

    code = "nothing_to_reverse"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was concluded. `clause` may be None only where no breach is found.

    `submission_key` names one submission of the form or one API call: the same key again is the
    same decision. `seen_revision` is the case's revision that the decider looked at.
    """

    outcome: Outcome
    reason: str
    submission_key: str
    clause: Clause | None = None
    message: str = ""
    seen_revision: int | None = None


def record(*, case: Case, by: Actor, ruling: Ruling, now: datetime) -> Decision:
    """Record a decision and plan what follows from it.

    The decision, its actions, their outbox messages and the audit events exist together or not at
    all. Raises CaseAlreadyDecided, CaseChanged, CaseClaimedByAnother, WarningNotDelivered, and the
    refusals of an incomplete ruling; nothing is changed then.
    """
    try:
        with transaction.atomic():
            return _record(case=case, by=by, ruling=ruling, now=now)
    except IntegrityError:
        # The same submission raced with itself: the first one stands.
        earlier = _submitted(ruling.submission_key, by, case)
        if earlier is None:
            raise
        return earlier


def _record(*, case: Case, by: Actor, ruling: Ruling, now: datetime) -> Decision:
    # First the lock, then the rows around it: beside a row that was waited for, a join shows what was
    # there before, and no row at all where the case has gone to another queue.
    # Author before case, as in a reversal: two decisions about one author may ask for the same block.
    Author.objects.visible_to(by).select_for_update(no_key=True).filter(cases=case.pk).first()
    Case.objects.visible_to(by).locked(case.pk)
    case = Case.objects.select_related(
        "queue", "claimed_by", "content_item__author", "content_item__channel"
    ).get(pk=case.pk)
    earlier = _submitted(ruling.submission_key, by, case)
    if earlier is not None:
        return earlier
    _check_open(case)
    permissions.check_can_decide(by, case, now=now)
    if ruling.seen_revision is not None and ruling.seen_revision != case.revision:
        message = (
            "This case changed while you were reading: the comment was edited, or a colleague handed"
            " the case on. Look at it again before you decide; what you typed is kept."
        )
        raise CaseChanged(message)
    _check_ruling(case, ruling, by)
    transitions.check_case(case.status, CaseStatus.DECIDED)

    decision = _create(
        case, by, ruling, now=now, replaces=case.decisions.order_by("-made_at", "-pk").first()
    )
    actions = enforcement.plan(
        decision=decision, case=case, message=decision.message, by=by, now=now
    )
    casework.end_claim_on_decision(case, now=now)
    case.status, case.decided_at, case.standing_decision = CaseStatus.DECIDED, now, decision
    case.revision += 1
    case.save()
    audit.record(
        AuditEventType.DECISION_RECORDED,
        actor=by,
        at=now,
        target=decision,
        case_id=case.pk,
        clause=ruling.clause.reference if ruling.clause else "",
        reason=ruling.reason,
        outcome=ruling.outcome.value,
        actions=[action.kind for action in actions],
    )
    enforcement.record_requests(actions, case_id=case.pk, by=by, now=now)
    return decision


@transaction.atomic
def reverse(
    *, decision: Decision, by: Actor, reason: str, submission_key: str, now: datetime
) -> tuple[Decision, enforcement.Undoing]:
    """Replace a standing decision by “no breach” and take back what it did.

    Returns the new decision and what was started, cancelled, and cannot be undone.
    """
    # Author before case, as everywhere: two decisions about one author may ask for the same block.
    Author.objects.visible_to(by).select_for_update(no_key=True).get(cases__decisions=decision.pk)
    case = Case.objects.visible_to(by).select_for_update(of=("self",)).get(pk=decision.case_id)
    # Behind the lock, so that the same submission twice at once is one reversal.
    earlier = _submitted(submission_key, by, case)
    if earlier is not None:
        return earlier, enforcement.Undoing()
    if case.standing_decision_id != decision.pk:
        message = "This decision has been replaced already."
        raise NothingToReverse(message)
    permissions.check_can_reverse(by, decision)
    transitions.check_case(case.status, CaseStatus.DECIDED)
    ruling = Ruling(
        outcome=Outcome.NO_BREACH, reason=reason.strip(), submission_key=submission_key
    )
    if not ruling.reason:
        message = "Say why the decision is reversed."
        raise ReasonMissing(message)
    replacement = _create(case, by, ruling, now=now, replaces=decision)
    undoing = enforcement.undo(decision=decision, replacement=replacement, by=by, now=now)
    case.standing_decision, case.decided_at = replacement, now
    case.revision += 1
    case.save()
    audit.record(
        AuditEventType.DECISION_REVERSED,
        actor=by,
        at=now,
        target=replacement,
        case_id=case.pk,
        reason=ruling.reason,
        replaces=str(decision.pk),
        before=decision.outcome,
        irreversible=[action.kind for action in undoing.irreversible],
        cancelled=[action.kind for action in undoing.cancelled],
        kept=[action.kind for action in undoing.kept],
    )
    enforcement.record_requests(undoing.started, case_id=case.pk, by=by, now=now)
    return replacement, undoing


@transaction.atomic
def reopen(*, case: Case, by: Actor, reason: str, now: datetime) -> Case:
    """Put a case that was decided without effects back in its queue, to be decided again.

    A reversal counts as without effects: it only took others back.
    """
    # Item before case, as where an edit comes in: both may open a case about it.
    ContentItem.objects.select_for_update(no_key=True).filter(cases=case.pk).first()
    case = Case.objects.locked(case.pk)
    permissions.check_same_organisation(by, case)
    if not reason.strip():
        message = "Say why the case is reopened."
        raise ReasonMissing(message)
    decision = case.standing_decision
    if decision is None:
        message = "Only a decided case can be reopened."
        raise NothingToReverse(message)
    permissions.check_can_reverse(by, decision)
    effects = decision.actions.filter(undoes__isnull=True)
    if effects.exclude(status__in=["cancelled", "not_possible"]).exists():
        message = "This decision had effects: reverse it instead, which takes them back."
        raise NothingToReverse(message)
    if Case.objects.waiting().filter(content_item_id=case.content_item_id).exists():
        message = "A newer case about the same comment is open already. Decide that one."
        raise NothingToReverse(message)
    transitions.check_case(case.status, CaseStatus.WAITING)
    case.status, case.standing_decision, case.decided_at = CaseStatus.WAITING, None, None
    case.revision += 1
    case.save()
    audit.record(
        AuditEventType.CASE_REOPENED,
        actor=by,
        at=now,
        target=case,
        case_id=case.pk,
        reason=reason,
        before=decision.outcome,
    )
    return case


def default_warning(case: Case, clause: Clause) -> str:
    """Return the words of a warning: the guideline quoted, and where to read them all (HMPPS-14)."""
    organisation = Organisation.objects.get(pk=case.organisation_id)
    link = f" Our guidelines: {organisation.guidelines_url}" if organisation.guidelines_url else ""
    return (
        f"Your comment went against our community guidelines: {clause.text}"
        " If your comments do not change, we may block you from our channels." + link
    )


def _create(
    case: Case, by: Actor, ruling: Ruling, *, now: datetime, replaces: Decision | None
) -> Decision:
    revision_id = case.content_item.current_revision_id
    if revision_id is None:
        message = "This item has no text that could be decided."
        raise NothingToDecide(message)
    message = ruling.message.strip()
    if ruling.outcome == Outcome.WARN and not message and ruling.clause is not None:
        message = default_warning(case, ruling.clause)
    versions = rulesets.in_force(case.organisation_id, now=now)
    return Decision.objects.create(
        organisation_id=case.organisation_id,
        case=case,
        revision_id=revision_id,
        outcome=ruling.outcome,
        clause=ruling.clause,
        rule_set_version_id=case.evaluation.version_id
        if case.evaluation
        else (versions[-1] if versions else None),
        reason=ruling.reason.strip(),
        message=message,
        replaces=replaces
        if replaces is not None and not hasattr(replaces, "replaced_by")
        else None,
        made_by=by.user,
        made_by_token=by.token,
        made_at=now,
        submission_key=ruling.submission_key,
    )


def _submitted(submission_key: str, by: Actor, case: Case) -> Decision | None:
    """Return the decision that this submission made before. Raises SubmissionReused."""
    earlier = Decision.objects.visible_to(by).filter(submission_key=submission_key).first()
    if earlier is not None and earlier.case_id != case.pk:
        message = "This submission was used for another case already. Load the page anew."
        raise SubmissionReused(message)
    return earlier


def _check_open(case: Case) -> None:
    if case.status == CaseStatus.WAITING:
        return
    decision = case.standing_decision
    if decision is None:
        message = "This case was closed."
        raise casework.CaseNotOpen(message)
    who = decision.made_by or decision.made_by_token
    message = f"{who} has just decided this case: {decision.get_outcome_display().lower()}. Nothing of yours was sent."
    raise CaseAlreadyDecided(message, case)


def _check_ruling(case: Case, ruling: Ruling, by: Actor) -> None:
    if not ruling.reason.strip():
        message = "Give a reason: it is what the decision is defended with."
        raise ReasonMissing(message)
    if ruling.outcome == Outcome.ESCALATE:
        message = "Escalating is not a decision: hand the case on instead."
        raise DomainError(message, code="escalation_is_no_decision")
    permissions.check_own_clause(by, ruling.clause)
    if ruling.outcome not in WITHOUT_CLAUSE and ruling.clause is None:
        message = "Choose the clause of the guidelines that was breached."
        raise ClauseMissing(message)
    if ruling.outcome == Outcome.REPLY and not ruling.message.strip():
        message = "Write the reply."
        raise MessageMissing(message)
    if ruling.outcome == Outcome.BLOCK:
        ladder.check_may_block(case.content_item.author, ruling.clause)
