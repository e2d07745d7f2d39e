"""Definitions that cannot be used are refused at once, completely, and in plain English."""

import pytest

from policies.engine import RuleSetProblems, compile_rule_set, sentence
from policies.engine.conditions import CONDITIONS
from policies.engine.patterns import MAX_PATTERN_LENGTH
from tests.policies.engine.builders import a_definition, a_rule

INSULT = {"words": {"list": "insults"}}


def problems(definition):
    with pytest.raises(RuleSetProblems) as caught:
        compile_rule_set(definition)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ({"wrods": {}}, "Rule “rule”, when: has no field “wrods”. Did you mean “words”?"),
        ({"words": {"list": "nope"}}, "Rule “rule”, when › words: uses the word list “nope”, which does not exist."),
        ({"words": {"terms": []}}, "Rule “rule”, when › words, terms: is empty."),
        ({"words": {}}, "Rule “rule”, when › words: needs either the field “list” or the field “terms”."),
        ({"words": {"list": "insults", "at_least": "2"}}, "words, at_least: should be a number, not text."),
        ({"words": {"terms": ["a"]}}, "is a single character"),
        ({"words": {"terms": ["!!"]}}, "has no letter or digit"),
        ({"words": {"terms": [True]}}, "should be text, not true or false. Put it between quotation marks."),
        ({"words": {"terms": [{"term": "x1", "forms": ["past"]}]}}, "“past” is not one of plural,"),
        ({"pattern": {"name": "nope"}}, "uses the pattern “nope”, which does not exist."),
        ({"pattern": {"re2": "(a"}}, "Rule “rule”, when › pattern: The pattern has a “(” without its “)”."),
        ({"pattern": {"re2": "[a"}}, "has a “[” without its “]”."),
        ({"pattern": {"re2": "*a"}}, "with nothing to repeat."),
        ({"pattern": {"re2": "(?=a)b"}}, "is not supported (look-ahead, look-behind)."),
        ({"pattern": {"re2": r"(a)\1"}}, "references are not supported"),
        ({"pattern": {"re2": "a*"}}, "matches empty text, so it would match every comment."),
        ({"pattern": {"re2": "a{2000}"}}, "repeats more often than 1,000 times."),
        ({"pattern": {"re2": "((a{100}){100}){100}"}}, "1,000 times."),
        ({"pattern": {"re2": "(?:[a-z]{1,500}[0-9]{1,500}){2}x"}}, "is too large."),
        ({"pattern": {"re2": "x" * (MAX_PATTERN_LENGTH + 1)}}, "characters long; the most is"),
        ({"pattern": {"re2": "\ud800"}}, "is not valid text."),
        ({"link": {"domains": ["nope"]}}, "“nope” is not a domain such as example.org."),
        ({"link": {"any": True, "shorteners": True}}, "asks for any link and for some links; choose one."),
        ({"personal_data": {"kinds": ["shoe_size"]}}, "“shoe_size” is not one of uk_phone,"),
        ({"named_person": {"list": "nope"}}, "uses the list of people “nope”, which does not exist."),
        ({"author": {"signal": "author.shoe", "at_least": 1}}, "“author.shoe” is not one of author.breaches,"),
        ({"author": {"signal": "author.breaches"}}, "needs the field “at_least” or the field “at_most”."),
        ({"signal": {"name": "a.b", "at_least": 3, "at_most": 2}}, "can never hold"),
        ({"signal": {"name": "nodots", "at_least": 3}}, "is not the name of a signal"),
        ({"kind": {"any_of": ["poem"]}}, "“poem” is not one of comment,"),
        ({"channel": {}}, "needs the field “platforms” or the field “channels”."),
        ({"shouting": {"ratio": 7}}, "should be between 0.1 and 1, not 7."),
        ({"question": {"mark": 1}}, "has no field “mark”. It can have opening."),
        ({"near": {"first": INSULT, "second": {"shouting": {}}}}, "it does not point at words in the text."),
        ({"all": []}, "Rule “rule”, when › all: is empty."),
        ({"all": [INSULT, 3]}, "Rule “rule”, when › all › 2: should be a condition such as"),
        ({"words": {"list": "insults"}, "question": {}}, "should be exactly one condition"),
        ({}, "Rule “rule”, when: is empty."),
    ],
)  # fmt: skip
def test_a_bad_condition_is_explained(when, message):
    assert any(message in problem for problem in problems(a_definition(a_rule(when))))


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (a_rule(INSULT, severity="dire"), "Rule “rule”, severity: “dire” is not one of low, medium, high or critical."),
        (a_rule(INSULT, recommend="flog"), "“flog” is not one of no_breach, hide,"),
        (a_rule(INSULT, clause="X-9"), "Rule “rule”: cites the clause “X-9”, which does not exist."),
        (a_rule(INSULT, group="x"), "Rule “rule”: belongs to the group “x”, which does not exist."),
        (a_rule(INSULT, human_required="yes"), "should be true or false, not text."),
        (a_rule(INSULT, directions=["sideways"]), "“sideways” is not one of inbound or outbound."),
        (a_rule(INSULT, severty="low"), "has no field “severty”. Did you mean “severity”?"),
        (a_rule(INSULT, key="Not A Slug"), "is not a usable key"),
        (a_rule(INSULT, because=" "), "because: is blank."),
        (a_rule(INSULT, examples={"match": "muppet"}), "should be a list, not text."),
        ({"key": "rule"}, "Rule “rule”: needs the field “when”."),
    ],
)  # fmt: skip
def test_a_bad_rule_is_explained(rule, message):
    assert any(message in problem for problem in problems(a_definition(rule)))


