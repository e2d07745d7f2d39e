"""What one reading of one text found: shared by all conditions of all rules."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import TypeVar, cast

from policies.engine.lexicon import Found
from policies.engine.patterns import Pattern
from policies.engine.rereading import Rereading
from policies.engine.types import Subject

_T = TypeVar("_T")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


class Scan:
    """The facts about one subject that conditions ask for, the dearer ones worked out once."""

    __slots__ = (
        "_byte_offsets", "_memo", "_words", "data", "events", "folded", "hits", "rereading",
        "subject",
    )  # fmt: skip

    def __init__(
        self,
        subject: Subject,
        folded: str,
        data: bytes,
        events: set[int],
        hits: dict[int, list[Found]],
        rereading: Rereading | None = None,
    ) -> None:
        self.subject = subject
        self.folded = folded
        self.data = data
        self.events = events
        self.hits = hits
        self.rereading = rereading
        self._words: tuple[list[int], list[int]] | None = None
        self._byte_offsets: list[int] | None = None
        self._memo: dict[object, object] = {}

    def remember(self, key: object, work: Callable[[], _T]) -> _T:
        """Return work's result, done at most once for this subject."""
        if key not in self._memo:
            self._memo[key] = work()
        return cast("_T", self._memo[key])

    def spans_of(self, pattern: Pattern) -> list[tuple[int, int]]:
        """Return the spans of a pattern in the folded text."""
        spans = pattern.find(self.data)
        if len(self.data) == len(self.folded):
            return list(spans)
        return [(self._character(start), self._character(end)) for start, end in spans]

    def disguised_spans_of(self, pattern: Pattern) -> list[tuple[int, int]]:
        """Return the spans of a pattern in the folded text, those it has in disguise included."""
        spans = self.spans_of(pattern)
        other = self.rereading
        if other is None:
            return spans
        return sorted(
            dict.fromkeys([*spans, *(other.folded(*s) for s in pattern.find(other.data))])
        )

    def _character(self, offset: int) -> int:
        """Return the character at a byte offset of the encoded text."""
        if self._byte_offsets is None:
            position = 0
            self._byte_offsets = []
            for char in self.folded:
                self._byte_offsets.append(position)
                code = ord(char)
                position += 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4
            self._byte_offsets.append(position)
        return bisect_left(self._byte_offsets, offset)

    def word_range(self, found: Found) -> tuple[int, int]:
        """Return the numbers of the first and last word a find covers."""
        if self._words is None:
            starts, ends = [], []
            for match in _WORD.finditer(self.folded):
                starts.append(match.start())
                ends.append(match.end())
            self._words = starts, ends
        starts, ends = self._words
        first = bisect_right(ends, found.start)
        last = bisect_left(starts, found.end) - 1
        return first, max(first, last)
