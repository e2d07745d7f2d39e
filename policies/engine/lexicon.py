"""Every term of every word list in one automaton: one pass finds them all, as whole words."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import ahocorasick_rs

from policies.engine.text import fold, is_word_character

_Find = Callable[[str, bool], list[tuple[int, int, int]]]

_FAST_LIMIT = 100_000
"""Most letters of terms for which the faster, larger automaton is built."""


class Found(NamedTuple):
    """A place in the folded text, with what was recognised there and by which source."""

    start: int
    end: int
    label: str
    source: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One list's interest in one spelling."""

    event: int
    label: str
    source: str
    is_exception: bool
    keeps: frozenset[str] = frozenset()
    """The kinds of evasion that the list does not want undone."""


class LexiconBuilder:
    """Collects terms while a definition is read."""

    def __init__(self) -> None:
        self.entries: dict[str, list[Entry]] = {}

    def add(self, spelling: str, entry: Entry) -> None:
        """Add a spelling and the variants that mean the same in writing."""
        folded = " ".join(fold(spelling).split())
        if not folded:
            return
        for variant in self._variants(folded):
            owners = self.entries.setdefault(variant, [])
            if entry not in owners:
                owners.append(entry)

    def _variants(self, folded: str) -> list[str]:
        variants = [folded]
        if "-" in folded.strip("-"):
            variants.append(folded.replace("-", " "))
        if "'" in folded and " " in folded:
            # Not in a single word: "we'll" without its apostrophe is another word.
            variants.append(folded.replace("'", ""))
        if folded[0] == "a" and " " not in folded and len(folded) > 2:
            # "@" for a first "a" cannot be told from the mention of an account by its looks;
            # as a spelling of its own it costs nothing.
            variants.append("@" + folded[1:])
        return variants

    def build(self) -> Lexicon:
        """Build the automaton."""
        return Lexicon(self.entries)


class Lexicon:
    """A compiled set of terms. Safe to share between threads."""

    def __init__(self, entries: dict[str, list[Entry]]) -> None:
        self.spellings = tuple(entries)
        self.entries = tuple(tuple(owners) for owners in entries.values())
        self._find = automaton(self.spellings)
        self._open_start = frozenset(
            i for i, s in enumerate(self.spellings) if not is_word_character(s[0])
        )
        self._open_end = frozenset(
            i for i, s in enumerate(self.spellings) if not is_word_character(s[-1])
        )

    def __len__(self) -> int:
        return len(self.spellings)

    def find(self, folded: str) -> list[tuple[int, int, int]]:
        """Return (spelling, start, end) of every whole-word occurrence, overlaps included."""
        found = self._find(folded, True)
        return self.whole_words(folded, found) if found else found

    def whole_words(
        self, folded: str, found: list[tuple[int, int, int]]
    ) -> list[tuple[int, int, int]]:
        """Keep the occurrences that begin and end where a word does."""
        length = len(folded)
        kept = []
        for hit in found:
            index, start, end = hit
            if end < length:
                after = folded[end]
                if after.isalnum():
                    if after < "\u2e80" and index not in self._open_end:
                        continue
                elif after == "_" and _in_account_name(folded, start):
                    continue
            if start:
                before = folded[start - 1]
                if before.isalnum():
                    if before < "\u2e80" and index not in self._open_start:
                        continue
                elif before == "_" and _in_account_name(folded, start):
                    continue
            kept.append(hit)
        return kept


def automaton(spellings: tuple[str, ...]) -> _Find:
    """Return a function that finds the spellings in a text."""
    if not spellings:
        return lambda _text, _overlapping: []
    small = sum(map(len, spellings)) <= _FAST_LIMIT
    built = ahocorasick_rs.AhoCorasick(
        spellings,
        store_patterns=False,
        implementation=ahocorasick_rs.Implementation.DFA if small else None,
    )
    find: _Find = built.find_matches_as_indexes
    return find


def _in_account_name(folded: str, start: int) -> bool:
    """Tell whether a place is inside the mention of an account, such as "@some_name"."""
    for position in range(start - 1, max(start - 40, -1), -1):
        char = folded[position]
        if char == "@":
            return True
        if not (char == "_" or is_word_character(char)):
            return False
    return False


def outside(found: list[Found], exceptions: list[tuple[int, int]]) -> list[Found]:
    """Drop what lies wholly inside an excepted stretch of text."""
    if not exceptions:
        return found
    ordered = sorted(exceptions)
    starts = [start for start, _ in ordered]
    furthest: list[int] = []
    for _, end in ordered:
        furthest.append(max(end, furthest[-1]) if furthest else end)
    kept = []
    for item in found:
        covering = bisect_right(starts, item.start)
        if not covering or furthest[covering - 1] < item.end:
            kept.append(item)
    return kept
