"""Taking back what a version did: everything reversible, once, in a person's name, the rest listed."""

from datetime import timedelta

import pytest
from django.urls import reverse

from common.errors import NotPermitted
from moderation.enums import ActionKind, RunStatus, UndoOutcome
from moderation.models import Case, Decision, EnforcementAction, UndoneDecision, VersionUndo
from moderation.services import casework, decisions, version_effects
from platforms.enums import SourceState
from policies.enums import Outcome
from policies.models import Clause
from tests.builders import a_case, run_the_route

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world(published, queues, platform):
    pass


def decided(channel, member, now, *, text="What a numpty", outcome=Outcome.HIDE):
    return decide(a_case(channel, text, now=now), member, now, outcome=outcome)


def decide(case, member, now, *, outcome=Outcome.HIDE):
    clause = Clause.objects.get(organisation=case.organisation_id, reference=case.clause_reference)
    ruling = decisions.Ruling(
        outcome=outcome, reason="Insult.", submission_key=str(case.pk), clause=clause
    )
    return decisions.record(case=case, by=member.actor, ruling=ruling, now=now)


def start(version, member, now, **fields):
    return version_effects.start(
        version=version, by=member.actor, reason="The rule was wrong.", now=now, **fields
    )


def finish(now):
    while version_effects.continue_due(now=now):
        pass


def outcomes(undo):
    return {row.decision_id: row.outcome for row in UndoneDecision.objects.filter(undo=undo)}


def test_effects_are_counted_by_rule_and_outcome(channel, ada, cara, published, now):
    decided(channel, ada, now)
    decided(channel, ada, now, text="Typical glorbish", outcome=Outcome.BLOCK)
    decided(channel, ada, now, text="plonker numpty", outcome=Outcome.NO_BREACH)

    effects = version_effects.effects_of(published, by=cara.actor)

    assert effects.decisions == 2
    assert {(rule.key, rule.decisions) for rule in effects.by_rule} == {("insult", 1), ("slur", 1)}
    assert effects.by_outcome == {"hide": 1, "block": 1}


def test_everything_that_rests_on_the_version_is_reversed(
    channel, ada, ben, published, platform, now
):
    for number in range(3):
        platform.write(f"What a numpty {number}")
    run_the_route(now=now)
    made = [decide(case, ada, now) for case in Case.objects.all()]
    run_the_route(now=now)
    later = now + timedelta(hours=1)

    undo = start(published, ben, later)
    finish(later)

    undo.refresh_from_db()
    assert (undo.status, undo.done, undo.total) == (RunStatus.FINISHED, 3, 3)
    assert outcomes(undo) == {decision.pk: UndoOutcome.REVERSED for decision in made}
    run_the_route(now=later)
    shown_again = EnforcementAction.objects.filter(kind=ActionKind.UNHIDE, status="verified")
    assert shown_again.count() == 3
    assert {comment.state for comment in platform.comments.values()} == {SourceState.LIVE}
    assert {d.made_by_id for d in Decision.objects.filter(replaces__in=made)} == {ben.user.pk}


def test_only_the_chosen_rules_are_taken_back(channel, ada, ben, published, now):
    insult = decided(channel, ada, now)
    slur = decided(channel, ada, now, text="Typical glorbish")

    undo = start(published, ben, now, rule_keys=["slur"])
    finish(now)

    assert outcomes(undo) == {slur.pk: UndoOutcome.REVERSED}
    assert Case.objects.get(standing_decision=insult)


def test_what_cannot_be_taken_back_is_listed(channel, ada, ben, published, now):
    warned = decided(channel, ada, now, outcome=Outcome.WARN)
    run_the_route(now=now)

    undo = start(published, ben, now)
    finish(now)

    (row,) = UndoneDecision.objects.filter(undo=undo)
    assert (row.decision_id, row.outcome) == (warned.pk, UndoOutcome.PARTLY)
    assert "warn" in row.note


def test_what_rests_on_something_else_is_left(channel, ada, ben, take_in, published, now):
    decided(channel, ada, now, outcome=Outcome.NO_BREACH)

    with pytest.raises(version_effects.UndoRefused, match="Nothing stands"):
        start(published, ben, now)


