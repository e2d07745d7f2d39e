"""Small definitions for tests of the engine: state only what the test is about."""

from __future__ import annotations

from policies.engine import compile_rule_set, evaluate
from policies.engine.types import Subject


def a_rule(when, **fields):
    return {
        "key": "rule",
        "name": "Rule",
        "group": "group",
        "clause": "C-1",
        "because": "It does.",
        "severity": "medium",
        "recommend": "hide",
        "when": when,
        **fields,
    }


def a_definition(*rules, **fields):
    return {
        "schema": 1,
        "key": "demo",
        "title": "Demo",
        "version": "1",
        "clauses": [
            {"id": "C-1", "title": "Conduct"},
            {"id": "Z-1", "title": "Zero tolerance", "zero_tolerance": True},
        ],
        "groups": {"group": {"title": "Group", "clause": "C-1"}},
        "lists": {
            "insults": {
                "title": "Insults",
                "terms": [
                    "muppet",
                    "numpty",
                    "plonker",
                    "get lost",
                    "pest",
                    "goosed",
                    "self-made",
                ],
                "exceptions": ["muppet show"],
            },
            "staff": {
                "title": "Staff",
                "terms": ["officer", {"term": "guard", "forms": ["plural"]}],
            },
        },
        "patterns": {"wallet": {"title": "Wallet", "pattern": r"\bwallet[0-9]{4}\b"}},
        "people": {
            "featured": {"title": "Featured staff", "names": ["Ola Example", "Zoë O'Sample"]}
        },
        "rules": list(rules),
        **fields,
    }


def compiled_with(when, **fields):
    return compile_rule_set(a_definition(a_rule(when), **fields))


def judge(when, text, *, compiled=None, **facts):
    return evaluate(Subject(text=text, **facts), compiled or compiled_with(when))


def holds(when, text, **facts):
    """True or False as the condition holds, None where it is unknown."""
    verdict = judge(when, text, **facts)
    if verdict.unknown:
        return None
    return verdict.is_flagged


def found(when, text, **facts):
    """The pieces of the original text that the condition points at."""
    verdict = judge(when, text, **facts)
    return [text[span.start : span.end] for match in verdict.matches for span in match.spans]
