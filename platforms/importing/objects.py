"""JSON Lines, and files that are one JSON list, cut into records that know their line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TextIO

from platforms.importing.lines import MAX_ROW, Broken, Lines, RowTooLong, excerpt
from platforms.importing.source import repaired

CHUNK = 256 * 1024
DEPTH = 6
MAX_NAMES = 500
TOO_LONG = f"This row is longer than {MAX_ROW // 1024 // 1024} MB."
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|["\[\]{}]', re.DOTALL)
SPACE = re.compile(r"[\s,\ufeff]*")


@dataclass(slots=True)
class Members:
    """One JSON object. Members of inner objects are named by path: author.name."""

    line: int
    names: tuple[str, ...]
    values: list[Any]  # Any: JSON
    raw: str


def looks_like_list(sample: str) -> bool:
    """Whether a file is one JSON list of objects."""
    return re.match(r"[\ufeff\s]*\[\s*[{\]]", sample) is not None


def looks_like_lines(sample: str) -> bool:
    """Whether a file holds JSON objects."""
    return re.match(r'[\ufeff\s]*\{\s*["}]', sample) is not None


def line_records(stream: TextIO, *, encoding: str = "utf-8") -> Iterator[Members | Broken]:
    """Cut JSON Lines into records. A line that is no object is reported."""
    lines = Lines(stream)
    while True:
        lines.begin()
        try:
            raw = next(lines)
        except StopIteration:
            return
        except RowTooLong:
            yield Broken(lines.first, TOO_LONG, excerpt(lines.pulled[0]))
            continue
        raw = raw.strip().strip("\ufeff")
        if raw:
            yield _record(raw, lines.first, encoding)


def list_records(stream: TextIO, *, encoding: str = "utf-8") -> Iterator[Members | Broken]:
    """Cut one JSON list, or several one after the other, into records.

    No more than one element is held. What is neither a list nor the end is told.
    """
    decoder = json.JSONDecoder()
    buffer, at, line, is_open = "", 0, 1, False
    while True:
        space = SPACE.match(buffer, at)
        end = space.end() if space else at
        line += buffer.count("\n", at, end)
        at = end
        if at == len(buffer):
            buffer, at = stream.read(CHUNK), 0
            if not buffer:
                if is_open:
                    yield Broken(
                        line, "The list that this file is has no end: it was cut off.", ""
                    )
                return
            continue
        if not is_open and buffer[at] == "[":
            is_open, at = True, at + 1
            continue
        if is_open and buffer[at] == "]":
            # Pages of an export put together: another list may follow.
            is_open, at = False, at + 1
            continue
        if not is_open:
            yield Broken(line, "Something follows the end of the list.", excerpt(buffer[at:]))
            return
        try:
            _value, end = decoder.raw_decode(buffer, at)
        except (ValueError, RecursionError):
            end = _element_end(buffer, at) or 0
        if not end or end == len(buffer):
            held = len(buffer) - at
            more = stream.read(max(CHUNK, held)) if held <= MAX_ROW else ""
            if more:
                buffer, at = buffer[at:] + more, 0
                continue
            if not end:
                yield Broken(line, "The list cannot be read from here on.", excerpt(buffer[at:]))
                return
        yield _record(buffer[at:end], line, encoding)
        line += buffer.count("\n", at, end)
        at = end


def payload_of(record: Members) -> bytes:
    """Return the object as read, in ASCII."""
    if record.raw.isascii():
        return record.raw.encode("ascii")
    return json.dumps(json.loads(record.raw)).encode("ascii")


def _record(raw: str, line: int, encoding: str) -> Members | Broken:
    if not raw.isascii():
        try:
            raw.encode("utf-8")
        except UnicodeEncodeError:
            mended = repaired(raw, encoding)
            if mended is None:
                reason = "This row is not readable as UTF-8, in which the rest of the file is."
                return Broken(line, reason, excerpt(raw))
            raw = mended
    try:
        value = json.loads(raw)
    except json.JSONDecodeError as error:
        reason = f"This is not JSON: {error.msg.lower()} at character {error.pos + 1}."
        return Broken(line, reason, excerpt(raw))
    except (ValueError, RecursionError):
        return Broken(line, "This JSON is nested too deep or has too long a number.", excerpt(raw))
    if not isinstance(value, dict):
        return Broken(line, "This is JSON, but not an object with named values.", excerpt(raw))
    flat: dict[str, Any] = {}
    _flatten(value, "", 1, flat)
    return Members(line=line, names=tuple(flat), values=list(flat.values()), raw=raw)


def _flatten(value: Mapping[str, Any], path: str, depth: int, flat: dict[str, Any]) -> None:
    for name, inner in value.items():
        if len(flat) >= MAX_NAMES:
            return
        if isinstance(inner, dict) and depth < DEPTH:
            _flatten(inner, f"{path}{name}.", depth + 1, flat)
        else:
            flat.setdefault(f"{path}{name}", inner)


def _element_end(buffer: str, at: int) -> int | None:
    """Find where the element ends by its brackets alone; None when that is not yet in sight."""
    if buffer[at] not in "[{":
        found = re.compile(r"[,\]]").search(buffer, at + 1)
        return found.start() if found else None
    depth = 0
    for token in TOKEN.finditer(buffer, at):
        sign = token.group()
        if sign == '"':
            return None
        if sign in "[{":
            depth += 1
        elif sign in "]}":
            depth -= 1
            if depth == 0:
                return token.end()
    return None
