"""A rule's examples are its tests: they must come out as written before a rule set is published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from policies.engine.reading import Reader
from policies.engine.types import Direction, Subject

if TYPE_CHECKING:
    from policies.engine.compile import CompiledRuleSet


@dataclass(frozen=True, slots=True)
class Example:
    """A text that a rule must match, or must not."""

    text: str
    should_match: bool
    signals: Mapping[str, object]
    kind: str = "comment"
    platform: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class ExampleFailure:
    """An example that came out other than written."""

    rule: str
    text: str
    should_match: bool
    reason: str

    def __str__(self) -> str:
        return f"Rule “{self.rule}”: {self.reason} Example: “{self.text}”"


def read_examples(reader: Reader, value: object, where: str) -> tuple[Example, ...]:
    """Read `{match: [...], no_match: [...]}`; an item is a text, or fields with a text."""
    if value is None:
        return ()
    node = reader.mapping(value, where, optional=["match", "no_match"])
    found = []
    for name, should_match in (("match", True), ("no_match", False)):
        place = f"{where}, {name}"
        for number, item in enumerate(reader.items(node.get(name), place, filled=False), start=1):
            here = f"{place}, item {number}"
            fields = reader.mapping(
                item if isinstance(item, Mapping) else {"text": item},
                here,
                required=["text"],
                optional=["signals", "kind", "platform", "channel"],
            )
            signals = fields.get("signals") or {}
            if not isinstance(signals, Mapping):
                reader.note(here, "needs its signals as named values.")
                signals = {}
            found.append(
                Example(
                    text=reader.text(fields.get("text"), here),
                    should_match=should_match,
                    signals=dict(signals),
                    kind=reader.text(fields.get("kind"), f"{here}, kind", default="comment"),
                    platform=reader.text(fields.get("platform"), f"{here}, platform"),
                    channel=reader.text(fields.get("channel"), f"{here}, channel"),
                )
            )
    return tuple(found)


def run_examples(compiled: CompiledRuleSet) -> list[ExampleFailure]:
    """Judge every example in each direction of its rule and return those that come out wrong."""
    from policies.engine.evaluate import evaluate

    failures = []
    for rule in sorted(compiled.rules, key=lambda rule: rule.key):
        for example in rule.examples:
            for direction in rule.directions:
                verdict = evaluate(_subject(example, direction), compiled)
                matched = {match.rule for match in verdict.matches}
                if (rule.key in matched) != example.should_match:
                    unknown = [u for u in verdict.unknown if u.rule == rule.key]
                    reason = "should have matched and did not."
                    if not example.should_match:
                        reason = "should not have matched and did."
                    elif unknown:
                        reason += f" It lacked {', '.join(unknown[0].missing)}."
                    failures.append(
                        ExampleFailure(rule.key, example.text, example.should_match, reason)
                    )
    return failures


def _subject(example: Example, direction: Direction) -> Subject:
    return Subject(
        text=example.text,
        kind=example.kind,
        platform=example.platform,
        channel=example.channel,
        direction=direction,
        signals=example.signals,
    )
