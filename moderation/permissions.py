"""Who may do what to a case: `check_can_...` raises with a sentence, `can_...` answers for buttons."""

from datetime import datetime

from accounts.actors import Actor
from accounts.enums import Permission
from accounts.permissions import check_may
from common.errors import DomainError, NotPermitted
from moderation.models import Case, Decision, Queue
from policies.models import Clause


class CaseClaimedByAnother(DomainError):
    """A colleague is on this case."""

    code = "case_claimed_by_another"


class ClauseOfAnotherOrganisation(DomainError):
    """A body acts on its own published guidelines only."""

    code = "clause_of_another_organisation"


def check_own_clause(actor: Actor, clause: Clause | None) -> None:
    """Raise unless the clause, if there is one, is of the actor's organisation."""
    if clause is not None and clause.organisation_id != actor.organisation_id:
        message = "This clause is not one of your organisation's."
        raise ClauseOfAnotherOrganisation(message)


def check_same_organisation(actor: Actor, row: Queue | Case | Decision) -> None:
    """Raise unless the row belongs to the actor's organisation. Views answer 404 long before."""
    if row.organisation_id != actor.organisation_id:
        message = "This belongs to another organisation."
        raise NotPermitted(message)


def check_can_claim_from(actor: Actor, queue: Queue) -> None:
    """Raise unless the actor may take cases of this queue."""
    check_same_organisation(actor, queue)
    check_may(actor, Permission.CASE_CLAIM)
    if queue.is_senior:
        check_may(actor, Permission.CASE_DECIDE_ESCALATED)


def can_claim_from(actor: Actor, queue: Queue) -> bool:
    """Whether the actor may take cases of this queue."""
    return _answers(check_can_claim_from, actor, queue)


def check_can_decide(actor: Actor, case: Case, *, now: datetime) -> None:
    """Raise unless the actor may decide this case now: the permission, the queue, nobody else's claim.

    Nobody decides a case that they escalated themselves.
    """
    check_same_organisation(actor, case)
    check_may(actor, Permission.CASE_DECIDE)
    if case.queue.is_senior:
        check_may(actor, Permission.CASE_DECIDE_ESCALATED)
        # A tool's escalations name no person, so no tool decides what a tool handed on.
        own = case.escalations.filter(made_by_id=actor.user.pk if actor.user else None)
        if own.exists():
            message = "You escalated this case, so somebody else decides it."
            raise NotPermitted(message)
    if case.is_claimed_at(now) and (actor.user is None or case.claimed_by_id != actor.user.pk):
        message = (
            f"{case.claimed_by} is on this case. You can read it, and decide it once they let go."
        )
        raise CaseClaimedByAnother(message)


def can_decide(actor: Actor, case: Case, *, now: datetime) -> bool:
    """Whether the actor may decide this case now."""
    return _answers(check_can_decide, actor, case, now=now)


def check_can_reverse(actor: Actor, decision: Decision) -> None:
    """Raise unless the actor may reverse this decision.

    Moderators and tools take back their own; somebody else's is a senior reviewer's to overturn.
    """
    check_same_organisation(actor, decision)
    check_may(actor, Permission.DECISION_REVERSE)
    is_own = (actor.user is not None and decision.made_by_id == actor.user.pk) or (
        actor.token is not None and decision.made_by_token_id == actor.token.pk
    )
    if not is_own and not actor.may(Permission.CASE_DECIDE_ESCALATED):
        message = "Only a senior reviewer reverses somebody else's decision."
        raise NotPermitted(message)


def can_reverse(actor: Actor, decision: Decision) -> bool:
    """Whether the actor may reverse this decision."""
    return _answers(check_can_reverse, actor, decision)


def _answers(check, *args, **kwargs) -> bool:  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN002, ANN003
    try:
        check(*args, **kwargs)
    except DomainError:
        return False
    return True
