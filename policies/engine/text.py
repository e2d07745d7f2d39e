"""Fold text so that look-alike spellings compare equal, and map offsets back to the original.

Folding works one character at a time, which is what makes the way back exact: every folded
character knows the original character it came from. It removes case, width and styling
(mathematical, enclosed, full-width letters), accents and stacked marks, invisible characters,
look-alike letters of other alphabets and HTML entities. It never removes visible punctuation:
undoing evasion that ordinary writing could contain is the task of `evasion`, which runs only on
text that shows signs of it.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from array import array
from bisect import bisect_left, bisect_right
from importlib import resources

_SPECIAL = re.compile(
    r"&(?:amp;)*(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});|[^\x00-\x7f]+"
)
"""What folding looks at beyond lower-casing: entities and runs of non-ASCII characters."""

_MAX_PASSES = 4
"""Folding repeats until stable, at most this often: an entity can spell another entity."""

_CACHE_LIMIT = 20_000
"""Most characters and entities remembered per process; beyond it they are worked out anew."""

_LOOK_ALIKE_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU")
"""Alphabets whose letters imitate Latin ones. Others would turn real words into noise."""

_EXTRA = {
    # Quotation marks, dashes and ellipsis that keyboards insert on their own.
    **dict.fromkeys("‘’‚‛ʼʹ′＇´`ˈ", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—―−﹘﹣－", "-"),
    # Letters that imitate Latin ones but are missing from the Unicode table.
    **dict(zip("кКтТвВмМнНпПгГшШиИзЗуУёЁдДлЛ", "kkttbbmmhhnnrrwwuu33yyeeddll", strict=True)),
    **dict(zip("ηεκτωβμΕΙ", "nektwbuei", strict=True)),
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
    "ð": "d",
    "⁎": "*",
    "∗": "*",
    "✱": "*",
    "✶": "*",
    "★": "*",
    "☆": "*",
}
_EXTRA = {k: v for k, v in _EXTRA.items() if not k.isascii()}

_LATIN_NAME = re.compile(
    r"LATIN (?:SMALL |CAPITAL )?LETTER (?:SMALL CAPITAL )?([A-Z])(?: WITH .*)?$"
)
_ENCLOSED_NAME = re.compile(
    r"(?:NEGATIVE |CROSSED NEGATIVE )?(?:CIRCLED|SQUARED|PARENTHESIZED) LATIN (?:SMALL |CAPITAL )LETTER ([A-Z])$"
)
"""Enclosed letters of which compatibility decomposition knows only some."""


def _look_alikes() -> dict[str, str]:
    """Return Unicode's table of letters that look like Latin ones, in lower case."""
    source = resources.files("confusable_homoglyphs").joinpath("confusables.json")
    table: dict[str, str] = {}
    for char, entries in json.loads(source.read_text(encoding="utf-8")).items():
        if len(char) != 1 or char.isascii():
            continue
        if not unicodedata.name(char, "").startswith(_LOOK_ALIKE_SCRIPTS):
            continue
        for entry in entries:
            target = entry["c"]
            if len(target) == 1 and target.isascii() and target.isalpha():
                table[char] = target.lower()
                break
    return table


class _FoldTable(dict[int, str]):
    """Folded form of each non-ASCII character, worked out when first met."""

    def __init__(self) -> None:
        super().__init__()
        self._similar = _look_alikes()
        self._similar.update(_EXTRA)

    def __missing__(self, code: int) -> str:
        folded = chr(code).lower() if code < 128 else self._settle(chr(code))
        if len(self) < _CACHE_LIMIT:
            self[code] = folded
        return folded

    def _settle(self, char: str) -> str:
        current = char
        for _ in range(6):
            following = "".join(c.lower() if c.isascii() else self._one(c) for c in current)
            if following == current:
                break
            current = following
        return current

    def _one(self, char: str) -> str:
        spread = unicodedata.normalize("NFKD", char).lower()
        if len(spread) == 1 and spread.isascii():
            return spread
        if char in self._similar:
            return self._similar[char]
        category = unicodedata.category(char)
        if category == "Cs":
            return "\ufffd"
        if category == "Cf" or char in "\u115f\u1160\u3164\uffa0\u034f\u2800":
            return ""
        if category == "Me" or (category == "Mn" and _is_decoration(char)):
            return ""
        if category in ("Zs", "Zl", "Zp"):
            return " "
        if category == "Nd":
            return str(unicodedata.digit(char))
        name = unicodedata.name(char, "")
        named = _LATIN_NAME.match(name) or _ENCLOSED_NAME.match(name)
        if named:
            return named[1].lower()
        if spread == char or "\uac00" <= char <= "\ud7a3":
            return char
        if category in ("So", "Sm", "Sc", "Sk", "No") and len(spread) > 1:
            # "™" stays a sign: as letters it would run into the word before it.
            return char
        return spread


def _is_decoration(char: str) -> bool:
    return unicodedata.combining(char) != 0 or unicodedata.name(char, "").startswith("VARIATION")


_TABLE = _FoldTable()
_ENTITIES: dict[str, str] = {}


