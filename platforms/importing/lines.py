"""Physical lines with their numbers, bounded in length, which can be put back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TextIO

# A row beyond this is refused without being held in memory.
MAX_ROW = 8 * 1024 * 1024
EXCERPT = 200


@dataclass(frozen=True, slots=True)
class Broken:
    """A stretch of the file that is no record, with the reason."""

    line: int
    reason: str
    excerpt: str


class RowTooLong(Exception):
    """The current record outgrew the bound."""


class Lines(Iterator[str]):
    """The lines of a text stream. `pulled` holds those of the current record, from line `first` on."""

    def __init__(self, stream: TextIO) -> None:
        self._readline = stream.readline
        self._back: deque[str] = deque()
        self._next = 1
        self._length = 0
        self.first = 1
        self.pulled: list[str] = []

    def begin(self) -> None:
        """Start a record at the next line."""
        self.pulled = []
        self._length = 0
        self.first = self._next

    def __next__(self) -> str:
        """Return the next line, its end included. Raises RowTooLong."""
        line = self._back.popleft() if self._back else self._readline(MAX_ROW + 1)
        if not line:
            raise StopIteration
        self._next += 1
        self.pulled.append(line)
        self._length += len(line)
        if self._length > MAX_ROW:
            if len(line) > MAX_ROW:
                self._skip_rest(line)
            raise RowTooLong
        return line

    def put_back(self, lines: Iterable[str]) -> None:
        """Make `lines`, the last ones pulled, the next ones again."""
        lines = list(lines)
        self._back.extendleft(reversed(lines))
        self._next -= len(lines)

    def _skip_rest(self, line: str) -> None:
        while line and line[-1] not in "\r\n":
            line = self._readline(MAX_ROW)


def excerpt(text: str) -> str:
    """Return the start of a row for a person to recognise it by, safe to store."""
    start = text[:EXCERPT].rstrip("\r\n")
    return start.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
