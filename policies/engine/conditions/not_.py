"""not: the condition must not hold."""

from __future__ import annotations

from policies.engine.conditions.base import Condition, Scan, Workshop


class Not(Condition):
    """Holds when the other does not; unknown stays unknown."""

    def __init__(self, part: Condition) -> None:
        self.part = part
        self.parts = (part,)
        self.reads_text = part.reads_text

    def truth(self, scan: Scan) -> bool | None:
        held = self.part.truth(scan)
        return None if held is None else not held

    def missing(self, scan: Scan) -> set[str]:
        return self.part.missing(scan)

    def facts(self, scan: Scan) -> dict[str, object]:
        return self.part.facts(scan)

    def sentence(self) -> str:
        return self.part.denial()

    def denial(self) -> str:
        return self.part.sentence()


def make(workshop: Workshop, spec: object, where: str, depth: int) -> Condition | None:
    """Read `not: condition`."""
    part = workshop.node(spec, where, depth)
    return Not(part) if part else None
