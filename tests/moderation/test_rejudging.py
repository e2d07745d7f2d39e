"""Judging held content again: newer rules reach what waits, and nothing that a person decided."""

import copy
from datetime import timedelta

import pytest
from django.urls import reverse

from audit.models import AuditEvent
from moderation.enums import CaseStatus, ReportSource, RunStatus
from moderation.models import Case, ContentItem, Evaluation, Rejudging
from moderation.services import casework, decisions, rejudging, reports
from policies.enums import Outcome
from policies.models import RuleSet, RuleSetVersion
from policies.services import rulesets
from tests.builders import a_case, comments_arrive
from tests.factories.policies import DEFINITION, approve

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world(published, queues):
    pass


@pytest.fixture
def newer(cara, ben, published, now):
    """The next version: it looks for daffodils, and no longer for plonkers."""
    definition = copy.deepcopy(DEFINITION)
    definition["lists"]["insults"]["terms"] = ["numpty", "daffodil"]

    def publish():
        rule_set = RuleSet.objects.get(pk=published.rule_set_id)
        version = rulesets.draft(rule_set=rule_set, definition=definition, by=cara.actor, now=now)
        approve(version=version, editor=cara.actor, approver=ben.actor, now=now)
        live = RuleSetVersion.objects.published().get(rule_set=rule_set)
        return rulesets.publish(version=version, by=cara.actor, now=now, replacing=live.pk)

    return publish


def start(version, member, now, **fields):
    return rejudging.start(
        version=version, by=member.actor, reason="New rules.", now=now, **fields
    )


def finish(now):
    while rejudging.continue_due(now=now):
        pass


def test_newly_flagged_content_comes_into_the_queue(channel, cara, newer, now):
    (item,) = comments_arrive(channel, "You daffodil", now=now)
    version = newer()

    run = start(version, cara, now)
    finish(now)

    case = Case.objects.get(content_item=item)
    assert (case.status, case.evaluation.version_id) == (CaseStatus.WAITING, version.pk)
    run.refresh_from_db()
    assert (run.status, run.opened, run.closed) == (RunStatus.FINISHED, 1, 0)


def test_an_open_case_follows_the_newer_verdict(channel, cara, newer, now):
    case = a_case(channel, "What a numpty", now=now)
    version = newer()

    start(version, cara, now)
    finish(now)

    case.refresh_from_db()
    assert case.evaluation.version_id == version.pk
    assert Case.objects.count() == 1


def test_what_a_person_decided_is_never_judged_again(channel, ada, cara, newer, now):
    case = a_case(channel, "daffodil numpty", now=now)
    decisions.record(
        case=case,
        by=ada.actor,
        ruling=decisions.Ruling(
            outcome=Outcome.NO_BREACH, reason="Friendly.", submission_key="one"
        ),
        now=now,
    )
    version = newer()

    start(version, cara, now)
    finish(now)

    assert Case.objects.get().status == CaseStatus.DECIDED
    assert not Evaluation.objects.filter(version=version).exists()


def test_open_cases_stay_unless_closing_was_asked_for(channel, cara, newer, now):
    case = a_case(channel, "you plonker", now=now)
    version = newer()

    start(version, cara, now)
    finish(now)

    case.refresh_from_db()
    assert case.status == CaseStatus.WAITING


def test_cases_that_nothing_flags_any_more_are_closed_on_request(channel, cara, newer, now):
    case = a_case(channel, "you plonker", now=now)
    version = newer()

    run = start(version, cara, now, closes_unflagged=True)
    finish(now)

    case.refresh_from_db()
    run.refresh_from_db()
    assert (case.status, run.closed) == (CaseStatus.CLOSED, 1)
    assert AuditEvent.objects.filter(type="case.closed", case_id=case.pk).count() == 1


