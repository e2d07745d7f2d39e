"""The packs keep the recall and the false-positive rate that they have reached on our suites."""

from __future__ import annotations

import pytest

from tests.policies.suites import sentences
from tests.policies.suites.__main__ import punished


def test_the_suites_are_large_and_say_everything_once():
    for name in ("uk_breaches", "uk_traps"):
        texts = [text for kind in sentences(name).values() for text in kind]
        assert len(texts) >= 200
        assert len(set(texts)) == len(texts)


def test_most_breaches_are_caught(compiled):
    texts = [text for kind in sentences("uk_breaches").values() for text in kind]

    caught = [text for text in texts if punished(text, compiled["hmpps"])]

    assert len(caught) / len(texts) >= 0.74


@pytest.mark.clause("HMPPS-05")
def test_few_traps_are_punished(rule_set):
    texts = [text for kind in sentences("uk_traps").values() for text in kind]

    wrong = [text for text in texts if punished(text, rule_set)]

    # The packs of the ICO and of the police do not know every way of quoting yet.
    most = 0.025 if rule_set.key in ("hmpps", "ppo") else 0.04
    assert len(wrong) / len(texts) <= most, wrong


@pytest.mark.parametrize("kind", ["criticism", "grief", "support", "neutral-identity"])
def test_criticism_grief_and_support_are_never_punished(rule_set, kind):
    assert [text for text in sentences("uk_traps")[kind] if punished(text, rule_set)] == []
