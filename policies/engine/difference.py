"""What differs between two definitions, rule by rule, and a definition cut down to some of its rules.

A rule differs when its own logic does, or anything that it refers to by name: a word list, a pattern,
a list of people. Names are recognised by their spelling anywhere in a condition, so a condition that
refers to something new is covered on the day it is added.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

_WORDS_ONLY = frozenset({"name", "because", "note", "examples"})
"""Parts of a rule that explain it and change no verdict."""

_NOT_REFERRED_TO = frozenset({"clauses", "groups", "source", "rules"})
"""Parts of a definition to which conditions do not refer by name."""


def differing_rules(
    definition: Mapping[str, Any], baseline: Mapping[str, Any] | None
) -> frozenset[str]:
    """Return the keys of the rules that could answer otherwise than in the baseline.

    Rules that only one of the two has are among them; without a baseline all are.
    """
    ours = _fingerprints(definition)
    theirs = _fingerprints(baseline) if baseline else {}
    return frozenset(
        key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)
    )


def only_rules(definition: Mapping[str, Any], keys: Collection[str]) -> dict[str, Any] | None:
    """Return the definition with these rules and what they refer to; None where it has none of them."""
    rules = [rule for rule in definition["rules"] if rule["key"] in keys]
    if not rules:
        return None
    named = {name for rule in rules for name in _strings(rule["when"])}
    kept = dict(definition)
    for part in _referred_to(definition):
        kept[part] = {key: body for key, body in definition[part].items() if key in named}
    kept["rules"] = rules
    return kept


def _fingerprints(definition: Mapping[str, Any]) -> dict[str, str]:
    parts = [definition[part] for part in _referred_to(definition)]
    prints = {}
    for rule in definition["rules"]:
        names = sorted(set(_strings(rule["when"])))
        logic = {key: value for key, value in rule.items() if key not in _WORDS_ONLY}
        used = [[name, *(part[name] for part in parts if name in part)] for name in names]
        prints[rule["key"]] = json.dumps([logic, used], sort_keys=True)
    return prints


def _referred_to(definition: Mapping[str, Any]) -> list[str]:
    """Return the parts that hold named things, such as lists; not those that are one thing themselves."""
    return sorted(
        part
        for part, body in definition.items()
        if part not in _NOT_REFERRED_TO
        and isinstance(body, Mapping)
        and all(isinstance(thing, Mapping) for thing in body.values())
    )


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
