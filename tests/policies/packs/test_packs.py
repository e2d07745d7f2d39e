"""The packs fit their schema, cover their clauses and come out as their examples say."""

from __future__ import annotations

import copy
import json
from collections import Counter

import jsonschema
import pytest

from policies.engine import compile_rule_set
from policies.services import packs
from tests.policies.packs.conftest import DATED, KEYS, PACKS


def _problems(schema, pack):
    validator = jsonschema.Draft202012Validator(schema)
    return {error.json_path for error in validator.iter_errors(pack)}


def test_schema_is_itself_valid(schema):
    jsonschema.Draft202012Validator.check_schema(schema)


def test_pack_fits_the_schema(schema, pack):
    assert _problems(schema, pack) == set()


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda pack: pack["rules"][2].update(severity="severe"), "$.rules[2].severity"),
        (lambda pack: pack["rules"][0].pop("because"), "$.rules[0]"),
        (lambda pack: pack["rules"][1].update(when={"word": {}}), "$.rules[1].when"),
        (
            lambda pack: pack["rules"][1]["examples"].update(match=["one"]),
            "$.rules[1].examples.match",
        ),
        (lambda pack: pack["source"].update(url="ftp://example.com"), "$.source.url"),
        (lambda pack: pack["clauses"][3].update(id="clause four"), "$.clauses[3].id"),
        (lambda pack: pack["lists"]["profanity"].update(terms=[]), "$.lists.profanity.terms"),
        (lambda pack: pack.update(extra=1), "$"),
    ],
)
def test_bad_pack_is_refused_with_the_place(schema, definitions, change, place):
    pack = copy.deepcopy(definitions["hmpps"])

    change(pack)

    assert place in _problems(schema, pack)


@pytest.mark.parametrize(
    "condition",
    [
        {"words": {"terms": ["daft"], "exceptions": ["daft punk"], "at_least": 2}},
        {"words": {"list": "profanity", "ignore_negated": True}},
        {"near": {"first": {"link": {"any": True}}, "second": {"question": {}}}},
        {"unless": {"first": {"words": {"list": "profanity"}}, "exception": {"question": {}}}},
        {"link": {"any": True, "except": ["gov.uk"]}},
        {"repetition": {"signal": "repeat.distinct_authors", "at_least": 3}},
    ],
)
def test_schema_takes_what_the_engine_takes(schema, definitions, condition):
    pack = copy.deepcopy(definitions["hmpps"])

    pack["rules"][0].update(when=condition, examples={"match": ["a"] * 3, "no_match": ["b"] * 3})

    assert _problems(schema, pack) == set()
    compile_rule_set(pack)


def test_every_example_comes_out_as_written(rule_set):
    assert [str(failure) for failure in rule_set.run_examples()] == []


def test_rule_keys_are_unique(pack):
    keys = Counter(rule["key"] for rule in pack["rules"])

    assert [key for key, count in keys.items() if count > 1] == []


def test_rules_cite_clauses_and_groups_that_exist(pack):
    clauses = {clause["id"] for clause in pack["clauses"]}

    assert {rule["clause"] for rule in pack["rules"]} <= clauses
    assert {rule["group"] for rule in pack["rules"]} <= set(pack["groups"])
    assert {group["clause"] for group in pack["groups"].values()} <= clauses


def test_every_group_has_a_rule(pack):
    assert set(pack["groups"]) == {rule["group"] for rule in pack["rules"]}


@pytest.mark.parametrize(
    ("key", "count", "needed"),
    [
        ("hmpps", 18, [f"HMPPS-{number:02d}" for number in (2, *range(4, 12), 15, 16, 17, 18)]),
        (
            "ppo",
            11,
            ["PPO-01", "PPO-02", "PPO-04", "PPO-05", "PPO-06", "PPO-07", "PPO-09", "PPO-10"],
        ),
        ("ico", 10, [f"ICO-{number:02d}" for number in range(1, 10)]),
        ("police", 13, ["SXP-07", "SXP-08", "SXP-09", "SXP-10"]),
        ("pre-election", 3, ["PRE-01", "PRE-02", "PRE-03"]),
        ("active-proceedings", 3, ["ACT-01", "ACT-02", "ACT-03"]),
    ],
)
def test_clauses_are_listed_and_those_about_content_have_rules(definitions, key, count, needed):
    pack = definitions[key]

    assert len(pack["clauses"]) == count
    assert set(needed) <= {rule["clause"] for rule in pack["rules"]}


