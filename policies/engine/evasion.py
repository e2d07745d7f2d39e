"""Undo spellings meant to get past a word list: 1d10t, i d i o t, id.iot, idiooot, id**t, ʇoıpı.

Ordinary writing contains most of these tricks by accident (5pm, U.K., sooo good, self-harm), so
nothing here is believed for its looks. Text that shows signs of evasion is reduced to a skeleton
in which every trick looks alike; where a term's skeleton occurs as a whole word, the letters that
really stand there are then compared with the term, trick by trick. Signs are patterns that ride
along with the rule set's own, so clean text costs nothing extra.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from policies.engine.disguise import MEANS, is_disguise
from policies.engine.lexicon import Lexicon, automaton
from policies.engine.skeleton import (
    MARKS,
    Skeleton,
    lengthened_words,
    of_term,
    signed_words,
    stretches,
)

Hit = tuple[int, int, int]
"""Number of a spelling, start and end in the folded text."""


class Undo(StrEnum):
    """A kind of evasion that a word list can have undone or not."""

    LOOK_ALIKES = "look_alikes"
    """Accents, other alphabets, styled letters, invisible characters, entities."""

    SIGNS = "signs"
    """Digits and signs in the place of letters."""

    SPACING = "spacing"
    """Spaces and marks between the letters of a word."""

    REPEATS = "repeats"
    """Letters written more often than the word has them."""

    STARS = "stars"
    """Stars in the place of letters."""

    REVERSED = "reversed"
    """Backwards or upside down."""

    SHORTENED = "shortened"
    """One letter or every vowel left out."""

    SWAPPED = "swapped"
    """Two letters in each other's place."""

    SPLIT = "split"
    """A space inside a word, or none between two."""

    SOUND = "sound"
    """Another spelling of the same sound."""


def kinds_of(written: str, term: str) -> frozenset[str]:
    """Return the kinds of evasion by which a term was written so."""
    kinds = set()
    rest = [char for char in written if not char.isalnum() and char not in term]
    if any(char in _STRONG for char in rest):
        kinds.add(Undo.STARS)
    signs = sum(char in MEANS and char not in term for char in written)
    if signs:
        kinds.add(Undo.SIGNS)
    if any(char not in _STRONG and char not in MEANS for char in rest):
        kinds.add(Undo.SPACING)
    letters = sum(char.isalnum() for char in written) + sum(char in MEANS for char in rest)
    if letters > sum(char.isalnum() for char in term):
        kinds.add(Undo.REPEATS)
    return frozenset(kinds)


_OPEN = r"(?:^|[\s\"'(\[*,:;>~])"
_CLOSE = r"(?:[\s\"'!?,.;:)\]*~]|$)"

SIGNS = (
    # Signs and digits among letters: id10t, 5tupid, $cum, b1tch35.
    rf"{_OPEN}[a-z]+[0-9$@|!€¢]+[a-z]",
    rf"{_OPEN}(?:[0-9]{{1,3}}[a-z]{{3}}|[0-9]{{1,3}}[a-z]+[0-9$@]+[a-z]|[$|!][a-z0-9]{{2}})",
    rf"{_OPEN}[a-z]+(?:[$@]|[0-57]|55){_CLOSE}",
    # A mark inside a word: id.iot; also between the words of a phrase: get_lost.
    rf"{_OPEN}#?[a-z0-9$]+[{MARKS}]{{1,2}}[a-z][a-z0-9$@{MARKS}]*{_CLOSE}",
)
GAPS = (
    # Single letters with something between: i d i o t, i-d-i-o-t.
    r"(?:^|[^a-z0-9'])[a-z0-9$@|](?:[^a-z0-9']{1,3}[a-z0-9$@|]){2,}(?:[^a-z0-9']|$)",
    r"[\x{1f1e6}-\x{1f1ff}]",
    r"[a-z]\s{2,}[a-z]",
)
LENGTHS = (
    "|".join(a * (4 if a == "w" else 3) for a in "abcdefghijklmnopqrstuvwxyz"),
    f"(?:{'|'.join(a * 2 for a in 'abcdefghijklmnopqrstuvwxyz')}){{3}}",
)
STARS = (rf"[a-z0-9][*#%×•]|{_OPEN}[a-z]+[\-_.][a-z]+{_CLOSE}",)
"""RE2 patterns of text worth a second look, by the sort of trick."""


