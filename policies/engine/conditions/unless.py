"""unless: something is found in a sentence that holds no exception.

An exception such as "he called me ..." explains the words beside it, not whatever else the
comment says. Under `not` it would clear the whole comment, so a breach could be bought off with
one innocent sentence.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from policies.engine.conditions.base import Condition, Found, Scan, Workshop
from policies.engine.text import OffsetMap

_SENTENCE_END = re.compile(r"[.!?…]+[\"')\]]*(?:\s+|$)")
"""Where a sentence ends. A full stop inside an address or an amount has no space after it."""


class Unless(Condition):
    """Holds where a find of the first stands in a sentence without a find of the exception."""

    marks_text = True

    def __init__(self, first: Condition, exception: Condition) -> None:
        self.first = first
        self.exception = exception
        self.parts = (first, exception)

    def truth(self, scan: Scan) -> bool | None:
        held = self.first.truth(scan)
        if not held:
            return held
        excepted = self.exception.truth(scan)
        if excepted is None:
            return None
        return not excepted or bool(self.spans(scan))

    def triggers(self) -> frozenset[int] | None:
        return self.first.triggers()

    def spans(self, scan: Scan) -> list[Found]:
        return scan.remember(("unless", id(self)), lambda: self._clear(scan))

    def _clear(self, scan: Scan) -> list[Found]:
        """Return the finds of the first in sentences that nothing excuses."""
        found = self.first.spans(scan)
        if not self.exception.truth(scan):
            return found
        ends = scan.remember("sentences", lambda: _sentence_ends(scan))
        excused: set[int] = set()
        for item in self.exception.spans(scan):
            # A pattern may begin on the mark that ended the sentence before.
            places = range(item.start, item.end)
            begin = next((at for at in places if scan.folded[at].isalnum()), item.start)
            excused.update(range(bisect_right(ends, begin), bisect_right(ends, item.end - 1) + 1))
        return [item for item in found if bisect_right(ends, item.start) not in excused]

    def missing(self, scan: Scan) -> set[str]:
        return self.first.missing(scan) | self.exception.missing(scan)

    def facts(self, scan: Scan) -> dict[str, object]:
        return self.first.facts(scan)

    def sentence(self) -> str:
        return f"{self.first.sentence()}, in a sentence that {self.exception.denial()}"

    def denial(self) -> str:
        return f"does not meet this: it {self.sentence()}"


def _sentence_ends(scan: Scan) -> list[int]:
    """Return where sentences end in the folded text, which has no line breaks left."""
    ends = {match.end() for match in _SENTENCE_END.finditer(scan.folded)}
    text = scan.subject.text
    if "\n" in text:
        offsets = OffsetMap(text, scan.folded)
        breaks = (at for at, char in enumerate(text) if char == "\n")
        ends.update(offsets.folded(at, at + 1)[1] for at in breaks)
    return sorted(ends)


def make(workshop: Workshop, spec: object, where: str, depth: int) -> Condition | None:
    """Read `unless: {first: condition, exception: condition}`."""
    reader = workshop.reader
    node = reader.mapping(spec, where, required=["first", "exception"])
    parts = []
    for field in ("first", "exception"):
        part = workshop.node(node[field], f"{where} › {field}", depth) if node.get(field) else None
        if part is not None and not part.marks_text:
            reader.note(f"{where} › {field}", "does not point at words in the text.")
        parts.append(part)
    first, exception = parts
    return Unless(first, exception) if first and exception else None
