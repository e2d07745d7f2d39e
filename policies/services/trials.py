"""Trying rules out: examples of a draft, and any text judged by a draft and by what is in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from policies.editor import definition as edit
from policies.editor import findings as finding
from policies.engine import CompiledRuleSet, RuleSetProblems, compile_rule_set
from policies.engine.examples import ExampleFailure
from policies.engine.problems import Problem
from policies.engine.trace import RuleTrace, trace
from policies.engine.types import Direction, Subject
from policies.models import RuleSetVersion
from policies.services import rulesets

LONGEST_TEXT = 20_000
"""Most characters of a text to try: more than any platform takes."""


@dataclass(frozen=True, slots=True)
class RuleCheck:
    """What is to be said of one rule before it is saved."""

    problems: tuple[Problem, ...] = ()
    findings: tuple[finding.Finding, ...] = ()
    failures: tuple[ExampleFailure, ...] = ()
    sentence: str = ""

    @property
    def can_be_saved(self) -> bool:
        """Whether nothing stands against saving it; examples may still fail."""
        return not self.problems and not any(each.stops for each in self.findings)


@dataclass(frozen=True, slots=True)
class Compared:
    """One rule's answers to a text: by the draft and by what is in force. None: not in there."""

    key: str
    draft: RuleTrace | None
    live: RuleTrace | None


def check_rule(rule: edit.RuleNode, definition: Mapping[str, Any]) -> RuleCheck:
    """Look at one rule against the lists and the other rules of its definition, and run its examples."""
    alone = {**definition, "rules": [rule]}
    try:
        compiled = compile_rule_set(alone)
    except RuleSetProblems as found:
        return RuleCheck(problems=found.problems)
    return RuleCheck(
        findings=tuple(finding.look(rule, definition)),
        failures=tuple(compiled.run_examples()),
        sentence=rulesets.sentence_of(compiled.rules[0]),
    )


def failures_of(version: RuleSetVersion) -> Mapping[str, tuple[ExampleFailure, ...]]:
    """Return, by rule key, the examples of a version that come out other than written."""
    return _failures(_Definition(version.digest, version.definition))


def compiled_of(version: RuleSetVersion) -> CompiledRuleSet:
    """Return a version compiled, by its digest: a draft is compiled once after each save."""
    return _compiled(_Definition(version.digest, version.definition))


def try_text(
    *, version: RuleSetVersion, live: RuleSetVersion | None, subject: Subject
) -> list[Compared]:
    """Judge one text by a version and by the one in force, rule by rule and condition by condition."""
    drafts = {each.rule.key: each for each in trace(subject, compiled_of(version))}
    lives = {each.rule.key: each for each in trace(subject, compiled_of(live))} if live else {}
    return [
        Compared(key, drafts.get(key), lives.get(key)) for key in dict.fromkeys([*drafts, *lives])
    ]


def why(
    rule: edit.RuleNode, failure: ExampleFailure, definition: Mapping[str, Any]
) -> RuleTrace | None:
    """Return how a rule came to its answer on one of its examples."""
    compiled = compile_rule_set({**definition, "rules": [rule]})
    example = next(
        each
        for each in compiled.rules[0].examples
        if (each.text, each.should_match) == (failure.text, failure.should_match)
    )
    direction = compiled.rules[0].directions[0]
    subject = Subject(
        text=example.text,
        kind=example.kind,
        platform=example.platform,
        channel=example.channel,
        direction=Direction(direction),
        signals=example.signals,
    )
    return next(iter(trace(subject, compiled)), None)


class _Definition:
    """A definition that is told from another by its digest."""

    def __init__(self, digest: str, definition: Mapping[str, Any]) -> None:
        self.digest, self.definition = digest, definition

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Definition) and other.digest == self.digest

    def __hash__(self) -> int:
        return hash(self.digest)


@lru_cache(maxsize=16)
def _compiled(definition: _Definition) -> CompiledRuleSet:
    return compile_rule_set(definition.definition)


@lru_cache(maxsize=32)
def _failures(definition: _Definition) -> Mapping[str, tuple[ExampleFailure, ...]]:
    found: dict[str, tuple[ExampleFailure, ...]] = {}
    for failure in _compiled(definition).run_examples():
        found[failure.rule] = (*found.get(failure.rule, ()), failure)
    return found
