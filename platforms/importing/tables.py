"""CSV and TSV, cut into records that know the line they start on."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from platforms.importing.fields import recognised
from platforms.importing.lines import MAX_ROW, Broken, Lines, RowTooLong, excerpt
from platforms.importing.source import repaired

# The bound on a row is ours, with its own sentence; the csv module's must not come first.
csv.field_size_limit(2 * MAX_ROW)

DELIMITERS = (",", ";", "\t", "|")
NAMES_OF = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
TOO_LONG = f"This row is longer than {MAX_ROW // 1024 // 1024} MB."
UNCLOSED = "A quotation mark opens on this line and is not closed as it should be."


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table is written."""

    delimiter: str = ","
    is_quoted: bool = True

    def described(self) -> str:
        """Name it for a person."""
        if self.delimiter == "\t":
            return "TSV (separated by tabs)"
        return f"CSV (separated by {NAMES_OF[self.delimiter]})"


@dataclass(slots=True)
class Cells:
    """One record of a table."""

    line: int
    values: list[str]
    raw: str


def sniff(sample: str) -> Dialect:
    """Guess the dialect from the start of a file: known column names first, then even widths."""
    sample = sample.lstrip("\ufeff")
    candidates = [
        Dialect(delimiter, is_quoted=delimiter != "\t" or _tabs_are_quoted(sample))
        for delimiter in DELIMITERS
    ]
    return max(candidates, key=lambda dialect: _fit(sample, dialect))


def records(
    stream: TextIO, dialect: Dialect, *, encoding: str = "utf-8"
) -> Iterator[Cells | Broken]:
    """Cut a table into records, the header included. The first one sets the width of all.

    A record that is not well formed is reported and the reading goes on at the next line.
    """
    yield from _Table(stream, dialect, encoding)


class _Table:
    def __init__(self, stream: TextIO, dialect: Dialect, encoding: str) -> None:
        self._lines = Lines(stream)
        self._dialect = dialect
        self._encoding = encoding
        self._width = 0

    def __iter__(self) -> Iterator[Cells | Broken]:
        lines = self._lines
        reader = self._reader(lines)
        while True:
            lines.begin()
            found: Cells | Broken | None
            try:
                values = next(reader)
            except StopIteration:
                return
            except (csv.Error, RowTooLong) as error:
                found = self._recover(is_too_long=isinstance(error, RowTooLong))
                reader = self._reader(lines)
            else:
                found = self._checked(values)
            if found is not None:
                yield found

    def _reader(self, lines: Iterator[str]) -> Iterator[list[str]]:
        return csv.reader(
            lines,
            delimiter=self._dialect.delimiter,
            quoting=csv.QUOTE_MINIMAL if self._dialect.is_quoted else csv.QUOTE_NONE,
            strict=True,
        )

    def _checked(self, values: list[str]) -> Cells | Broken | None:
        lines = self._lines
        raw = lines.pulled[0] if len(lines.pulled) == 1 else "".join(lines.pulled)
        if not raw.isascii() and _has_escapes(raw):
            mended = repaired(raw, self._encoding)
            if mended is None:
                reason = "This row is not readable as UTF-8, in which the rest of the file is."
                return Broken(lines.first, reason, excerpt(raw))
            raw = mended
            values = next(self._reader(io.StringIO(mended, newline="")))
        if not any(values) or not raw.strip():
            return None
        if not self._width:
            self._width = len(values)
        return self._fitted(values, raw)

    def _fitted(self, values: list[str], raw: str) -> Cells | Broken:
        width = self._width
        if len(values) > width and not any(values[width:]):
            values = values[:width]
        if len(values) != width:
            columns = "1 column" if len(values) == 1 else f"{len(values)} columns"
            reason = f"This row has {columns} where the first has {width}."
            return Broken(self._lines.first, reason, excerpt(raw))
        return Cells(self._lines.first, values, raw)

    def _recover(self, *, is_too_long: bool) -> Cells | Broken:
        """Settle for what the first line gives, and read on from the second."""
        lines = self._lines
        first, *rest = lines.pulled
        if is_too_long and not rest:
            return Broken(lines.first, TOO_LONG, excerpt(first))
        lines.put_back(rest)
        values = self._loosely(first, is_whole=not rest)
        if values is not None and not _has_escapes(first):
            return Cells(lines.first, values, first)
        return Broken(lines.first, UNCLOSED, excerpt(first))

    def _loosely(self, line: str, *, is_whole: bool) -> list[str] | None:
        """Read one line with quotation marks that were never doubled, when it comes out even."""
        line = line.rstrip("\r\n")
        if self._dialect.delimiter == "\t":
            values = line.split("\t")
        elif is_whole and line.count('"') % 2 == 0:
            values = _loose_values(line, self._dialect.delimiter)
        else:
            return None
        return values if len(values) == self._width else None


def _loose_values(line: str, delimiter: str) -> list[str]:
    """Split a line in which a quoted value ends only at a mark before a delimiter or the end."""
    closing = re.compile(rf'"(?={re.escape(delimiter)}|$)')
    values, at = [], 0
    # Once no value can end any more, no later one is looked for: a line takes time by its length.
    has_closing = True
    while True:
        found = closing.search(line, at + 1) if has_closing and line[at : at + 1] == '"' else None
        has_closing = has_closing and (found is not None or line[at : at + 1] != '"')
        if found is not None:
            values.append(line[at + 1 : found.start()].replace('""', '"'))
            at = found.end()
        else:
            end = line.find(delimiter, at)
            end = end if end >= 0 else len(line)
            values.append(line[at:end])
            at = end
        if at >= len(line):
            return values
        at += 1


def _has_escapes(raw: str) -> bool:
    try:
        raw.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _fit(sample: str, dialect: Dialect) -> tuple[int, float, int]:
    rows = _sample_rows(sample, dialect)
    if not rows:
        return (0, 0.0, 0)
    widths = Counter(len(row) for row in rows)
    width = len(rows[0])
    return (recognised(rows[0]), widths[width] / len(rows) if width > 1 else 0.0, width)


def _sample_rows(sample: str, dialect: Dialect) -> list[list[str]]:
    found = records(io.StringIO(sample[:65536], newline=""), dialect)
    rows = []
    for record in found:
        rows.append(record.values if isinstance(record, Cells) else [])
        if len(rows) == 50:
            break
    return rows


def _tabs_are_quoted(sample: str) -> bool:
    """Whether values in this TSV are quoted, as spreadsheets do, and not just text with marks in it."""
    cut = sample.rfind("\n") + 1 or len(sample)
    lines = io.StringIO(sample[:cut], newline="")
    has_quoted = False
    try:
        for row in csv.reader(lines, delimiter="\t", strict=True):
            has_quoted = has_quoted or bool(row)
    except csv.Error:
        return False
    return has_quoted and ('\t"' in sample or sample.startswith('"') or '\n"' in sample)
