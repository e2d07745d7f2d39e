"""Spell a term as people misspell it to get past a list: muppt, mppt, mupept, mup pet, teppum, mupet.

Such spellings bear no sign by which they could be told from ordinary words, so they are looked for
like terms, and only where chance is unlikely to produce them: in long enough words, keeping the
first letter, and never a spelling that is a word of the rule set or an ordinary one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache
from importlib import resources

from policies.engine.lexicon import automaton

MOST_LETTERS = 100_000
"""Most letters of misspellings in one rule set, some 800 words' worth: beyond it the automaton would
be large and slow, and terms that come later are not looked for misspelt."""

LEAST_LETTERS = 5
_LEAST_TO_DELETE = 5
_LEAST_JOINED = 8
_VOWELS = frozenset("aeiou")
_SOUNDS = (
    ("ph", "f"),
    ("f", "ph"),
    ("ck", "k"),
    ("ck", "c"),
    ("x", "cks"),
    ("qu", "kw"),
    ("oo", "u"),
)


class Trick(StrEnum):
    """A way of misspelling."""

    SHORTENED = "shortened"
    """One letter or every vowel left out."""

    SWAPPED = "swapped"
    """Two letters in each other's place."""

    SPLIT = "split"
    """A space inside a word, or none between two."""

    REVERSED = "reversed"
    """The letters backwards."""

    SOUND = "sound"
    """Another spelling of the same sound."""


def misspellings(term: str) -> Iterator[tuple[str, Trick]]:
    """Yield the misspellings of one term that are worth looking for."""
    if not term.isascii():
        return
    if " " in term:
        joined = term.replace(" ", "")
        if joined.isalpha() and len(joined) >= _LEAST_JOINED:
            yield joined, Trick.SPLIT
    elif term.isalpha() and len(term) >= LEAST_LETTERS:
        yield term[::-1], Trick.REVERSED
        yield from _shortened(term)
        yield from _moved(term)
        yield from _sounding(term)


def _moved(term: str) -> Iterator[tuple[str, Trick]]:
    for at in range(1, len(term) - 1):
        if term[at] != term[at + 1]:
            yield term[:at] + term[at + 1] + term[at] + term[at + 2 :], Trick.SWAPPED
    if len(term) >= _LEAST_TO_DELETE:
        for at in range(2, len(term) - 1):
            yield f"{term[:at]} {term[at:]}", Trick.SPLIT


def _sounding(term: str) -> Iterator[tuple[str, Trick]]:
    for sound, other in _SOUNDS:
        if sound in term:
            yield term.replace(sound, other, 1), Trick.SOUND
    if term[0] == "c" and term[1] in "aoulr":
        yield "k" + term[1:], Trick.SOUND
    if term.endswith("er"):
        yield term[:-2] + "a", Trick.SOUND
    if term.endswith("s"):
        yield term[:-1] + "z", Trick.SOUND


def _shortened(term: str) -> Iterator[tuple[str, Trick]]:
    if len(term) >= _LEAST_TO_DELETE:
        for at in range(1, len(term) - 1):
            yield term[:at] + term[at + 1 :], Trick.SHORTENED
    bare = term[0] + "".join(char for char in term[1:] if char not in _VOWELS)
    if len(bare) >= 4 or (len(bare) == 3 and len(term) >= _LEAST_TO_DELETE):
        yield bare, Trick.SHORTENED


@cache
def ordinary_words() -> frozenset[str]:
    """Return ordinary words that a misspelling must not be."""
    source = resources.files("policies.engine").joinpath("ordinary_words.txt")
    return frozenset(source.read_text(encoding="utf-8").split())


class Misspellings:
    """The misspellings of a lexicon's terms. Safe to share between threads."""

    def __init__(self, terms: Iterable[tuple[int, str]], known: frozenset[str]) -> None:
        ordinary = ordinary_words()
        meant: dict[str, dict[tuple[int, Trick], None]] = {}
        letters = 0
        for number, term in terms:
            if letters > MOST_LETTERS:
                break
            for spelling, trick in misspellings(term):
                if all(part in known or part in ordinary for part in spelling.split()):
                    continue
                meant.setdefault(spelling, {})[number, trick] = None
                letters += len(spelling)
        self.spellings = tuple(meant)
        self.meanings = tuple(tuple(found) for found in meant.values())
        self.scan = automaton(self.spellings)
        """Given the folded text and True, return what may be misspelt terms, for `check`."""

    def check(
        self, folded: str, found: list[tuple[int, int, int]]
    ) -> Iterator[tuple[int, int, int, Trick]]:
        """Yield the number of each term that stands misspelt, where, and by which trick."""
        length = len(folded)
        for index, start, end in found:
            if (end < length and (folded[end].isalnum() or folded[end] in "_'-@.")) and not (
                folded[end] == "." and not folded[end + 1 : end + 2].isalnum()
            ):
                continue
            if start and (folded[start - 1].isalnum() or folded[start - 1] in "_'-@#./"):
                continue
            for number, trick in self.meanings[index]:
                yield number, start, end, trick