def test_all_problems_are_reported_at_once():
    definition = a_definition(
        a_rule({"words": {"list": "nope"}}, key="one"),
        a_rule({"pattern": {"re2": "("}}, key="two"),
        a_rule(INSULT, key="two"),
        schema=2,
        lists={"insults": {"title": "Insults", "terms": []}},
        rulez=[],
    )

    said = "\n".join(problems(definition))

    for part in ("schema", "Rule “one”", "Rule “two”", "same key", "Word list “insults”", "rulez"):
        assert part in said


@pytest.mark.parametrize("broken", [None, [], "rules", 3, {"rules": None}, {"rules": {"a": 1}}])
def test_anything_at_all_is_refused_without_a_crash(broken):
    assert problems(broken)


def test_every_condition_in_the_register_can_be_read_back():
    samples = {
        "all": [INSULT, {"not": {"question": {}}}],
        "any": [INSULT, {"link": {"any": True}}],
        "not": INSULT,
        "words": {"list": "insults"},
        "pattern": {"name": "wallet"},
        "link": {"domains": ["example.org"], "except": ["gov.uk"]},
        "personal_data": {"kinds": ["uk_phone", "email"]},
        "named_person": {"list": "featured"},
        "near": {"first": INSULT, "second": {"words": {"list": "staff"}}, "words": 4},
        "unless": {"first": INSULT, "exception": {"question": {}}},
        "repetition": {"signal": "repeat.same_text", "at_least": 3},
        "author": {"signal": "author.breaches", "at_least": 2},
        "signal": {"name": "model.abuse", "at_least": 0.8},
        "channel": {"platforms": ["sandbox"]},
        "kind": {"any_of": ["review", "comment"]},
        "shouting": {"ratio": 0.8},
        "question": {},
    }

    assert set(samples) == set(CONDITIONS)
    for name, spec in samples.items():
        text = sentence({name: spec}, a_definition())
        assert text[0].isupper()
        assert text.endswith(".")


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (
            {"all": [INSULT, {"not": {"question": {}}}]},
            "Has any of the words in Insults, and is not a question.",
        ),
        (
            {"any": [{"not": INSULT}, {"all": [{"link": {"at_least": 2}}, {"kind": {"any_of": ["reply"]}}]}]},
            "Has none of the words in Insults, or (has at least 2 links, and is a reply).",
        ),
        (
            {"author": {"signal": "author.breaches", "at_least": 2}},
            "Has the number of the author's earlier breaches at 2 or more.",
        ),
    ],
)  # fmt: skip
def test_a_condition_reads_back_in_plain_english(condition, text):
    assert sentence(condition, a_definition()) == text


def test_reading_back_a_bad_condition_says_what_is_wrong():
    with pytest.raises(RuleSetProblems, match="does not exist"):
        sentence({"words": {"list": "nope"}}, a_definition())


def test_examples_that_come_out_as_written_are_no_failures():
    compiled = compile_rule_set(
        a_definition(
            a_rule(INSULT, examples={"match": ["you muppet"], "no_match": ["the muppet show"]}),
            a_rule(
                {"author": {"signal": "author.breaches", "at_least": 2}},
                key="facts",
                examples={"match": [{"text": "any", "signals": {"author.breaches": 2}}]},
            ),
        )
    )

    assert compiled.run_examples() == []


def test_examples_that_come_out_otherwise_are_named():
    compiled = compile_rule_set(
        a_definition(
            a_rule(INSULT, examples={"match": ["hello"], "no_match": ["muppet"]}),
            a_rule(
                {"author": {"signal": "author.breaches", "at_least": 2}},
                key="facts",
                examples={"match": ["any"]},
            ),
        )
    )

    said = [str(failure) for failure in compiled.run_examples()]

    assert said == [
        "Rule “facts”: should have matched and did not. It lacked author.breaches. Example: “any”",
        "Rule “rule”: should have matched and did not. Example: “hello”",
        "Rule “rule”: should not have matched and did. Example: “muppet”",
    ]