def test_cases_that_people_care_about_are_not_closed(channel, ada, cara, newer, now):
    claimed = a_case(channel, "you plonker", now=now)
    casework.claim(case=claimed, by=ada.actor, now=now)
    escalated = a_case(channel, "plonker again", now=now)
    casework.escalate(case=escalated, by=ada.actor, reason="Unsure.", now=now)
    reported = a_case(channel, "that plonker", now=now)
    reports.file(
        item=reported.content_item,
        reason="Nasty.",
        by=ada.actor,
        now=now,
        source=ReportSource.PUBLIC,
    )
    version = newer()

    start(version, cara, now, closes_unflagged=True)
    finish(now)

    assert set(Case.objects.values_list("status", flat=True)) == {CaseStatus.WAITING}


def test_older_content_is_left_alone(channel, cara, newer, now):
    comments_arrive(channel, "You daffodil", now=now - timedelta(days=40))
    version = newer()

    run = start(version, cara, now, since=now - timedelta(days=30))
    finish(now)

    run.refresh_from_db()
    assert (run.total, run.opened) == (0, 0)


def test_goes_on_where_it_stopped_and_judges_nothing_twice(channel, cara, newer, now, monkeypatch):
    comments_arrive(channel, *[f"daffodil {n}" for n in range(5)], now=now)
    version = newer()
    monkeypatch.setattr(rejudging, "STEP", 2)
    monkeypatch.setattr(rejudging, "STEPS", 1)
    run = start(version, cara, now)
    rejudging.continue_due(now=now)
    run.refresh_from_db()
    assert (run.status, run.done) == (RunStatus.RUNNING, 2)

    finish(now)

    run.refresh_from_db()
    assert (run.done, run.opened) == (5, 5)
    # As if the worker had died before it noted that all was done.
    Rejudging.objects.filter(pk=run.pk).update(status="running", finished_at=None, cursor=None)
    finish(now)
    assert Case.objects.count() == 5
    assert Evaluation.objects.filter(version=version).count() == 5


def test_a_version_retired_meanwhile_stops_it(channel, cara, newer, now):
    comments_arrive(channel, "You daffodil", now=now)
    version = newer()
    run = start(version, cara, now)
    newer()

    finish(now)

    run.refresh_from_db()
    assert (run.status, run.error) == (RunStatus.FAILED, "The version was retired meanwhile.")


def test_deleted_content_is_left_alone(channel, cara, newer, now):
    comments_arrive(channel, "You daffodil", now=now)
    ContentItem.objects.update(source_state="deleted")
    version = newer()

    start(version, cara, now)
    finish(now)

    assert not Case.objects.exists()


@pytest.mark.parametrize("reason", ["", "  "])
def test_needs_a_reason(published, cara, now, reason):
    with pytest.raises(rejudging.RejudgingRefused, match="Say why"):
        rejudging.start(version=published, by=cara.actor, reason=reason, now=now)


def test_only_a_version_in_force_judges_again(published, newer, cara, now):
    newer()

    with pytest.raises(rejudging.RejudgingRefused, match="in force"):
        start(published, cara, now)


class TestPages:
    def test_start_and_progress(self, channel, cara, newer, now):
        comments_arrive(channel, "You daffodil", now=now)
        version = newer()

        answer = cara.client.post(
            reverse("moderation:rejudge_start", args=[version.pk]),
            {"reason": "New rules.", "days": "30"},
        )

        assert answer.status_code == 302
        finish(now)
        assert "1 of 1 dealt with" in cara.client.get(answer.url).content.decode()

    @pytest.mark.parametrize("days", ["x", "0", "-3", "99999"])
    def test_wrong_days_are_explained_and_the_reason_kept(self, cara, published, days):
        answer = cara.client.post(
            reverse("moderation:rejudge_start", args=[published.pk]),
            {"reason": "New rules.", "days": days},
        )

        assert answer.status_code == 422
        assert "leave it empty" in answer.content.decode()
        assert "New rules." in answer.content.decode()

    def test_an_outsider_finds_nothing(self, cara, eve, published, now):
        run = start(published, cara, now)

        answers = [
            eve.client.get(reverse("moderation:rejudge_detail", args=[run.pk])),
            eve.client.post(reverse("moderation:rejudge_cancel", args=[run.pk])),
            eve.client.post(reverse("moderation:rejudge_start", args=[published.pk])),
        ]

        assert [answer.status_code for answer in answers] == [404] * 3
        run.refresh_from_db()
        assert run.status == RunStatus.RUNNING
