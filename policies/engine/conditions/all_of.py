"""all: every condition must hold."""

from __future__ import annotations

from policies.engine.conditions.base import Condition, Found, Scan, Workshop


class AllOf(Condition):
    """Holds when all hold; false as soon as one is false; otherwise unknown."""

    def __init__(self, parts: list[Condition]) -> None:
        self.parts = tuple(parts)
        self.marks_text = any(part.marks_text for part in parts)
        self.reads_text = any(part.reads_text for part in parts)

    def truth(self, scan: Scan) -> bool | None:
        answer: bool | None = True
        for part in self.parts:
            held = part.truth(scan)
            if held is False:
                return False
            if held is None:
                answer = None
        return answer

    def triggers(self) -> frozenset[int] | None:
        needed = [t for part in self.parts if (t := part.triggers()) is not None]
        return min(needed, key=len) if needed else None

    def spans(self, scan: Scan) -> list[Found]:
        return [span for part in self.parts for span in part.spans(scan)]

    def missing(self, scan: Scan) -> set[str]:
        return set().union(*(p.missing(scan) for p in self.parts if p.truth(scan) is None))

    def facts(self, scan: Scan) -> dict[str, object]:
        return {k: v for part in self.parts for k, v in part.facts(scan).items()}

    def sentence(self) -> str:
        return _joined([part.sentence() for part in self.parts], "and")

    def denial(self) -> str:
        return _joined([part.denial() for part in self.parts], "or")


def _joined(sentences: list[str], word: str) -> str:
    bracketed = [
        f"({s})" if f" {other} " in s else s for s in sentences for other in [_OTHER[word]]
    ]
    if len(bracketed) == 1:
        return sentences[0]
    return f", {word} ".join(bracketed)


_OTHER = {"and": "or", "or": "and"}


def make(workshop: Workshop, spec: object, where: str, depth: int) -> Condition | None:
    """Read `all: [conditions]`."""
    parts = read_parts(workshop, spec, where, depth)
    return AllOf(parts) if parts else None


def read_parts(workshop: Workshop, spec: object, where: str, depth: int) -> list[Condition]:
    """Read a list of conditions."""
    parts = [
        workshop.node(item, f"{where} › {number}", depth)
        for number, item in enumerate(workshop.reader.items(spec, where), start=1)
    ]
    return [part for part in parts if part is not None]
