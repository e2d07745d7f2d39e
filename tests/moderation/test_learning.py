"""The model's last numbers learn from decisions: shown first, changed on request, recorded."""

import copy
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from audit.enums import AuditEventType
from audit.models import AuditEvent
from moderation.enums import CaseStatus
from moderation.models import Case, ModelTuning
from moderation.services import learning, scoring
from policies.enums import Outcome
from policies.models import Clause
from tests.factories.moderation import DecisionFactory
from tests.factories.policies import DEFINITION, publish
from tests.fakes.classifier import a_model

pytestmark = pytest.mark.slow


@pytest.fixture
def model(monkeypatch):
    """A model that is far too sure of a mild word."""
    model = a_model(mild={"hate": 4.5}, vile={"hate": 7.0})
    monkeypatch.setattr(scoring, "current_model", lambda: model)
    return model


@pytest.fixture
def decided(cara, ben, take_in, organisation, now):
    """Decisions: the vile are breaches, the mild are not."""
    definition = copy.deepcopy(DEFINITION)
    rule = copy.deepcopy(definition["rules"][0])
    rule |= {"key": "model-hate", "clause": "EX-02", "examples": {"match": [], "no_match": []}}
    rule["when"] = {"signal": {"name": "classifier.hate", "at_least": 0.8}}
    definition["rules"].append(rule)
    publish(drafter=cara.actor, approver=ben.actor, now=now, definition=definition)
    clause = Clause.objects.get(organisation=organisation, reference="EX-02")
    texts = [f"A numpty so vile, number {n}" for n in range(60)]
    texts += [f"A numpty so mild, number {n}" for n in range(120)]
    items = take_in(*texts)
    for item, text in zip(items, texts, strict=True):
        case = Case.objects.get(content_item=item)
        decision = DecisionFactory(
            case=case,
            outcome=Outcome.HIDE if "vile" in text else Outcome.NO_BREACH,
            clause=clause if "vile" in text else None,
        )
        Case.objects.filter(pk=case.pk).update(
            status=CaseStatus.DECIDED, standing_decision=decision, decided_at=now
        )


def learn(*arguments):
    out = StringIO()
    call_command("learn", *arguments, stdout=out)
    return out.getvalue()


def test_figures_are_shown_and_nothing_is_changed(decided, model, organisation):
    said = learn("--organisation", organisation.slug)

    assert "hate: 60 breaches and 120 without breach; better" in said
    assert "before" in said
    assert "after" in said
    assert "Nothing was changed." in said
    assert not ModelTuning.objects.exists()


def test_better_numbers_are_used_on_request_and_recorded(decided, model, organisation):
    assert "In use for comments scored from now on: hate." in learn(
        "--organisation", organisation.slug, "--apply"
    )

    tuned = learning.in_use(organisation_id=organisation.pk, model=model)
    before, after = (m.score(["So mild"])[0]["hate"] for m in (model, tuned))
    assert after.value < before.value
    assert after.band == "low"
    assert tuned.score(["So vile"])[0]["hate"].value > 0.8
    assert tuned.version.startswith(f"{model.version}+")
    event = AuditEvent.objects.get(type=AuditEventType.MODEL_TUNED)
    assert event.data["categories"] == ["hate"]


def test_another_organisation_keeps_the_numbers_that_came_with_the_model(
    decided, model, organisation, other_organisation
):
    learn("--organisation", organisation.slug, "--apply")

    assert learning.in_use(organisation_id=other_organisation.pk, model=model) is model


def test_few_decisions_teach_nothing(published, model, organisation):
    said = learn("--organisation", organisation.slug, "--apply")

    assert "hate: 0 breaches and 0 without breach; it takes 40 and 100 to learn from." in said
    assert "nothing was changed" in said
    assert not ModelTuning.objects.exists()


def test_refusals_are_in_plain_words(organisation, settings):
    settings.CLASSIFIER_FILE = "/nowhere/model.onnx"

    with pytest.raises(CommandError, match="There is no organisation nobody"):
        learn("--organisation", "nobody")
    with pytest.raises(CommandError, match="There is no model here"):
        learn("--organisation", organisation.slug)
