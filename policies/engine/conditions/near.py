"""near: two things stand close together, in either order."""

from __future__ import annotations

from policies.engine.conditions.base import Condition, Found, Scan, Workshop
from policies.engine.lexicon import outside


class Near(Condition):
    """Holds when a find of each lies at most so many words from one of the other."""

    marks_text = True

    def __init__(self, first: Condition, second: Condition, words: int) -> None:
        self.first = first
        self.second = second
        self.parts = (first, second)
        self.words = words

    def truth(self, scan: Scan) -> bool | None:
        answers = self.first.truth(scan), self.second.truth(scan)
        if False in answers:
            return False
        # A part that is unknown for want of a signal may still point at words; its finds count
        # only once it is known to hold.
        if None in answers:
            return None
        return bool(self.spans(scan))

    def triggers(self) -> frozenset[int] | None:
        needed = [t for t in (self.first.triggers(), self.second.triggers()) if t is not None]
        return min(needed, key=len) if needed else None

    def spans(self, scan: Scan) -> list[Found]:
        return scan.remember(("near", id(self)), lambda: self._pairs(scan))

    def _pairs(self, scan: Scan) -> list[Found]:
        here = self.first.spans(scan)
        # One word on both lists is not two things close together.
        there = outside(self.second.spans(scan), [(f.start, f.end) for f in here])
        first = sorted({(*scan.word_range(f), f) for f in here})
        second = sorted({(*scan.word_range(f), f) for f in there})
        close: dict[Found, None] = {}
        for one, others in ((first, second), (second, first)):
            self._keep_close(one, others, close)
        return sorted(close)

    def _keep_close(
        self,
        finds: list[tuple[int, int, Found]],
        others: list[tuple[int, int, Found]],
        close: dict[Found, None],
    ) -> None:
        """Keep the finds that have one of the others near: one walk along both."""
        reach = self.words + 1
        position = 0
        furthest = -1_000_000
        for first, last, found in finds:
            while position < len(others) and others[position][0] <= last + reach:
                furthest = max(furthest, others[position][1])
                position += 1
            if furthest >= first - reach:
                close[found] = None

    def missing(self, scan: Scan) -> set[str]:
        return self.first.missing(scan) | self.second.missing(scan)

    def facts(self, scan: Scan) -> dict[str, object]:
        return {**self.first.facts(scan), **self.second.facts(scan)}

    def sentence(self) -> str:
        return (
            f"{self.first.sentence()}, within {self.words} words of a place where "
            f"it {self.second.sentence()}"
        )

    def denial(self) -> str:
        return f"does not have these close together: it {self.sentence()}"


def make(workshop: Workshop, spec: object, where: str, depth: int) -> Condition | None:
    """Read `near: {first: condition, second: condition, words: n}`."""
    reader = workshop.reader
    node = reader.mapping(spec, where, required=["first", "second"], optional=["words"])
    words = reader.whole(node.get("words"), f"{where}, words", default=6, least=0, most=50)
    parts = []
    for field in ("first", "second"):
        part = workshop.node(node[field], f"{where} › {field}", depth) if node.get(field) else None
        if part is not None and not part.marks_text:
            reader.note(
                f"{where} › {field}",
                "cannot be near anything: it does not point at words in the text.",
            )
        parts.append(part)
    first, second = parts
    return Near(first, second, words) if first and second else None
