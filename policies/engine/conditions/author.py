"""author: what is known of the author lies within bounds."""

from __future__ import annotations

from policies.engine.conditions.base import Condition, Workshop
from policies.engine.conditions.signal import known
from policies.engine.signals import AUTHOR_SIGNALS


def make(workshop: Workshop, spec: object, where: str, depth: int) -> Condition | None:
    """Read `author: {signal: author.breaches, at_least: n}`."""
    return known(workshop, spec, where, AUTHOR_SIGNALS)
