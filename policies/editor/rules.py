"""A rule as the fields of its form, and back. A field that says what it said before stays as it was written."""

from collections.abc import Mapping
from typing import Any

import yaml

from policies.editor.definition import RuleNode
from policies.editor.parts import dump_yaml, load_yaml

SIMPLE = ("name", "because", "clause", "group", "severity", "recommend", "route")
SIDES = ("match", "no_match")


def initial_of(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form of a rule begins with."""
    examples = rule.get("examples") or {}
    special = {
        side: [each for each in examples.get(side) or () if not _is_line(each)] for side in SIDES
    }
    special = {side: texts for side, texts in special.items() if texts}
    return {
        **{name: rule.get(name) or "" for name in SIMPLE},
        "human_required": rule.get("human_required", True),
        "directions": list(rule.get("directions") or ["inbound"]),
        **{
            side: "\n".join(each for each in examples.get(side) or () if _is_line(each))
            for side in SIDES
        },
        "special": dump_yaml(special) if special else "",
    }


def new_rule(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form of a new rule begins with."""
    groups = definition.get("groups") or {}
    first = next(iter(groups), "")
    clause = str(groups[first].get("clause", "")) if first else ""
    return {
        **initial_of({}), "severity": "medium", "recommend": "hide", "group": first,
        "clause": clause,
    }  # fmt: skip


def rule_of(
    typed: Mapping[str, Any], when: Any, before: Mapping[str, Any] | None, key: str
) -> RuleNode:
    """Return the rule that a form describes. Raises yaml.YAMLError or ValueError for bad special examples."""
    rule: RuleNode = dict(before or {})
    first = initial_of(before) if before else {}
    if not before:
        rule["key"] = key
    for name in SIMPLE:
        if before and typed[name] == first[name]:
            continue
        if typed[name] or name != "route":
            rule[name] = typed[name]
        else:
            rule.pop(name, None)
    if not before or typed["human_required"] != first["human_required"]:
        rule["human_required"] = typed["human_required"]
    if sorted(typed["directions"]) != sorted(first.get("directions", ["inbound"])):
        rule["directions"] = list(typed["directions"])
    rule["when"] = when
    examples = _examples(typed, before or {}, first)
    if examples is not None:
        rule["examples"] = examples
    return rule


def _examples(
    typed: Mapping[str, Any], before: Mapping[str, Any], first: Mapping[str, Any]
) -> dict[str, Any] | None:
    said_before = before and all(typed[side] == first[side].splitlines() for side in SIDES)
    special_text = typed["special"].replace("\r\n", "\n").strip()
    if said_before and special_text == first["special"].strip():
        return before.get("examples")
    special = load_yaml(special_text) if special_text else {}
    if not isinstance(special, dict) or not set(special) <= set(SIDES):
        message = "has the fields “match” and “no_match”, each a list of examples"
        raise ValueError(message)
    examples: dict[str, Any] = {}
    for side in SIDES:
        extra = special.get(side) or []
        if not isinstance(extra, list):
            message = f"“{side}” should be a list of examples"
            raise ValueError(message)
        examples[side] = [*typed[side], *extra]
    return examples


def _is_line(example: Any) -> bool:
    return (
        isinstance(example, str) and len(example.splitlines()) == 1 and example == example.strip()
    )


def why_bad(error: Exception) -> str:
    """Return why the special examples cannot be read."""
    if isinstance(error, yaml.YAMLError):
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        return f"Examples with facts: this is not valid YAML{line}"
    return f"Examples with facts: it {error}"
