"""Compiled rules, arranged so that only those that could hold are asked."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from operator import attrgetter

from policies.engine.conditions.base import Condition
from policies.engine.examples import Example
from policies.engine.scan import Scan
from policies.engine.types import Direction, Outcome, Severity, Subject, Unknown

_MEMO_LIMIT = 10_000
"""Most combinations of facts remembered per rule set and direction."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One compiled rule."""

    key: str
    name: str
    group: str
    clause: str
    because: str
    severity: Severity
    recommend: Outcome
    human_required: bool
    route: str
    zero_tolerance: bool
    directions: tuple[Direction, ...]
    condition: Condition
    examples: tuple[Example, ...]
    states_facts: bool

    @property
    def precedence(self) -> tuple[bool, int, str]:
        """Sort key: zero tolerance first, then the gravest, then the key, never the order written."""
        return not self.zero_tolerance, -self.severity.rank, self.key


class RuleIndex:
    """The rules for one direction. Rules are numbered in order of precedence.

    A rule is asked only if something was found without which it is certainly false. Rules that
    rest on facts alone would have to be asked every time; but whether they hold depends only on
    which side of their thresholds the facts lie, and few combinations of sides ever occur, so
    the answers are remembered by combination.
    """

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules
        always = []
        on_facts = []
        self.by_event: dict[int, tuple[int, ...]] = {}
        for number, rule in enumerate(rules):
            triggers = rule.condition.triggers()
            if triggers is not None:
                for event in triggers:
                    self.by_event[event] = (*self.by_event.get(event, ()), number)
            elif rule.condition.reads_text:
                always.append(number)
            else:
                on_facts.append(number)
        self.always = tuple(always)
        self._on_facts = tuple(on_facts)
        self.needs_text = not always and not on_facts
        """Whether no rule can hold unless something is found in the text."""
        self._names = self._thresholds()
        self._asks_place = any(rules[n].condition.reads_place() for n in on_facts)
        self._memo: dict[tuple[object, ...], tuple[tuple[int, ...], tuple[Unknown, ...]]] = {}

    def _thresholds(self) -> tuple[tuple[str, tuple[float, ...], dict[int, int]], ...]:
        """Return every signal the rules on facts ask for, its thresholds, and sides known."""
        found: dict[str, set[float]] = {}
        for number in self._on_facts:
            for name, values in self.rules[number].condition.thresholds().items():
                found.setdefault(name, set()).update(values)
        return tuple((name, tuple(sorted(values)), {}) for name, values in sorted(found.items()))

    def candidates(self, events: AbstractSet[int], due: tuple[int, ...]) -> list[int]:
        """Return the numbers of the rules that could hold, in order of precedence."""
        numbers = {*self.always, *due}
        by_event = self.by_event
        for event in events:
            if event in by_event:
                numbers.update(by_event[event])
        return sorted(numbers)

    def by_facts(self, subject: Subject) -> tuple[tuple[int, ...], tuple[Unknown, ...]]:
        """Return the rules on facts alone that hold, and those that are unknown."""
        if not self._on_facts:
            return (), ()
        get = subject.signals.get
        sides: list[object] = []
        if self._asks_place:
            sides = [subject.platform, subject.channel, subject.kind]
        for name, thresholds, sides_of in self._names:
            value = get(name)
            side = sides_of.get(value) if type(value) is int else None
            if side is None and isinstance(value, (int, float)) and value == value:
                # On a threshold is another side than above or below it.
                side = bisect_left(thresholds, value) + bisect_right(thresholds, value)
                if type(value) is int and len(sides_of) < _MEMO_LIMIT:
                    sides_of[value] = side
            sides.append(side)
        key = tuple(sides)
        known = self._memo.get(key)
        if known is None:
            known = self._ask(subject)
            if len(self._memo) < _MEMO_LIMIT:
                self._memo[key] = known
        return known

    def _ask(self, subject: Subject) -> tuple[tuple[int, ...], tuple[Unknown, ...]]:
        scan = Scan(subject, "", b"", set(), {})
        hold = []
        unknown = []
        for number in self._on_facts:
            rule = self.rules[number]
            truth = rule.condition.truth(scan)
            if truth:
                hold.append(number)
            elif truth is None:
                unknown.append(unknown_rule(rule, scan))
        return tuple(hold), tuple(sorted(unknown, key=attrgetter("rule")))


def unknown_rule(rule: Rule, scan: Scan) -> Unknown:
    """Say which facts a rule lacked."""
    return Unknown(rule.key, tuple(sorted(rule.condition.missing(scan))))