def _fold_piece(piece: str) -> str:
    """Fold one entity or one run of non-ASCII characters."""
    if piece[0] != "&":
        return _TABLE[ord(piece)] if len(piece) == 1 else piece.translate(_TABLE)
    known = _ENTITIES.get(piece)
    if known is None:
        known = _decode_entity(piece).translate(_TABLE)
        if len(_ENTITIES) < _CACHE_LIMIT:
            _ENTITIES[piece] = known
    return known


def _decode_entity(piece: str) -> str:
    """Decode one entity, however often its ampersand was escaped."""
    bare = "&" + piece[1:].replace("amp;", "")
    if bare == "&":
        return "&"
    return html.unescape(bare)


def _replace(match: re.Match[str]) -> str:
    return _fold_piece(match[0])


def fold(text: str) -> str:
    """Return the text in the form in which terms and patterns are compared."""
    if text.isascii() and ("&" not in text or ";" not in text):
        return _lower_ascii(text)
    for _ in range(_MAX_PASSES):
        folded = _SPECIAL.sub(_replace, text)
        if folded == text:
            break
        text = folded
        if "&" not in text:
            break
    return _lower_ascii(text)


def _lower_ascii(text: str) -> str:
    """Lower-case a text whose non-ASCII characters are folded; lines run on."""
    text = text.lower()
    if "\n" in text:
        text = text.replace("\n", " ")
    if "\t" in text:
        text = text.replace("\t", " ")
    if "\r" in text:
        text = text.replace("\r", " ")
    return text


class OffsetMap:
    """The way back from positions in a folded text to positions in the original.

    Building it costs more than folding, so it is built only for texts in which something hit. It
    keeps stretches: inside one, either every character stands for itself, or all of them came
    from the same piece of the original.
    """

    __slots__ = ("_passes",)

    def __init__(self, original: str, folded: str) -> None:
        self._passes: list[_Stretches] = []
        text = original
        for _ in range(_MAX_PASSES):
            if text.isascii() and ("&" not in text or ";" not in text):
                break
            stretches, length = _trace(text)
            self._passes.append(stretches)
            if length == len(folded):
                break  # every further pass would shorten the text
            text = _SPECIAL.sub(_replace, text)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the original span of a folded span that is not empty."""
        for stretches in reversed(self._passes):
            start, end = stretches.before(start, end)
        return start, end

    def folded(self, start: int, end: int) -> tuple[int, int]:
        """Return the folded span that covers an original span."""
        for stretches in self._passes:
            start, end = stretches.after(start, end)
        return start, end


class _Stretches:
    """Where one pass of folding changed lengths."""

    __slots__ = ("_new", "_old", "_one_to_one")

    def __init__(self) -> None:
        self._old = array("l")
        self._new = array("l")
        self._one_to_one = bytearray()

    def add(self, old: int, new: int, *, one_to_one: bool) -> None:
        """Begin a stretch at a position of the text before and after."""
        self._old.append(old)
        self._new.append(new)
        self._one_to_one.append(one_to_one)

    def before(self, start: int, end: int) -> tuple[int, int]:
        """Return the span before folding from which a span came."""
        at = bisect_right(self._new, start) - 1
        first = self._old[at] + (start - self._new[at] if self._one_to_one[at] else 0)
        at = bisect_right(self._new, end - 1) - 1
        if self._one_to_one[at]:
            return first, self._old[at] + end - self._new[at]
        return first, self._old[at + 1]

    def after(self, start: int, end: int) -> tuple[int, int]:
        """Return the span after folding that a span became."""
        at = bisect_right(self._old, start) - 1
        first = self._new[at]
        if self._one_to_one[at]:
            first = min(first + start - self._old[at], self._new[at + 1])
        at = bisect_left(self._old, end) - 1
        if self._one_to_one[at]:
            return first, min(self._new[at] + end - self._old[at], self._new[at + 1])
        return first, self._new[at + 1]


def _trace(text: str) -> tuple[_Stretches, int]:
    """Note where one pass of folding changes lengths, and the length it comes to."""
    stretches = _Stretches()
    old = new = 0
    for match in _SPECIAL.finditer(text):
        begin, finish = match.span()
        pieces = (
            [(begin, finish)] if text[begin] == "&" else [(i, i + 1) for i in range(begin, finish)]
        )
        for start, end in pieces:
            piece = text[start:end]
            folded = _fold_piece(piece)
            if len(folded) == end - start == 1 or folded == piece:
                continue
            if old < start:
                stretches.add(old, new, one_to_one=True)
                new += start - old
            if folded:
                stretches.add(start, new, one_to_one=False)
                new += len(folded)
            old = end
    stretches.add(old, new, one_to_one=True)
    new += len(text) - old
    # The end of everything, so that each stretch has a following one.
    stretches.add(len(text), new, one_to_one=True)
    return stretches, new


def is_word_character(char: str) -> bool:
    """Tell whether a folded character belongs to a word.

    Scripts that write without spaces count as boundaries, so that a term beside them is seen.
    """
    return char.isalnum() and char < "\u2e80"
