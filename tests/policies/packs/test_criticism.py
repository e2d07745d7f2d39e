"""Criticism, grief, support and requests for help stay up."""

from __future__ import annotations

import pytest
import yaml

from policies.engine import evaluate
from policies.engine.types import Subject
from tests.policies.packs.conftest import KEYS, PACKS, PENALTIES


@pytest.fixture(scope="module")
def sentences():
    data = yaml.safe_load((PACKS / "criticism.yaml").read_text(encoding="utf-8"))
    return [(kind, text) for kind, texts in data["sentences"].items() for text in texts]


def _penalised(rule_set, texts):
    return [
        (text, [match.rule for match in evaluate(Subject(text=text), rule_set).matches])
        for text in texts
        if any(
            match.recommend in PENALTIES
            for match in evaluate(Subject(text=text), rule_set).matches
        )
    ]


def test_the_set_is_large_and_varied(sentences):
    assert len({text for _, text in sentences}) >= 500
    assert {kind for kind, _ in sentences} == {
        "criticism",
        "grief",
        "support",
        "help",
        "quoted-abuse",
        "identity",
        "ordinary-words",
        "mixed",
        "regulator",
        "police",
        "ombudsman",
        "prisons",
        "reporting-and-news",
        "second-look",
    }


def test_at_most_one_in_a_hundred_is_penalised(rule_set, sentences):
    false = _penalised(rule_set, [text for _, text in sentences])

    assert len(false) <= len(sentences) // 100, false


@pytest.mark.parametrize("key", KEYS)
def test_somebody_in_despair_is_routed_to_safeguarding_and_not_penalised(compiled, key):
    verdict = evaluate(
        Subject(text="I feel like I can't go on, is there anyone I can talk to?"), compiled[key]
    )

    assert "safeguarding" in {match.route for match in verdict.matches}
    assert verdict.human_required
    assert verdict.recommend == "reply"


def test_a_question_about_applying_is_routed_to_a_reply(compiled):
    verdict = evaluate(Subject(text="How long does vetting take?"), compiled["hmpps"])

    assert {match.route for match in verdict.matches} == {"application-help"}
    assert verdict.recommend == "reply"
