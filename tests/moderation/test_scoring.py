"""The model's stage: behind ingest, once per text and model, and never more than a case."""

import copy
from datetime import timedelta

import pytest

from audit.enums import AuditEventType
from audit.models import AuditEvent
from moderation.enums import CaseStatus
from moderation.models import Case, ContentItem, EnforcementAction, Evaluation, Flag, Score
from moderation.services import scoring
from moderation.services.scoring import score_waiting
from platforms.models import OutboxMessage
from tests.builders import a_case, an_item, items_arrive
from tests.factories.moderation import DecisionFactory
from tests.factories.policies import DEFINITION, publish
from tests.fakes.classifier import a_model

HATEFUL = "They are all so vile"


def with_a_score_rule(**changes):
    definition = copy.deepcopy(DEFINITION)
    definition["rules"].append(
        {
            "key": "model-hate",
            "name": "Likely hate against a group",
            "group": "discrimination",
            "clause": "EX-02",
            "because": "The model finds hate against a group.",
            "severity": "high",
            "recommend": "hide",
            "human_required": True,
            "when": {"signal": {"name": "classifier.hate", "at_least": 0.8}},
            "examples": {"match": [], "no_match": []},
        }
        | changes
    )
    return definition


@pytest.fixture
def rules(cara, ben, now):
    """A published rule set with a rule that asks for the model's score."""
    return publish(drafter=cara.actor, approver=ben.actor, now=now, definition=with_a_score_rule())


@pytest.fixture
def model():
    return a_model(vile={"hate": 8.0}, numpty={"abuse": 8.0})


@pytest.fixture
def score(organisation, model, now):
    def run(**options):
        return score_waiting(
            **{"organisation_id": organisation.pk, "model": model, "now": now, **options}
        )

    return run


def test_without_a_model_the_rule_is_unknown_and_no_case_opens(rules, take_in, now, settings):
    settings.CLASSIFIER_FILE = "/nowhere/model.onnx"
    take_in(HATEFUL)

    assert scoring.score_in_turn(now=now) is False

    evaluation = Evaluation.objects.get()
    assert evaluation.unknown == [{"rule": "model-hate", "missing": ["classifier.hate"]}]
    assert not Case.objects.exists()
    assert not Score.objects.exists()


def test_a_score_opens_the_case_that_the_rules_alone_could_not(rules, take_in, score):
    take_in(HATEFUL, "What a lovely day")

    assert score() == 2

    case = Case.objects.get()
    assert (case.headline, case.severity) == ("Likely hate against a group", "high")
    assert case.evaluation.stage == "scores"
    assert case.evaluation.unknown == []
    flag = Flag.objects.get()
    assert flag.facts["classifier.hate"] > 0.8
    opened = AuditEvent.objects.get(type=AuditEventType.CASE_OPENED)
    assert opened.case_id == case.pk
    assert AuditEvent.objects.get(type=AuditEventType.CONTENT_EVALUATED).data["model"] == "test-1"


def test_a_score_is_kept_for_every_text_with_its_band_and_model(rules, take_in, score):
    (item,) = take_in(HATEFUL)

    score()

    kept = Score.objects.get(revision=item.current_revision)
    assert kept.model == "test-1"
    assert kept.values["hate"]["band"] == "high"
    assert kept.values["spam"]["band"] == "low"


def test_scoring_twice_changes_nothing(rules, take_in, score):
    take_in(HATEFUL)
    score()

    assert score() == 0

    assert Evaluation.objects.count() == 2
    assert Case.objects.count() == 1
    assert Score.objects.count() == 1


def test_of_two_workers_with_the_same_batch_one_keeps_and_judges(rules, take_in, model, now):
    (item,) = take_in(HATEFUL)
    batch = [(item.current_revision, model.score([HATEFUL])[0])]

    first = scoring.keep(scored=batch, model=model, now=now)
    second = scoring.keep(scored=batch, model=model, now=now)

    assert (first, second) == (1, 0)
    assert Evaluation.objects.filter(stage="scores").count() == 1
    assert Case.objects.count() == 1


