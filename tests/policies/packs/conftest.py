"""The packs that ship, read and compiled once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from policies.engine import compile_rule_set

PACKS = Path(__file__).resolve().parents[3] / "policies" / "packs"
KEYS = ("hmpps", "ppo", "ico", "police")
"""The packs of whole bodies."""

DATED = ("pre-election", "active-proceedings")
"""The packs in force for a while beside a body's own."""

SEEDED = ("hmpps", "ppo")
"""The bodies of the demonstration."""

PENALTIES = frozenset({"hide", "delete", "warn", "block", "report", "escalate"})
"""Recommendations that do something to a comment or to its author."""


@pytest.fixture(scope="session")
def schema():
    return json.loads((PACKS / "schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def definitions():
    return {
        key: yaml.safe_load((PACKS / f"{key}.yaml").read_text(encoding="utf-8"))
        for key in (*KEYS, *DATED)
    }


@pytest.fixture(scope="session")
def compiled(definitions):
    return {key: compile_rule_set(definition) for key, definition in definitions.items()}


@pytest.fixture(params=(*KEYS, *DATED))
def pack(request, definitions):
    return definitions[request.param]


@pytest.fixture(params=(*KEYS, *DATED))
def rule_set(request, compiled):
    return compiled[request.param]