def test_a_turn_that_is_repeated_reverses_nothing_twice(channel, ada, ben, published, now):
    decided(channel, ada, now)
    undo = start(published, ben, now)
    finish(now)
    count = Decision.objects.count()

    # As if the worker had died before it noted that all was done.
    VersionUndo.objects.filter(pk=undo.pk).update(status="running", finished_at=None)
    finish(now)

    assert Decision.objects.count() == count


def test_a_worker_that_is_on_it_is_left_to_it(channel, ada, ben, published, now):
    decided(channel, ada, now)
    undo = start(published, ben, now)
    assert VersionUndo.objects.all().lease(undo.pk, now=now)

    assert not version_effects.continue_due(now=now)

    assert outcomes(undo) == {}
    finish(now + timedelta(minutes=3))
    assert len(outcomes(undo)) == 1


def test_stopping_keeps_what_was_reversed(channel, ada, ben, published, now, monkeypatch):
    for number in range(3):
        decided(channel, ada, now, text=f"What a numpty {number}")
    undo = start(published, ben, now)
    monkeypatch.setattr(version_effects, "STEP", 1)
    version_effects.continue_due(now=now)

    version_effects.cancel(undo=undo, by=ben.actor, now=now)

    finish(now)
    undo.refresh_from_db()
    assert (undo.status, undo.done) == (RunStatus.CANCELLED, 1)
    assert len(outcomes(undo)) == 1


def test_whoever_left_meanwhile_reverses_nothing(channel, ada, ben, published, now):
    decided(channel, ada, now)
    undo = start(published, ben, now)
    ben.user.memberships.update(revoked_at=now, revoked_by=ben.user)

    finish(now)

    undo.refresh_from_db()
    assert (undo.status, outcomes(undo)) == (RunStatus.FAILED, {})
    assert "no longer works" in undo.error


def test_a_moderator_may_not_start_it(channel, ada, published, now):
    decided(channel, ada, now)

    with pytest.raises(NotPermitted):
        start(published, ada, now)

    assert not VersionUndo.objects.exists()


def test_only_one_runs_at_a_time(channel, ada, ben, published, now):
    decided(channel, ada, now)
    start(published, ben, now)

    with pytest.raises(version_effects.UndoRefused, match="already"):
        start(published, ben, now)


class TestPages:
    def test_preview_then_undo_then_progress(self, channel, ada, ben, published, now):
        decided(channel, ada, now)
        url = reverse("moderation:version_effects", args=[published.pk])
        assert b"1 decision stands" in ben.client.get(url).content

        answer = ben.client.post(
            reverse("moderation:version_undo", args=[published.pk]), {"reason": "Too wide."}
        )

        assert answer.status_code == 302
        page = ben.client.get(answer.url).content.decode()
        assert "0 of 1 dealt with" in page
        finish(now)
        assert "taken back whole" in ben.client.get(answer.url).content.decode()

    def test_missing_reason_keeps_what_was_chosen(self, channel, ada, ben, published, now):
        decided(channel, ada, now)

        answer = ben.client.post(
            reverse("moderation:version_undo", args=[published.pk]), {"rule": "insult"}
        )

        assert answer.status_code == 422
        assert 'value="insult" checked' in answer.content.decode()
        assert not VersionUndo.objects.exists()

    def test_an_outsider_finds_nothing(self, channel, ada, ben, eve, published, now):
        decided(channel, ada, now)
        undo = start(published, ben, now)

        gets = [("version_effects", published.pk), ("undo_detail", undo.pk)]
        posts = [("version_undo", published.pk), ("undo_cancel", undo.pk)]
        answers = [eve.client.get(reverse(f"moderation:{name}", args=[pk])) for name, pk in gets]
        answers += [
            eve.client.post(reverse(f"moderation:{name}", args=[pk]), {"reason": "x"})
            for name, pk in posts
        ]

        assert [answer.status_code for answer in answers] == [404] * 4
        assert VersionUndo.objects.get().status == RunStatus.RUNNING


def test_a_case_released_by_hand_is_unaffected(channel, ada, ben, published, now):
    """A claim on another case has nothing to do with an undo."""
    decided(channel, ada, now)
    other = a_case(channel, "Another numpty", now=now)
    casework.claim(case=other, by=ada.actor, now=now)

    start(published, ben, now)
    finish(now)

    other.refresh_from_db()
    assert other.claimed_by_id == ada.user.pk
