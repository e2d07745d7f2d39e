"""Misspelt terms are found, ordinary words that look like them are not, and lists can decline."""

import pytest

from policies.engine import compile_rule_set, evaluate
from policies.engine.problems import RuleSetProblems
from policies.engine.types import Subject
from tests.policies.engine.builders import a_definition, a_rule

TERMS = ["muppet", "plonker", "numpty", "silly goose", "phony", "coconut"]


def compiled(**evasion):
    spec = {"title": "L", "terms": TERMS}
    if evasion:
        spec["evasion"] = evasion
    return compile_rule_set(a_definition(a_rule({"words": {"list": "l"}}), lists={"l": spec}))


def places(text, rule_set=None):
    verdict = evaluate(Subject(text), rule_set or compiled())
    return [(text[s.start : s.end], s.label) for m in verdict.matches for s in m.spans]


DISGUISES = [
    ("shortened", "you muppt", "muppt", "muppet"),
    ("shortened", "such a PLNKR!", "PLNKR", "plonker"),
    ("swapped", "you mupept.", "mupept", "muppet"),
    ("split", "you mup pet", "mup pet", "muppet"),
    ("split", "a sillygoose", "sillygoose", "silly goose"),
    ("reversed", "you teppum", "teppum", "muppet"),
    ("reversed", "ʇǝddnɯ", "ʇǝddnɯ", "muppet"),
    ("sound", "what a fony", "fony", "phony"),
    ("sound", "a koconut", "koconut", "coconut"),
    ("signs", "you mupp3t", "mupp3t", "muppet"),
    ("spacing", "you m.u.p.p.e.t", "m.u.p.p.e.t", "muppet"),
    ("repeats", "you muuuppet", "muuuppet", "muppet"),
    ("stars", "you m*ppet", "m*ppet", "muppet"),
    ("look_alikes", "you mυρρеt", "mυρρеt", "muppet"),
]


@pytest.mark.parametrize(("kind", "text", "place", "term"), DISGUISES)
def test_a_list_undoes_every_kind_unless_told_not_to(kind, text, place, term):
    assert (place, term) in places(text)
    assert places(text, compiled(**{kind: False})) == []


@pytest.mark.parametrize(("kind", "text", "place", "term"), DISGUISES)
def test_one_kind_turned_off_leaves_the_plain_spelling_and_the_others(kind, text, place, term):
    others = compiled(**{other: False for other, *_ in DISGUISES if other != kind})

    assert (place, term) in places(text, others)
    assert places(f"a {term} indeed", compiled(**{kind: False})) == [(term, term)]


@pytest.mark.parametrize(
    "text",
    [
        "a puppet show",
        "the mup petition",
        "@muppt wrote",
        "mail muppt@example.org",
        "muppts",
        "the_muppt_account",
        "well-muppt",
    ],
)
def test_what_only_resembles_a_misspelling_is_left_alone(text):
    assert places(text) == []


def test_a_misspelling_that_is_a_word_of_the_rule_set_is_left_alone():
    rule_set = compile_rule_set(
        a_definition(
            a_rule({"words": {"list": "l"}}),
            lists={
                "l": {"title": "L", "terms": ["grasses"]},
                "other": {"title": "O", "terms": ["garsses"]},
            },
        )
    )

    assert places("garsses", rule_set) == []
    assert places("gasses", rule_set) == []


def test_an_unknown_kind_is_refused_in_plain_words():
    with pytest.raises(RuleSetProblems, match="has no field “leet”"):
        compiled(leet=False)
