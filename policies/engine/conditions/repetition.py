"""repetition: the same text came again, from one author or from many."""

from __future__ import annotations

from policies.engine.conditions.base import Condition, Workshop
from policies.engine.conditions.signal import known
from policies.engine.signals import REPEAT_SIGNALS


def make(workshop: Workshop, spec: object, where: str, depth: int) -> Condition | None:
    """Read `repetition: {signal: repeat.same_author, at_least: n}`."""
    return known(workshop, spec, where, REPEAT_SIGNALS)
