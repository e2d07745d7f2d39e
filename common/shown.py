"""Strangers' words made safe to look at: nothing hidden, nothing that turns the page around.

Escaping is the templates' work. Here, characters that cannot be seen, or that change the direction
or order of others, become pieces with a name; names of authors simply lose them.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

# What is shown at once, and what is folded below it; beyond that the record has the rest.
FIRST = 1_500
FIRST_LINES = 25
FOLDED = 20_000
LONGEST_NAME = 80
NAMELESS = "Name not known"

_SHORT = {
    0x00AD: "SHY", 0x034F: "CGJ", 0x061C: "ALM", 0x115F: "HCF", 0x1160: "HJF", 0x180E: "MVS",
    0x200B: "ZWSP", 0x200C: "ZWNJ", 0x200D: "ZWJ", 0x200E: "LRM", 0x200F: "RLM", 0x2028: "LSEP",
    0x2029: "PSEP", 0x202A: "LRE", 0x202B: "RLE", 0x202C: "PDF", 0x202D: "LRO", 0x202E: "RLO",
    0x2060: "WJ", 0x2066: "LRI", 0x2067: "RLI", 0x2068: "FSI", 0x2069: "PDI", 0x2800: "BLANK",
    0x3164: "HF", 0xFEFF: "BOM", 0xFFA0: "HWHF", 0xFFFC: "OBJ", 0xFFFD: "?",
}  # fmt: skip
_COMBINING = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
# More marks than this on one letter are a tower that covers the lines around it.
_TOWER = 5
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffd"
    "\ud800-\udfff\ue000-\uf8ff\U000e0000-\U000e0fff]"
    f"|[{_COMBINING}]{{{_TOWER},}}"
)
# Invisible characters that belong to a picture: the joiners inside a family, the tags of a flag.
_PICTURE = re.compile(
    "(?<=[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])\u200d(?=[\u2190-\u2bff\U0001f000-\U0001faff])"
    "|(?<=\U0001f3f4)[\U000e0020-\U000e007e]{2,6}\U000e007f"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Ordinary text, or one unseen character: then `name` says which and `code` stands for it."""

    text: str
    name: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive pieces; `label` says why they are highlighted, "" where they are not."""

    pieces: tuple[Piece, ...]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of the original text to highlight."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A text ready for the page: the beginning, and what is folded away below it."""

    text: tuple[Segment, ...]
    rest: tuple[Segment, ...] = ()
    rest_label: str = ""


def shown(text: str, marks: Iterable[Mark] = ()) -> Shown:
    """Return a text for the page, its marks merged where they overlap, its length bounded."""
    merged = merge(marks)
    first = _first_part(text)
    if len(text) <= first:
        return Shown(segments(text, merged))
    end = min(len(text), first + FOLDED)
    label = f"Show the other {len(text) - first:,} characters"
    if end < len(text):
        label = f"Show {end - first:,} more of {len(text):,} characters"
    return Shown(
        segments(text[:first], _within(merged, 0, first)),
        segments(text[first:end], _within(merged, first, end)),
        label,
    )


def segments(text: str, marks: Sequence[Mark]) -> tuple[Segment, ...]:
    """Cut a text at its marks, which are in order and do not overlap."""
    result: list[Segment] = []
    at = 0
    for mark in marks:
        start, end = max(at, mark.start), min(mark.end, len(text))
        if start >= end:
            continue
        if start > at:
            result.append(Segment(pieces(text[at:start])))
        result.append(Segment(pieces(text[start:end]), mark.label))
        at = end
    if at < len(text):
        result.append(Segment(pieces(text[at:])))
    return tuple(result)


def merge(marks: Iterable[Mark]) -> list[Mark]:
    """Return the marks in order, those that overlap joined into one that says all their labels."""
    merged: list[Mark] = []
    for mark in sorted(marks, key=lambda each: (each.start, each.end)):
        last = merged[-1] if merged else None
        if last is not None and mark.start < last.end:
            labels = dict.fromkeys([*last.label.split("; "), mark.label])
            merged[-1] = Mark(last.start, max(last.end, mark.end), "; ".join(labels))
        else:
            merged.append(mark)
    return merged


def pieces(text: str) -> tuple[Piece, ...]:
    """Cut a text at the characters nobody would see."""
    result: list[Piece] = []
    plain: list[str] = []
    at = 0
    for found in _unseen_in(text):
        plain.append(text[at : found.start()])
        at = found.end()
        if before := "".join(plain):
            result.append(Piece(before))
        plain = []
        result.append(_unseen(found.group()))
    if at < len(text):
        result.append(Piece(text[at:]))
    return tuple(result)


def one_line(text: str) -> str:
    """Return a text on one line with unseen characters written out: "pay⟨ZWSP⟩pal"."""
    if _UNSEEN.search(text) is None:
        return text
    at, result = 0, []
    for found in _unseen_in(text):
        result += [text[at : found.start()], f"⟨{_unseen(found.group()).code}⟩"]
        at = found.end()
    return "".join([*result, text[at:]])


def author_name(*candidates: str) -> str:
    """Return the first of these names that holds anything to see, without unseen characters."""
    for candidate in candidates:
        name = " ".join(_UNSEEN.sub("", candidate).split())
        if name:
            return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
    return NAMELESS


def web_address(url: str) -> str:
    """Return an address that a link may lead to, or nothing."""
    return url if url.startswith(("https://", "http://")) else ""


def _first_part(text: str) -> int:
    """Return how much of a text is shown at once: so many characters, on so many lines."""
    at = -1
    for _ in range(FIRST_LINES):
        at = text.find("\n", at + 1, FIRST)
        if at < 0:
            return FIRST
    return at + 1


def _unseen_in(text: str) -> Iterable[re.Match[str]]:
    if _UNSEEN.search(text) is None:
        return []
    pictures = {
        position
        for picture in _PICTURE.finditer(text)
        for position in range(picture.start(), picture.end())
    }
    return [found for found in _UNSEEN.finditer(text) if found.start() not in pictures]


@lru_cache(maxsize=512)
def _unseen(character: str) -> Piece:
    if len(character) > 1:
        count = len(character)
        return Piece("", f"{count} marks stacked on one letter", f"◌×{count}")
    point = ord(character)
    name = unicodedata.name(character, "").lower() or (
        "control character" if unicodedata.category(character) == "Cc" else "unnamed character"
    )
    return Piece("", f"Invisible character: {name}", _SHORT.get(point, f"U+{point:04X}"))


def _within(marks: Sequence[Mark], start: int, end: int) -> list[Mark]:
    return [
        Mark(max(mark.start, start) - start, min(mark.end, end) - start, mark.label)
        for mark in marks
        if mark.start < end and mark.end > start
    ]
