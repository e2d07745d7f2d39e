"""Read a disguised text as its author wants it read, so that patterns see through it as well.

A word list compares letter by letter and needs no second text. A pattern looks at whole phrases,
so the phrase is written out again: "we know where y0u live" with its "o", "y o u  a r e" as words,
"k*ll" with its vowel. Words that the rule set itself uses decide between readings ("1" is an "i"
or an "l"); amounts, times, addresses and mentions of accounts stay as they are. Every character of
the second text knows where it stands in the first.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from itertools import accumulate, chain, islice, product

from policies.engine.disguise import MEANS, is_believable
from policies.engine.skeleton import MARKS

_SIGNS = "0-9@$|!€¢£"
_SIGN = re.compile(rf"[{_SIGNS}]")
_PIECE = re.compile(rf"[a-z{_SIGNS}*{MARKS}]+")
_LETTER = re.compile(r"[a-z]")
_MARK = re.compile(rf"[{MARKS}]+")
_LONG_RUN = re.compile(r"([a-z])\1{2,}")
_ADDRESS = re.compile(r"://|@[a-z0-9\-]+\.|\.[a-z]{2,}/|^www\.")
_SPACED = re.compile(
    # Single letters with the same thing between them, at least three.
    r"(?<![^\W_])(?<!['@#])[a-z](?: [a-z]){2,}(?![^\W_'])|(?<=[^\W_]) {2,}(?=[^\W_])"
)
_MOST_READINGS = 32
_LONGEST_RUN = 200
"""Most letters of a spaced-out run that are split into words."""

_SHORT_WORDS = frozenset("aiu")
_COMMON_WORDS = (
    "am an and are as at be been but by can did do does for from get go got had has have he her "
    "here him his how if in is it its just like me my no not now of off on one or our out over "
    "she so than that the their them then there they this those to too up us was we were what "
    "when where which who will with would you your all any been being these"
)
_COMMON = frozenset(_COMMON_WORDS.split())


def words_of_pattern(source: str) -> Iterator[str]:
    """Yield the words that a pattern spells out, as far as they can be read off it."""
    text = source.replace("\\b", " ").replace("\\w", " ")
    for match in re.finditer(r"[a-z]+", text):
        word = match[0]
        if len(word) > 1:
            yield word
            if text[match.end() : match.end() + 1] == "?" and len(word) > 2:
                yield word[:-1]


class Vocabulary:
    """The words by which a disguised text is read. Safe to share between threads."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = frozenset(word for word in words if len(word) > 1) | _COMMON
        self._by_shape: dict[tuple[int, str, str], list[str]] = {}
        for word in sorted(self.words):
            if len(word) >= 3:
                self._by_shape.setdefault((len(word), word[0], word[-1]), []).append(word)

    def __contains__(self, word: str) -> bool:
        return word in self.words

    def starred(self, word: str) -> str | None:
        """Return the word of the vocabulary that a word with stars can only be."""
        fitting = [
            known
            for known in self._by_shape.get((len(word), word[0], word[-1]), ())
            if all(a in ("*", b) for a, b in zip(word, known, strict=True))
        ]
        return fitting[0] if len(fitting) == 1 else None

    def split(self, letters: str) -> list[str] | None:
        """Return letters that run on as words of the vocabulary, the fewest that will do."""
        if letters in self.words:
            return [letters]
        if len(letters) > _LONGEST_RUN:
            return None
        best: list[int | None] = [0] + [None] * len(letters)
        came_from = [0] * (len(letters) + 1)
        for end in range(1, len(letters) + 1):
            for begin in range(max(0, end - 20), end):
                steps = best[begin]
                word = letters[begin:end]
                if steps is None or not (word in self.words or word in _SHORT_WORDS):
                    continue
                known = best[end]
                if known is None or steps + 1 < known:
                    best[end] = steps + 1
                    came_from[end] = begin
        if best[-1] is None:
            return None
        words: list[str] = []
        end = len(letters)
        while end:
            words.append(letters[came_from[end] : end])
            end = came_from[end]
        return words[::-1]


class Rereading:
    """The text as it reads once undone, and where each of its characters comes from."""

    __slots__ = ("_characters", "_ends", "_starts", "data", "text")

    def __init__(self, text: str, starts: array[int], ends: array[int]) -> None:
        self.text = text
        self.data = text.encode()
        self._starts = starts
        self._ends = ends
        self._characters: array[int] | None = None

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the first text from which a span of the second comes."""
        return self._starts[start], self._ends[end - 1]

    def folded(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the first text from which a span of the encoded second comes."""
        if len(self.data) != len(self.text):
            if self._characters is None:
                sizes = [len(char.encode()) for char in self.text]
                self._characters = array("l", chain([0], accumulate(sizes)))
            start = bisect_left(self._characters, start)
            end = bisect_left(self._characters, end)
        return self._starts[start], self._ends[end - 1]


