"""Who may not: another organisation's rows, one's own escalations, somebody else's submission."""

import dataclasses
from datetime import timedelta

import pytest

from accounts.enums import Permission
from accounts.permissions import actor_for_token
from accounts.services import tokens
from audit.models import AuditEvent
from common.errors import DomainError, NotPermitted
from moderation import permissions
from moderation.enums import ClaimEnd
from moderation.models import Assignment, Case, Decision, Escalation
from moderation.services import casework, decisions, imports
from platforms.importing import Layout
from platforms.models import ImportRun, OutboxMessage
from policies.enums import Outcome
from policies.models import Clause
from tests.builders import a_case
from tests.factories.moderation import QueueFactory
from tests.factories.policies import ClauseFactory, PackFactory

pytestmark = pytest.mark.django_db


def ruling(**fields):
    """Return a ruling; anything a test is about is stated in the test."""
    defaults = {
        "outcome": Outcome.HIDE,
        "reason": "Insults.",
        "submission_key": "k",
        "clause": Clause.objects.filter(reference="EX-01").first(),
    }
    return decisions.Ruling(**{**defaults, **fields})


@pytest.fixture
def case(channel, queues, published, now):
    return a_case(channel, now=now)


@pytest.fixture
def tool(dev, now):
    """An internal tool that may do everything that concerns cases."""
    scopes = [scope for scope in Permission if scope.value.startswith(("case:", "decision:"))]
    token, _ = tokens.issue(name="Tool", scopes=scopes, by=dev.actor, now=now, expires_at=None)
    return actor_for_token(token)


def test_clause_of_another_organisation_is_refused_with_a_sentence(
    case, ada, other_organisation, now
):
    foreign = ClauseFactory(pack=PackFactory(organisation=other_organisation))

    with pytest.raises(permissions.ClauseOfAnotherOrganisation):
        decisions.record(case=case, by=ada.actor, ruling=ruling(clause=foreign), now=now)
    with pytest.raises(permissions.ClauseOfAnotherOrganisation):
        casework.escalate(case=case, by=ada.actor, reason="Hm.", clause=foreign, now=now)

    assert not Decision.objects.exists()
    assert not Escalation.objects.exists()


def test_outsider_can_neither_decide_nor_hand_on_nor_reopen(case, ada, eve, now):
    with pytest.raises(Case.DoesNotExist):
        decisions.record(case=case, by=eve.actor, ruling=ruling(clause=None), now=now)
    with pytest.raises(NotPermitted):
        casework.escalate(case=case, by=eve.actor, reason="Mine.", now=now)
    with pytest.raises(NotPermitted):
        casework.claim(case=case, by=eve.actor, now=now)
    decision = decisions.record(
        case=case, by=ada.actor, ruling=ruling(outcome=Outcome.NO_BREACH), now=now
    )
    events = AuditEvent.objects.count()

    with pytest.raises(NotPermitted):
        decisions.reopen(case=case, by=eve.actor, reason="Mine.", now=now)
    with pytest.raises(decisions.Author.DoesNotExist):
        decisions.reverse(
            decision=decision, by=eve.actor, reason="Mine.", submission_key="x", now=now
        )

    case.refresh_from_db()
    assert case.standing_decision == decision
    assert AuditEvent.objects.count() == events


def test_same_submission_for_another_case_is_refused_and_decides_nothing(
    channel, queues, published, ada, now
):
    first, second = a_case(channel, now=now), a_case(channel, "You plonker", now=now)
    decisions.record(case=first, by=ada.actor, ruling=ruling(), now=now)

    with pytest.raises(decisions.SubmissionReused):
        decisions.record(case=second, by=ada.actor, ruling=ruling(), now=now)

    second.refresh_from_db()
    assert second.status == "waiting"
    assert Decision.objects.count() == 1


def test_whoever_escalated_decides_in_no_senior_queue(
    case, queues, sam, ben, now, organisation, member
):
    """Handed on twice: the first who did so is still not the one who decides."""
    further = QueueFactory(organisation=organisation, key="legal", is_senior=True, position=10)
    casework.escalate(case=case, by=sam.actor, reason="Names a colleague.", now=now)
    casework.escalate(case=case, by=ben.actor, reason="A legal matter.", now=now)

    case.refresh_from_db()
    assert case.queue == further
    assert not permissions.can_decide(sam.actor, case, now=now)
    assert not permissions.can_decide(ben.actor, case, now=now)


def test_tool_does_not_decide_what_a_tool_handed_on(case, tool, sam, now):
    casework.escalate(case=case, by=tool, reason="Not sure.", now=now)

    case.refresh_from_db()
    assert not permissions.can_decide(tool, case, now=now)
    assert permissions.can_decide(sam.actor, case, now=now)


def test_token_decides_only_within_its_scopes(case, tool, now):
    reader = dataclasses.replace(tool, permissions=frozenset({Permission.CASE_READ}))

    with pytest.raises(NotPermitted):
        decisions.record(case=case, by=reader, ruling=ruling(), now=now)

    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_handing_on_and_reopening_need_a_reason(case, ada, now, reason):
    with pytest.raises(DomainError) as refusal:
        casework.escalate(case=case, by=ada.actor, reason=reason, now=now)
    assert refusal.value.code == "reason_missing"
    decisions.record(case=case, by=ada.actor, ruling=ruling(outcome=Outcome.NO_BREACH), now=now)

    with pytest.raises(decisions.ReasonMissing):
        decisions.reopen(case=case, by=ada.actor, reason=reason, now=now)

    case.refresh_from_db()
    assert case.status == "decided"


def test_claim_taken_over_after_it_ran_out_is_on_the_record(case, ada, ben, now, settings):
    casework.claim(case=case, by=ada.actor, now=now)
    later = now + timedelta(minutes=settings.CLAIM_LEASE_MINUTES, seconds=1)

    casework.claim(case=case, by=ben.actor, now=later)

    case.refresh_from_db()
    assert case.claimed_by == ben.user
    assert Assignment.objects.get(claimed_by=ada.user).ended_how == ClaimEnd.EXPIRED
    released = AuditEvent.objects.get(type="case.released")
    assert (released.actor_kind, released.data["how"]) == ("system", "expired")


def test_import_of_another_organisation_is_not_started_again(channel, ben, eve, now):
    run = ImportRun.objects.create(
        organisation=channel.organisation,
        channel=channel,
        file_name="comments.csv",
        digest="0" * 64,
        mapping=Layout().as_json(),
        status="finished",
        started_at=now,
        finished_at=now,
    )

    with pytest.raises(imports.ImportRefused):
        imports.restart(run=run, by=eve.actor, now=now)

    run.refresh_from_db()
    assert run.status == "finished"
    assert not AuditEvent.objects.exists()
