"""The first look lets through whatever could be flagged; and which rules differ, by all they refer to."""

import copy

import pytest
import yaml

from policies.engine import compile_rule_set, evaluate_many
from policies.engine.difference import differing_rules, only_rules
from policies.engine.sieve import possible, rests_on_text
from policies.engine.types import Subject
from policies.services.packs import PACKS
from tests.factories.policies import DEFINITION


def texts_of(definition):
    """Everything the pack's examples and the criticism set say, with its disguises."""
    found = []
    for rule in definition["rules"]:
        for examples in rule.get("examples", {}).values():
            found += [e if isinstance(e, str) else e["text"] for e in examples]
    criticism = yaml.safe_load((PACKS / "criticism.yaml").read_text(encoding="utf-8"))
    found += [text for texts in criticism["sentences"].values() for text in texts]
    found += [text.upper() for text in found[:200]]
    found += [" ".join(text) for text in found[:100]]
    found += [text.replace("e", "3").replace("a", "4") for text in found[:400]]
    found += [text.replace("o", "о") for text in found[:400]]
    return found


@pytest.mark.parametrize("pack", ["hmpps", "ppo"])
def test_whatever_live_evaluation_flags_is_let_through(pack):
    """Rule by rule, so that each cut-down sieve stands for a draft that changes that rule."""
    definition = yaml.safe_load((PACKS / f"{pack}.yaml").read_text(encoding="utf-8"))
    texts = texts_of(definition)
    whole = compile_rule_set(definition)
    flagged: dict[str, set[int]] = {}
    for number, verdict in enumerate(evaluate_many([Subject(text) for text in texts], whole)):
        for match in verdict.matches:
            flagged.setdefault(match.rule, set()).add(number)
    assert sum(map(len, flagged.values())) > 300

    for key, numbers in flagged.items():
        cut = compile_rule_set(only_rules(definition, {key}))
        if rests_on_text(cut):
            assert numbers <= set(possible(texts, cut)), key


def test_a_rule_that_rests_on_facts_alone_cannot_be_sieved():
    assert not rests_on_text(compile_rule_set(only_rules(DEFINITION, {"repeated"})))
    assert rests_on_text(compile_rule_set(only_rules(DEFINITION, {"insult"})))


def test_a_cut_definition_keeps_only_what_its_rules_refer_to():
    cut = only_rules(DEFINITION, {"insult", "threat"})

    assert set(cut["lists"]) == {"insults", "threats"}
    assert [rule["key"] for rule in cut["rules"]] == ["insult", "threat"]
    assert only_rules(DEFINITION, {"no-such-rule"}) is None
    dated = {**DEFINITION, "in_force": {"from": "2026-05-01"}}
    assert only_rules(dated, {"insult"})["in_force"] == {"from": "2026-05-01"}


def changed(edit):
    definition = copy.deepcopy(DEFINITION)
    edit(definition)
    return definition


@pytest.mark.parametrize(
    ("edit", "differing"),
    [
        (lambda d: None, set()),
        (lambda d: d["lists"]["insults"]["terms"].append("muppet"), {"insult"}),
        (lambda d: d["lists"]["slurs"].update(exceptions=["Glorbish Street"]), {"slur"}),
        (lambda d: d["rules"][0].update(severity="low"), {"insult"}),
        (lambda d: d["rules"][0].update(name="Another", because="Another", note="x"), set()),
        (lambda d: d["rules"][0].update(examples={"match": [], "no_match": []}), set()),
        (lambda d: d["rules"].pop(0), {"insult"}),
        (lambda d: d["rules"].append({**d["rules"][0], "key": "again"}), {"again"}),
        (lambda d: d["lists"].update(unused={"title": "Unused", "terms": ["x y"]}), set()),
        (lambda d: d["rules"].reverse(), set()),
        (lambda d: d.update(in_force={"from": "2026-05-01", "until": "2026-06-01"}), set()),
    ],
)
def test_a_rule_differs_by_its_logic_and_by_what_it_refers_to(edit, differing):
    assert differing_rules(changed(edit), DEFINITION) == differing


def test_without_a_baseline_every_rule_differs():
    assert differing_rules(DEFINITION, None) == {rule["key"] for rule in DEFINITION["rules"]}