class _Writer:
    """Writes the second text beside a note of where it comes from."""

    def __init__(self, folded: str) -> None:
        self._folded = folded
        self._pieces: list[str] = []
        self._starts = array("l")
        self._ends = array("l")
        self._done = 0
        self.has_changed = False

    def copy_to(self, position: int) -> None:
        """Copy the first text unchanged up to a position."""
        if position > self._done:
            self._pieces.append(self._folded[self._done : position])
            self._starts.extend(range(self._done, position))
            self._ends.extend(range(self._done + 1, position + 1))
            self._done = position

    def put(self, text: str, places: Collection[int], end: int) -> None:
        """Write text of which each character stands at its place; the first goes on at `end`."""
        self._pieces.append(text)
        self._starts.extend(places)
        self._ends.extend(place + 1 for place in places)
        self._done = end
        self.has_changed = True

    def finish(self) -> Rereading:
        self.copy_to(len(self._folded))
        return Rereading("".join(self._pieces), self._starts, self._ends)


def reread(folded: str, vocabulary: Vocabulary) -> Rereading | None:
    """Return the text as it reads undone, or None where nothing in it is disguised."""
    writer = _Writer(folded)
    for start, end in _stretches(folded):
        found = folded[start:end]
        if found[0] == " ":
            writer.copy_to(start)
            writer.put(" ", [start], end)
        elif " " in found:
            _write_spaced(writer, vocabulary, start, found)
        else:
            _write_word(writer, vocabulary, start, found)
    return writer.finish() if writer.has_changed else None


def _stretches(folded: str) -> Iterator[tuple[int, int]]:
    """Yield spaced-out runs, and between them the words that look disguised."""
    position = 0
    for match in _SPACED.finditer(folded):
        yield from _odd_words(folded, position, match.start())
        yield match.span()
        position = match.end()
    yield from _odd_words(folded, position, len(folded))


def _odd_words(folded: str, begin: int, finish: int) -> Iterator[tuple[int, int]]:
    at = begin
    for token in folded[begin:finish].split(" "):
        end = at + len(token)
        if token and not token.isalpha() and token[0] not in "@#" and not _ADDRESS.search(token):
            for match in _PIECE.finditer(token):
                yield at + match.start(), at + match.end()
        elif token.isalpha() and _LONG_RUN.search(token):
            yield at, end
        at = end + 1


def _write_spaced(writer: _Writer, vocabulary: Vocabulary, start: int, found: str) -> None:
    """Write single letters with spaces between as the words that they spell."""
    places = [start + match.start() for match in _LETTER.finditer(found)]
    letters = "".join(found[place - start] for place in places)
    words = vocabulary.split(letters)
    if words is None:
        if len(letters) > 20:
            return
        words = [letters]
    writer.copy_to(start)
    text: list[str] = []
    where: list[int] = []
    position = 0
    for word in words:
        if text:
            text.append(" ")
            where.append(places[position - 1] + 1)
        text.append(word)
        where += places[position : position + len(word)]
        position += len(word)
    writer.put("".join(text), where, start + len(found))


def _write_word(writer: _Writer, vocabulary: Vocabulary, start: int, found: str) -> None:
    """Write one word without its disguise, if it has one."""
    bare = found.rstrip(".,!?-_~^+#\\*")
    if not bare or (bare.isalpha() and not _LONG_RUN.search(bare)):
        return
    places = range(start, start + len(bare))
    undone = _undo_signs(bare, vocabulary)
    undone, kept = _undo_marks(undone, vocabulary)
    undone, kept = _undo_runs(undone, kept, vocabulary)
    if "*" in undone and undone[0] != "*":
        undone = vocabulary.starred(undone) or undone
    if undone == bare:
        return
    writer.copy_to(start)
    writer.put(undone, [places[at] for at in kept], start + len(bare))


def _undo_signs(bare: str, vocabulary: Vocabulary) -> str:
    """Write signs and digits among letters as the letters that they stand for."""
    if not _SIGN.search(bare) or not is_believable(bare):
        return bare
    options = [MEANS.get(char, char) for char in bare]
    first = "".join(option[0] for option in options)
    if any(len(option) > 1 for option in options):
        readings = ("".join(r) for r in islice(product(*options), _MOST_READINGS))
        return next((r for r in readings if _MARK.sub("", r) in vocabulary), first)
    return first


def _undo_marks(word: str, vocabulary: Vocabulary) -> tuple[str, list[int]]:
    """Take marks out of a word where what is left is a word and its parts are none."""
    everything = list(range(len(word)))
    if not _MARK.search(word):
        return word, everything
    letters = _MARK.sub("", word)
    parts = [part for part in _MARK.split(word) if part]
    spelt_out = all(len(part) == 1 for part in parts)
    single = spelt_out and len(parts) >= 3
    # Two letters with a mark between are an abbreviation: U.K.
    known = (
        letters in vocabulary
        and not all(part in vocabulary for part in parts)
        and not (spelt_out and len(parts) == 2)
    )
    if not letters.isalpha() or not (single or known):
        return word, everything
    return letters, [at for at in everything if not _MARK.match(word[at])]


def _undo_runs(word: str, kept: list[int], vocabulary: Vocabulary) -> tuple[str, list[int]]:
    """Shorten letters that stand three times or more."""
    if not _LONG_RUN.search(word):
        return word, kept
    runs = list(_LONG_RUN.finditer(word))
    if len(runs) > 5:
        return word, kept
    for lengths in product((1, 2), repeat=len(runs)):
        dropped = {
            at
            for run, length in zip(runs, lengths, strict=True)
            for at in range(run.start() + length, run.end())
        }
        shorter = "".join(char for at, char in enumerate(word) if at not in dropped)
        if shorter in vocabulary:
            return shorter, [place for at, place in enumerate(kept) if at not in dropped]
    return word, kept