@dataclass(frozen=True, slots=True)
class Gates:
    """The numbers that the signs of each trick have among the patterns of a rule set."""

    signs: frozenset[int]
    gaps: frozenset[int]
    lengths: frozenset[int]
    stars: frozenset[int]
    every: frozenset[int]

    @classmethod
    def open(cls, number: Callable[[str], int]) -> Gates:
        """Number every sign."""
        sorts = [frozenset(map(number, patterns)) for patterns in (SIGNS, GAPS, LENGTHS, STARS)]
        signs, gaps, lengths, stars = sorts
        return cls(signs, gaps, lengths, stars, every=frozenset().union(*sorts))


NO_GATES = Gates(*[frozenset[int]()] * 5)


class Evasion:
    """The terms of a lexicon in the forms needed to find them disguised. Safe to share."""

    def __init__(self, lexicon: Lexicon, gates: Gates) -> None:
        self._lexicon = lexicon
        self._gates = gates
        self._skeletons: tuple[tuple[int, ...], ...] = ()
        self._skeleton_of: dict[int, int] = {}
        self._skeleton_words: frozenset[str] = frozenset()
        self._find_skeletons = self._build_skeletons()
        self._words = self._build_words()

    def _build_skeletons(self) -> Callable[[str, bool], list[Hit]]:
        by_skeleton: dict[str, list[int]] = {}
        for index, spelling in enumerate(self._lexicon.spellings):
            if spelling[0] != "@":
                for reduced in of_term(spelling):
                    by_skeleton.setdefault(reduced, []).append(index)
        self._skeletons = tuple(tuple(numbers) for numbers in by_skeleton.values())
        self._skeleton_words = frozenset(word for key in by_skeleton for word in key.split())
        for number, indexes in enumerate(self._skeletons):
            for index in indexes:
                self._skeleton_of.setdefault(index, number)
        return automaton(tuple(by_skeleton))

    def _build_words(self) -> dict[tuple[int, str, str], tuple[str, ...]]:
        """Return the words of all terms by length, first letter, and last letter if it stands."""
        words: dict[tuple[int, str, str], dict[str, None]] = {}
        for spelling in self._lexicon.spellings:
            for word in spelling.split():
                if 3 <= len(word) <= 30 and word.isascii() and word.isalpha():
                    for last in (word[-1], ""):
                        words.setdefault((len(word), word[0], last), {})[word] = None
        return {key: tuple(found) for key, found in words.items()}

    def find(self, folded: str, held: Sequence[int], plain: list[Hit]) -> list[Hit]:
        """Return the terms that stand in the text disguised.

        `held` are the numbers of the patterns that hold, signs of evasion among them; `plain` are
        the terms found undisguised, which need no second look.
        """
        gates = self._gates
        known = self._skeleton_words
        gaps = not gates.gaps.isdisjoint(held)
        signs = gaps
        worth_it = gaps
        # A word that is part of no term, whatever its spelling hides, is not worth a second look.
        if not gaps and not gates.signs.isdisjoint(held):
            signs = gaps = worth_it = not known.isdisjoint(signed_words(folded))
        if not worth_it and not gates.lengths.isdisjoint(held):
            worth_it = not known.isdisjoint(lengthened_words(folded))
        hits: list[Hit] = []
        if worth_it:
            hits = self._disguised(Skeleton(folded, signs=signs, gaps=gaps), folded, plain)
        if not gates.stars.isdisjoint(held):
            hits += self._starred(folded)
        return hits

    def _disguised(self, skeleton: Skeleton, folded: str, plain: list[Hit]) -> list[Hit]:
        """Return the terms that stand in the text under signs, gaps or repeated letters."""
        reduced = skeleton.text
        length = len(reduced)
        found = [
            hit
            for hit in self._find_skeletons(reduced, True)
            if not (
                (hit[2] < length and reduced[hit[2]].isalnum())
                or (hit[1] and reduced[hit[1] - 1].isalnum())
            )
        ]
        if not found:
            return []
        if plain and len(found) <= len(plain):
            known = Counter(self._skeleton_of.get(spelling) for spelling, _, _ in plain)
            if all(known[number] >= n for number, n in Counter(f[0] for f in found).items()):
                return []
        hits: list[Hit] = []
        starts, ends = skeleton.trace()
        judged: dict[tuple[int, str], list[int]] = {}
        for number, begin, finish in found:
            start, end = starts[begin], ends[finish - 1]
            key = number, folded[start:end]
            if key not in judged:
                judged[key] = self._disguises(*key)
            hits += [(spelling, start, end) for spelling in judged[key]]
        return hits

    def _disguises(self, number: int, written: str) -> list[int]:
        """Return the spellings with this skeleton of which what is written is a disguise."""
        spellings = self._lexicon.spellings
        return [
            spelling
            for spelling in self._skeletons[number]
            if written != spellings[spelling] and is_disguise(written, spellings[spelling])
        ]

    def _starred(self, folded: str) -> list[Hit]:
        """Return the terms that stand in the text with marks in place of letters."""
        options: list[tuple[int, int, tuple[str, ...]]] = []
        memo: dict[str, tuple[str, ...]] = {}
        for start, token in _tokens(folded):
            if token not in memo:
                memo[token] = self._meant(token)
            if memo[token]:
                options.append((start, start + len(token), memo[token]))
        hits: dict[Hit, None] = {}
        for choice in range(max((len(words) for *_, words in options), default=0)):
            pieces: list[str] = []
            position = 0
            changed: list[tuple[int, int]] = []
            for start, end, words in options:
                if choice < len(words):
                    pieces += (folded[position:start], words[choice])
                    changed.append((start, end))
                    position = end
            pieces.append(folded[position:])
            # Words stand in for tokens of the same length, so offsets stay.
            found = self._lexicon.find("".join(pieces))
            hits.update(dict.fromkeys(_touching(found, changed)))
        return list(hits)

    def _meant(self, token: str) -> tuple[str, ...]:
        """Return the words of the lexicon that a starred token can stand for, if they are few."""
        known = [i for i, char in enumerate(token) if char not in _WILD]
        if len(token) < 4 and len(known) == len(token) - 1 and token[1] in "-_.":
            return ()
        ends_known = known[-1] == len(token) - 1
        if len(known) < 2 or not (ends_known or 2 * len(known) >= len(token)):
            return ()
        candidates: dict[str, None] = {}
        last = token[-1] if token[-1].isalpha() else ""
        for letter in MEANS.get(token[0], token[0]):
            for word in self._words.get((len(token), letter, last), ()):
                if all(word[i] in MEANS.get(token[i], token[i]) for i in known):
                    candidates[word] = None
        most = _MOST_MEANINGS if 2 * len(known) >= len(token) else 1
        return tuple(candidates) if len(candidates) <= most else ()


