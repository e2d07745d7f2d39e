"""Show how a rule came to its answer: condition by condition, what held, what did not, what was unknown."""

from __future__ import annotations

from dataclasses import dataclass

from policies.engine.compile import CompiledRuleSet
from policies.engine.conditions.base import Condition
from policies.engine.conditions.near import Near
from policies.engine.evaluate import reading
from policies.engine.lexicon import Found
from policies.engine.rules import Rule
from policies.engine.scan import Scan
from policies.engine.text import OffsetMap
from policies.engine.types import Direction, Span, Subject

MAX_SPANS = 30
"""Most places shown for one condition."""


@dataclass(frozen=True, slots=True)
class Step:
    """One condition's answer. `held` is None where a fact was missing."""

    sentence: str
    held: bool | None
    spans: tuple[Span, ...]
    missing: tuple[str, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """One rule's answer and how it came about."""

    rule: Rule
    held: bool | None
    step: Step


def trace(subject: Subject, compiled: CompiledRuleSet) -> list[RuleTrace]:
    """Return how every rule for the subject's direction came to its answer, in order of precedence."""
    scan = reading(subject, compiled)
    offsets = OffsetMap(subject.text, scan.folded)
    index = compiled.outbound if subject.direction == Direction.OUTBOUND else compiled.inbound
    return [
        RuleTrace(rule, rule.condition.truth(scan), _step(rule.condition, scan, offsets))
        for rule in index.rules
    ]


def _step(condition: Condition, scan: Scan, offsets: OffsetMap) -> Step:
    held = condition.truth(scan)
    # A group points at nothing of its own; closeness does, at what stands close together.
    points = condition.marks_text and (not condition.parts or isinstance(condition, Near))
    found = condition.spans(scan) if held and points else []
    return Step(
        sentence=condition.sentence(),
        held=held,
        spans=_spans(found, offsets),
        missing=tuple(sorted(condition.missing(scan))) if held is None else (),
        steps=tuple(_step(part, scan, offsets) for part in condition.parts),
    )


def _spans(found: list[Found], offsets: OffsetMap) -> tuple[Span, ...]:
    ordered = list(dict.fromkeys(sorted(found)))[:MAX_SPANS]
    return tuple(
        Span(*offsets.original(start, end), label, source) for start, end, label, source in ordered
    )
