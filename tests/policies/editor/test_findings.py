"""What is odd about a rule: contradiction, never, always, overlap."""

import pytest

from policies.editor import findings

INSULTS, THREATS = {"words": {"list": "insults"}}, {"words": {"list": "threats"}}
QUESTION, LINK = {"question": {}}, {"link": {"any": True}}


def rule(when, key="one", **fields):
    return {"key": key, "name": key.capitalize(), "when": when, **fields}


def said(when, *others, **fields):
    rules = [rule(other, f"other-{i}") for i, other in enumerate(others)]
    return findings.look(rule(when, **fields), {"rules": rules})


@pytest.mark.parametrize(
    "when",
    [
        {"all": [INSULTS, {"not": INSULTS}]},
        {"all": [{"all": [INSULTS, QUESTION]}, {"not": {"all": [INSULTS]}}]},
        {"any": [LINK, {"all": [QUESTION, {"not": {"not": {"not": QUESTION}}}]}]},
        {"all": [INSULTS, {"not": {"any": [INSULTS, LINK]}}]},
        {"all": [{"words": {"terms": ["b"]}}, {"not": {"words": {"terms": ["a", "b"]}}}]},
        {"all": [
            {"author": {"signal": "author.breaches", "at_least": 3}},
            {"signal": {"name": "author.breaches", "at_most": 2}},
        ]},
        {"all": [{"kind": {"any_of": ["reply"]}}, {"kind": {"any_of": ["review"]}}]},
        {"any": [INSULTS, {"not": INSULTS}]},
    ],
)  # fmt: skip
def test_a_rule_that_never_or_always_matches_stops(when):
    assert any(finding.stops for finding in said(when))


@pytest.mark.parametrize(
    "when",
    [
        INSULTS,
        {"all": [INSULTS, {"not": THREATS}]},
        {"all": [{"any": [INSULTS, LINK]}, {"not": INSULTS}]},
        {"all": [{"words": {"terms": ["a", "b"]}}, {"not": {"words": {"terms": ["b"]}}}]},
        {"all": [{"author": {"signal": "author.breaches", "at_least": 2, "at_most": 2}}]},
    ],
)
def test_a_rule_that_can_match_does_not_stop(when):
    assert said(when) == []


def test_only_saying_what_must_not_be_there_is_pointed_out():
    (finding,) = said({"not": INSULTS})

    assert "nearly every text" in finding.message
    assert not finding.stops


@pytest.mark.parametrize(
    ("when", "other", "words"),
    [
        (INSULTS, {"all": [{"any": [INSULTS]}]}, "exactly the same condition"),
        ({"words": {"terms": ["b", "A"]}}, {"words": {"terms": ["A", "b"]}}, "exactly the same"),
        ({"all": [INSULTS, LINK]}, INSULTS, "“Other-0” matches already"),
        (INSULTS, {"any": [INSULTS, LINK]}, "“Other-0” matches already"),
        (INSULTS, {"all": [INSULTS, LINK]}, "this rule would match too"),
        ({"words": {"terms": ["a"]}}, {"words": {"terms": ["a", "b"]}}, "matches already"),
        ({"words": {"list": "insults", "at_least": 3}}, INSULTS, "matches already"),
        ({"link": {"shorteners": True}}, LINK, "matches already"),
        (
            {"personal_data": {"kinds": ["email"]}},
            {"personal_data": {"kinds": ["email", "uk_phone"]}},
            "matches already",
        ),
        (
            {"repetition": {"signal": "repeat.same_text", "at_least": 5}},
            {"repetition": {"signal": "repeat.same_text", "at_least": 2}},
            "matches already",
        ),
        ({"near": {"first": INSULTS, "second": LINK}}, INSULTS, "matches already"),
    ],
)
def test_a_full_overlap_is_told(when, other, words):
    (finding,) = said(when, other)

    assert words in finding.message
    assert not finding.stops


@pytest.mark.parametrize(
    ("when", "other"),
    [
        (INSULTS, THREATS),
        ({"any": [INSULTS, LINK]}, {"any": [INSULTS, QUESTION]}),
        ({"words": {"terms": ["a"], "exceptions": ["a b"]}}, {"words": {"terms": ["a", "c"]}}),
        (INSULTS, {"words": {"list": "insults", "ignore_negated": True, "at_least": 2}}),
    ],
)
def test_what_only_touches_is_not_called_an_overlap(when, other):
    said_of = [f.message for f in said(when, other) if "matches already" in f.message]

    assert said_of == []


def test_rules_for_different_directions_do_not_overlap():
    other = rule(INSULTS, "other", directions=["outbound"])

    assert findings.look(rule(INSULTS), {"rules": [other]}) == []
