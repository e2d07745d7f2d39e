"""Reduce a text to its skeleton: signs to letters, gaps closed, repeated letters once."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator

from policies.engine.disguise import LEET

MARKS = r".*_~^+#\\·•,\-\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
"""Marks that people put between the letters of a word. No apostrophe: "he'll" is a word."""

_BANG = re.compile(r"!(?=[a-z])")
_GAPS = re.compile(
    r"(?<![^\W_])(?<!')[a-z](?P<gap>(?:(?!')[\W_]){1,3})[a-z](?:(?P=gap)[a-z])+(?![^\W_])"
    rf"|(?<![^\W_])(?<!')[a-z](?:[{MARKS}]{{1,3}}[a-z](?![^\W_'])){{2,}}"
    rf"|(?<=[a-z])[{MARKS}]{{1,2}}(?=[a-z])"
    r"|\s{2,}"
)
_LETTERS = re.compile(r"[a-z]+")
_REPEATS = re.compile(r"([a-z])\1+")
_NOT_LETTERS = re.compile(r"[^a-z ]+")


class Skeleton:
    """The reduced form of one folded text, and the way back. Steps not needed are left out."""

    __slots__ = ("_gaps", "_letters", "text")

    def __init__(self, folded: str, *, signs: bool = True, gaps: bool = True) -> None:
        letters = folded.translate(LEET) if signs else folded.replace("l", "i")
        if signs and "!" in letters:
            letters = _BANG.sub("i", letters)
        self._letters = letters
        self._gaps = gaps
        closed = _GAPS.sub(_close_gap, letters) if gaps else letters
        self.text = _REPEATS.sub(r"\1", closed)

    def trace(self) -> tuple[array[int], array[int]]:
        """Return where each character of the skeleton starts and ends in the folded text."""
        closed, kept = self._trace_gaps()
        starts, ends = array("l"), array("l")
        position = 0
        for match in _REPEATS.finditer(closed):
            begin, finish = match.span()
            starts.extend(kept[position : begin + 1])
            ends.extend([at + 1 for at in kept[position:begin]])
            ends.append(kept[finish - 1] + 1)
            position = finish
        starts.extend(kept[position:])
        ends.extend([at + 1 for at in kept[position:]])
        return starts, ends

    def _trace_gaps(self) -> tuple[str, array[int]]:
        """Return the text with its gaps closed, and where each character was before."""
        letters = self._letters
        if not self._gaps:
            return letters, array("l", range(len(letters)))
        closed: list[str] = []
        kept = array("l")
        position = 0
        for match in _GAPS.finditer(letters):
            begin, finish = match.span()
            closed.append(letters[position:begin])
            kept.extend(range(position, begin))
            if letters[begin].isalpha():
                for letter in _LETTERS.finditer(match[0]):
                    closed.append(letter[0])
                    kept.extend(range(begin + letter.start(), begin + letter.end()))
            elif letters[begin].isspace():
                closed.append(" ")
                kept.append(begin)
            position = finish
        closed.append(letters[position:])
        kept.extend(range(position, len(letters)))
        return "".join(closed), kept


def _close_gap(match: re.Match[str]) -> str:
    found = match[0]
    if found[0].isalpha():
        return "".join(_LETTERS.findall(found))
    return " " if found[0].isspace() else ""


def of_term(spelling: str) -> list[str]:
    """Return the skeletons by which a term is found: as written, and run together."""
    if "'" in spelling and " " not in spelling:
        return []  # "we'll" without its apostrophe is another word
    letters = _NOT_LETTERS.sub("", spelling.translate(LEET))
    reduced = _REPEATS.sub(r"\1", letters)
    if len(_NOT_LETTERS.sub("", spelling).replace(" ", "")) < 3 or not reduced.strip():
        return []
    joined = _REPEATS.sub(r"\1", letters.replace(" ", ""))
    return [reduced, joined] if " " in reduced and len(joined) >= 6 else [reduced]


_LENGTHENED = re.compile(r"([a-z])\1(?:\1|([a-z])\2([a-z])\3)")


def stretches(folded: str, sign: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """Yield the stretches between spaces in which a sign occurs, with where they start."""
    done = 0
    for match in sign.finditer(folded):
        if match.start() < done:
            continue
        begin = folded.rfind(" ", done, match.start()) + 1 or done
        done = folded.find(" ", match.end())
        if done < 0:
            done = len(folded)
        yield begin, folded[begin:done]


def lengthened_words(folded: str) -> set[str]:
    """Return the skeletons of the words in which letters stand thrice, or each of them twice."""
    return {
        _REPEATS.sub(r"\1", word.replace("l", "i"))
        for _, stretch in stretches(folded, _LENGTHENED)
        for word in _LETTERS.findall(stretch)
        if _LENGTHENED.search(word)
    }


def signed_words(folded: str) -> set[str]:
    """Return the skeletons of the words that have signs or marks among their letters."""
    words: set[str] = set()
    for stretch in folded.split(" "):
        if stretch.isalpha() or "://" in stretch or _bare(stretch).isalpha():
            continue
        letters = stretch.replace("!", "i").translate(LEET)
        for word in _BETWEEN.split(letters):
            joined = _REPEATS.sub(r"\1", _NOT_LETTERS.sub("", word))
            # A last "!" may be an "i" or the end of the sentence.
            words.update((joined, joined.rstrip("i")))
    return words


def _bare(stretch: str) -> str:
    return stretch.rstrip(".,!?:;\"')").lstrip("\"'(")


_BETWEEN = re.compile(r"[\s\"'(\[:;>?)\]/]+")