_STRONG = "*#%×•"
_WILD = _STRONG + "-_."
_MOST_MEANINGS = 5
_STARRED = re.compile(r"[a-z0-9$@][*#%×•]|[\-_.](?=[a-z])")
_TOKEN = re.compile(
    r"(?<![\w@/.*])(?:[a-z0-9@$]{1,30}(?:[*#%×•]{1,20}[a-z0-9@$]{0,30}){1,6}(?![\w*#%×•])"
    r"|[a-z]{1,30}[\-_.][a-z]{1,30}(?![\w\-.]))"
)


def _tokens(folded: str) -> Iterator[tuple[int, str]]:
    """Yield the tokens in which a mark may stand for a letter.

    People correct a typing error by a star before the word and add a footnote by one after it, so
    the first letter must stand, and a lone last star does not count.
    """
    for begin, stretch in stretches(folded, _STARRED):
        if "://" in stretch:
            continue
        for match in _TOKEN.finditer(stretch):
            token = match[0]
            if token[-1] in _STRONG and token[-2] not in _STRONG:
                token = token[:-1]
            if len(token) >= 3 and any(char in _WILD for char in token):
                yield begin + match.start(), token


def _touching(found: list[Hit], changed: list[tuple[int, int]]) -> Iterator[Hit]:
    """Yield the hits that include a place where a word stood in for a token."""
    starts = [start for start, _ in changed]
    for hit in found:
        at = bisect_left(starts, hit[1])
        if at < len(changed) and changed[at][1] <= hit[2]:
            yield hit


def turned(text: str) -> str | None:
    """Return an original text read from its other end, if it shows signs of being meant so."""
    if len(set(_TURNED_SIGN.findall(text))) >= 2:
        return text[::-1].translate(_UPSIDE_DOWN)
    return text[::-1] if "\u202e" in text else None


_UPSIDE_DOWN = {
    ord(a): b
    for a, b in zip("ɐɔǝɟƃɓɥᴉıɾʞɯɹʇʌʍʎpbqdnu¡˙", "acefgghiijkmrtvwydqbpun!.", strict=True)
}
_TURNED_SIGN = re.compile("[ɐɔǝɟƃɥᴉıɾʞɯɹʇʌʍʎ]")
