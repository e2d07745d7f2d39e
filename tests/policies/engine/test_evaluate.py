"""The verdict as a whole: precedence, determinism, robustness, and growth with the text."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.engine import compile_rule_set, evaluate, evaluate_many
from policies.engine.evaluate import MAX_SPANS
from policies.engine.types import Direction, Outcome, Severity, Subject
from tests.policies.engine.builders import a_definition, a_rule, compiled_with
from tests.policies.engine.test_text import PIECES

INSULT = {"words": {"list": "insults"}}

EVERYTHING = [
    a_rule(INSULT, key="insult"),
    a_rule({"all": [INSULT, {"not": {"question": {}}}]}, key="statement", severity="high"),
    a_rule({"unless": {"first": INSULT, "exception": {"question": {}}}}, key="unless"),
    a_rule({"near": {"first": INSULT, "second": {"words": {"list": "staff"}}}}, key="near"),
    a_rule({"link": {"any": True}}, key="link", severity="low"),
    a_rule(
        {
            "personal_data": {
                "kinds": [
                    "uk_phone",
                    "uk_postcode",
                    "email",
                    "national_insurance",
                    "prison_number",
                ]
            }
        },
        key="personal",
        severity="critical",
    ),
    a_rule({"named_person": {"list": "featured"}}, key="named"),
    a_rule({"shouting": {}}, key="shouting", severity="low"),
    a_rule({"pattern": {"name": "wallet"}}, key="wallet", clause="Z-1"),
    a_rule({"author": {"signal": "author.breaches", "at_least": 2}}, key="repeat-offender"),
    a_rule({"words": {"list": "insults", "ignore_negated": True, "at_least": 2}}, key="two"),
]
COMPILED = compile_rule_set(a_definition(*EVERYTHING))
WORDS = [
    "muppet",
    "mupp3t",
    "m u p p e t",
    "officer",
    "wallet1234",
    "example.org",
    "M1 1AE",
    "SHOUT",
    "not a",
    "?",
]

lively_text = st.lists(st.sampled_from(PIECES + WORDS) | st.text(max_size=3), max_size=15).map(
    " ".join
)


def test_clean_text_has_nothing_to_say():
    verdict = evaluate(
        Subject("thank you for the visit", signals={"author.breaches": 0}), COMPILED
    )

    assert verdict.matches == ()
    assert verdict.unknown == ()
    assert (verdict.severity, verdict.recommend, verdict.human_required) == (None, None, False)


def test_a_match_says_why_and_where():
    text = "😀 you ｍuppet"

    match = evaluate(Subject(text), compiled_with(INSULT)).matches[0]

    assert (match.rule, match.clause, match.group, match.name) == ("rule", "C-1", "group", "Rule")
    assert match.because == "It does."
    assert [(s.start, s.end, s.label, s.source) for s in match.spans] == [
        (6, 12, "muppet", "Insults")
    ]
    assert match.human_required


def test_zero_tolerance_recommends_before_graver_rules():
    compiled = compile_rule_set(
        a_definition(
            a_rule(INSULT, key="grave", severity="critical", recommend="hide"),
            a_rule(INSULT, key="zero", clause="Z-1", severity="low", recommend="block"),
        )
    )

    verdict = evaluate(Subject("muppet"), compiled)

    assert verdict.recommend is Outcome.BLOCK
    assert verdict.severity is Severity.CRITICAL
    assert [match.rule for match in verdict.matches] == ["zero", "grave"]


def test_the_gravest_rule_recommends_and_the_key_breaks_ties():
    compiled = compile_rule_set(
        a_definition(
            a_rule(INSULT, key="c", severity="high", recommend="warn"),
            a_rule(INSULT, key="b", severity="high", recommend="escalate"),
            a_rule(INSULT, key="a", severity="low", recommend="no_breach"),
        )
    )

    assert [m.rule for m in evaluate(Subject("muppet"), compiled).matches] == ["b", "c", "a"]


def test_rules_judge_only_their_direction():
    compiled = compile_rule_set(
        a_definition(
            a_rule(INSULT, key="in"),
            a_rule(INSULT, key="out", directions=["outbound"]),
            a_rule(INSULT, key="both", directions=["inbound", "outbound"]),
        )
    )

    inbound = evaluate(Subject("muppet"), compiled)
    outbound = evaluate(Subject("muppet", direction=Direction.OUTBOUND), compiled)

    assert {m.rule for m in inbound.matches} == {"in", "both"}
    assert {m.rule for m in outbound.matches} == {"out", "both"}


def test_human_required_if_any_match_requires_it():
    compiled = compile_rule_set(
        a_definition(
            a_rule(INSULT, key="auto", human_required=False),
            a_rule({"words": {"list": "staff"}}, key="human", human_required=True),
        )
    )

    assert not evaluate(Subject("muppet"), compiled).human_required
    assert evaluate(Subject("muppet officer"), compiled).human_required


def test_evidence_is_bounded():
    match = evaluate(Subject("muppet " * 1000), compiled_with(INSULT)).matches[0]

    assert len(match.spans) == MAX_SPANS


@given(lively_text, st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_the_order_of_rules_does_not_matter(text, rng):
    shuffled = EVERYTHING[:]
    rng.shuffle(shuffled)

    assert evaluate(Subject(text), compile_rule_set(a_definition(*shuffled))) == evaluate(
        Subject(text), COMPILED
    )


@given(st.lists(lively_text, max_size=4))
@settings(max_examples=200)
def test_judging_again_or_together_gives_the_same(texts):
    subjects = [Subject(text) for text in texts]

    assert evaluate_many(subjects, COMPILED) == [
        evaluate(subject, COMPILED) for subject in subjects
    ]


@given(lively_text | st.text(st.characters(), max_size=80))
@settings(max_examples=500)
def test_any_text_is_judged_and_spans_lie_inside_it(text):
    verdict = evaluate(Subject(text), COMPILED)

    for match in verdict.matches:
        for span in match.spans:
            assert 0 <= span.start < span.end <= len(text)
            assert span.label


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00",
        "\ud800\udfff muppet \udfff",
        "\u202e\u202d\u2066 muppet \u202c",
        "👩🏽‍🚀👨‍👩‍👧‍👦 muppet 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "&#xD800;&#0;&#1114112; muppet",
        "m" + "\u0301" * 500 + "uppet",
        "\ufeff\u2028\u2029muppet",
    ],
)
def test_broken_and_odd_text(text):
    verdict = evaluate(Subject(text), COMPILED)

    assert verdict.is_flagged == ("uppet" in text)


def test_random_code_points_never_raise():
    rng = random.Random(7)
    for _ in range(300):
        evaluate(Subject("".join(chr(rng.randrange(0x110000)) for _ in range(60))), COMPILED)


HOSTILE = {
    "plain": "an ordinary comment about nothing ",
    "one letter": "a",
    "repeats": "aab",
    "a term": "muppet ",
    "a disguised term": "mmmmuppet ",
    "single letters": "m u ",
    "marks": "*a",
    "dashes": "a-",
    "signs": "1a",
    "digits": "07700 900",
    "dots": "a.co",
    "dot words": "a dot ",
    "at": "a@a.",
    "entities": "&amp;",
    "broken entities": "&am",
    "stacked marks": "a\u0301\u0302",
    "invisible": "\u200b\u202e",
    "surrogates": "\ud800",
    "regional": "🇲",
    "exceptions": "muppet show ",
    "near": "muppet officer ",
    "negations": "not not ",
    "underscores": "muppet_",
    "account": "@a_muppet_",
    "stars": "m*****t ",
    "turned": "ʇǝ",
    "question": "is it ",
    "quotes": "a'",
}


@pytest.mark.slow
@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE.keys())
def test_time_grows_no_faster_than_the_text(unit):
    def seconds(size):
        subject = Subject((unit * size)[:size])
        best = []
        for _ in range(3):
            begun = time.process_time()
            evaluate(subject, COMPILED)
            best.append(time.process_time() - begun)
        return min(best)

    seconds(2_000)
    ratio = seconds(160_000) / max(seconds(10_000), 1e-4)

    # Sixteen times the text; four times the slack for a busy machine. A quadratic step gives 256.
    assert ratio < 64