def test_an_open_case_rises_and_keeps_what_it_rested_on(rules, take_in, score):
    take_in("What a numpty, and so vile")
    case = Case.objects.get()
    first = case.evaluation_id

    score()

    case.refresh_from_db()
    assert (case.severity, case.headline) == ("high", "Likely hate against a group")
    assert case.evaluation_id == first
    assert case.revision == 2
    assert Flag.objects.filter(evaluation__revision=case.evaluation.revision).count() == 2


def test_an_open_case_never_falls(cara, ben, take_in, score, now):
    publish(
        drafter=cara.actor,
        approver=ben.actor,
        now=now,
        definition=with_a_score_rule(severity="low"),
    )
    take_in("What a numpty, and so vile")

    score()

    assert Case.objects.get().severity == "medium"


def test_a_decided_text_is_not_asked_about_again(rules, channel, queues, score, now):
    case = a_case(channel, "What a numpty, and so vile", now=now)
    decision = DecisionFactory(case=case)
    Case.objects.filter(pk=case.pk).update(
        status=CaseStatus.DECIDED, standing_decision=decision, decided_at=now
    )

    score()

    assert Case.objects.waiting().count() == 0
    assert Score.objects.count() == 1


def test_an_edited_text_is_scored_and_the_text_before_it_raises_nothing(
    rules, channel, queues, score, now
):
    items_arrive(channel, an_item(HATEFUL, external_id="c-edit"), now=now)
    items_arrive(channel, an_item("I am sorry", external_id="c-edit", version="2"), now=now)

    score()

    assert Score.objects.count() == 2
    assert not Case.objects.exists()


def test_nothing_is_hidden_or_sent_by_a_score(rules, take_in, score):
    take_in(HATEFUL)

    score()

    assert not EnforcementAction.objects.exists()
    assert not OutboxMessage.objects.exists()


def test_a_new_model_scores_again_and_judges_no_second_time(rules, take_in, score):
    take_in(HATEFUL)
    score()

    assert score(model=a_model(version="test-2", vile={"hate": 9.0})) == 1

    assert Score.objects.count() == 2
    assert Evaluation.objects.filter(stage="scores").count() == 1


def test_what_arrived_long_before_the_model_is_left_alone(rules, take_in, score, now):
    take_in(HATEFUL)

    assert score(now=now + scoring.REACH + timedelta(hours=2)) == 0

    assert not Case.objects.exists()


def test_batches_go_on_where_the_last_one_ended(rules, take_in, score, now):
    take_in(*[f"Comment number {n}" for n in range(5)])
    later = now + timedelta(hours=2)

    counts = [score(limit=2, now=later) for _ in range(4)]

    assert counts == [2, 2, 1, 0]
    assert Score.objects.count() == 5


def test_what_arrives_after_the_mark_moved_is_scored(rules, take_in, score, now):
    take_in("First")
    later = now + timedelta(hours=2)
    score(now=later)
    take_in("Second", now=later)

    assert score(now=later) == 1


def test_each_organisation_is_scored_for_itself(rules, take_in, other_organisation, model, now):
    take_in(HATEFUL)

    assert score_waiting(organisation_id=other_organisation.pk, model=model, now=now) == 0
    assert not Score.objects.exists()


@pytest.mark.clause("PPO-06")
def test_the_case_page_shows_the_score_and_the_words_that_moved_it(
    rules, take_in, score, model, ada, monkeypatch
):
    take_in(HATEFUL)
    score()
    monkeypatch.setattr(scoring, "current_model", lambda: model)
    case = Case.objects.get()

    page = ada.client.get(case.get_absolute_url()).content.decode()

    assert "What the model makes of it" in page
    assert "Hate against a group" in page
    assert "High (0.98)" in page
    assert '<mark class="app-match app-foreign" dir="auto">vile</mark>' in page
    assert "Rules that could not be decided" not in page


def test_another_organisation_sees_no_score(rules, take_in, score, eve):
    take_in(HATEFUL)
    score()

    assert eve.client.get(Case.objects.get().get_absolute_url()).status_code == 404
    assert not Score.objects.visible_to(eve.actor).exists()
    assert ContentItem.objects.exists()
