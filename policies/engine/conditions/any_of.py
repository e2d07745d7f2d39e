"""any: at least one condition must hold."""

from __future__ import annotations

from policies.engine.conditions.all_of import _joined, read_parts
from policies.engine.conditions.base import Condition, Found, Scan, Workshop


class AnyOf(Condition):
    """Holds as soon as one holds; false when all are false; otherwise unknown."""

    def __init__(self, parts: list[Condition]) -> None:
        self.parts = tuple(parts)
        self.marks_text = any(part.marks_text for part in parts)
        self.reads_text = any(part.reads_text for part in parts)

    def truth(self, scan: Scan) -> bool | None:
        answer: bool | None = False
        for part in self.parts:
            held = part.truth(scan)
            if held:
                return True
            if held is None:
                answer = None
        return answer

    def triggers(self) -> frozenset[int] | None:
        needed = [part.triggers() for part in self.parts]
        if any(t is None for t in needed):
            return None
        return frozenset().union(*(t for t in needed if t is not None))

    def spans(self, scan: Scan) -> list[Found]:
        return [span for part in self._held(scan) for span in part.spans(scan)]

    def missing(self, scan: Scan) -> set[str]:
        return set().union(*(p.missing(scan) for p in self.parts if p.truth(scan) is None))

    def facts(self, scan: Scan) -> dict[str, object]:
        return {k: v for part in self._held(scan) for k, v in part.facts(scan).items()}

    def _held(self, scan: Scan) -> list[Condition]:
        return [part for part in self.parts if part.truth(scan)]

    def sentence(self) -> str:
        return _joined([part.sentence() for part in self.parts], "or")

    def denial(self) -> str:
        return _joined([part.denial() for part in self.parts], "and")


def make(workshop: Workshop, spec: object, where: str, depth: int) -> Condition | None:
    """Read `any: [conditions]`."""
    parts = read_parts(workshop, spec, where, depth)
    return AnyOf(parts) if parts else None