@pytest.mark.parametrize(
    "term",
    [
        "discriminatory",
        "obscene",
        "inflammatory",
        "harassing",
        "hateful",
        "threatening",
        "profane",
        "personally-abusive",
    ],
)
def test_every_term_of_the_abuse_clause_is_counted_on_its_own(definitions, term):
    assert [rule for rule in definitions["hmpps"]["rules"] if rule["group"] == term]


def test_only_zero_tolerance_recommends_a_block(pack):
    zero = {clause["id"] for clause in pack["clauses"] if clause.get("zero_tolerance")}

    assert {r["clause"] for r in pack["rules"] if r["recommend"] == "block"} <= zero


@pytest.mark.parametrize("key", KEYS)
def test_threats_and_self_harm_always_reach_a_person(definitions, key):
    pack = definitions[key]
    grave = [
        rule
        for rule in pack["rules"]
        if rule["group"]
        in ("threatening", "threats", "self-harm", "safety", "personal-information")
    ]

    assert grave
    assert all(rule["human_required"] and rule.get("route") for rule in grave)


def test_rules_explain_themselves_in_a_sentence(pack):
    for rule in pack["rules"]:
        assert rule["because"].endswith("."), rule["key"]
        assert rule["because"][0].isupper(), rule["key"]


def test_every_pack_that_ships_is_tested():
    shipped = {path.stem for path in PACKS.glob("*.yaml")} - {"criticism"}

    assert shipped == {*KEYS, *DATED}


@pytest.mark.parametrize("key", [*KEYS, *DATED])
def test_a_pack_is_read_as_it_is_written_and_can_be_stored(definitions, key):
    document = packs.load(key)

    assert document == definitions[key]
    assert json.loads(json.dumps(document)) == document


def test_dates_need_no_quotation_marks(tmp_path):
    written = (PACKS / "pre-election.yaml").read_text(encoding="utf-8")
    path = tmp_path / "unquoted.yaml"
    path.write_text(written.replace('"2027-03-25"', "2027-03-25"), encoding="utf-8")

    assert packs.load(path)["in_force"]["from"] == "2027-03-25"


@pytest.mark.parametrize("key", [*KEYS, *DATED])
def test_only_the_dated_packs_have_dates(compiled, key):
    period = compiled[key].period

    assert (key in DATED) == (period.starts_on is not None and period.ends_on is not None)


@pytest.mark.parametrize(
    ("key", "clauses"),
    [
        ("hmpps", {"HMPPS-05", "HMPPS-17"}),
        ("ppo", {"PPO-01", "PPO-02"}),
        ("ico", {"ICO-02", "ICO-03", "ICO-04"}),
        ("police", {"SXP-07"}),
        ("pre-election", {"PRE-01", "PRE-02"}),
        ("active-proceedings", {"ACT-01", "ACT-02", "ACT-03"}),
    ],
)
def test_what_a_body_writes_itself_is_judged_by_these_clauses(definitions, key, clauses):
    outbound = [r for r in definitions[key]["rules"] if "outbound" in r.get("directions", [])]

    assert clauses <= {rule["clause"] for rule in outbound}


ROUTED = {
    # Work to do that no rule may turn into a penalty, by route.
    "hmpps": {"application-help", "reports"},
    "ppo": {"individual-case", "themes"},
    "ico": {"individual-case", "intelligence", "themes"},
    "police": {"emergency", "contact-staff", "professional-standards"},
}
EVERYWHERE = {
    "needs-reply", "safeguarding", "press", "information-rights", "complaints", "corrections",
}  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
def test_work_that_is_no_breach_has_a_route_of_its_own(definitions, key):
    routed = {
        rule["route"]
        for rule in definitions[key]["rules"]
        if rule["recommend"] in {"reply", "no_reply", "no_breach"} and rule.get("route")
    }

    assert EVERYWHERE | ROUTED[key] <= routed
