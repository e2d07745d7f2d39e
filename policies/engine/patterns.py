"""Every pattern in one linear-time pass; spans are worked out only for patterns that held.

One automaton over many simple patterns costs about as much as over one. Large patterns, which look
for many things with anything in between, multiply its states instead: over a few dozen of them it
spends its time building states that it hardly ever meets again. Those are looked at one by one, and
only where the text holds some piece of them that every match needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import re2

MAX_PATTERN_LENGTH = 2_000
"""Most characters in one pattern."""

MAX_PATTERNS = 5_000
"""Most patterns in one rule set."""

MAX_PROGRAM = 3_000
"""Most steps one pattern may compile to: about what a page of alternatives needs."""

SIMPLE_PROGRAM = 110
LARGE_PROGRAM = 400
"""With a pattern above the second among them, only those up to the first share an automaton."""

_PATTERN_MEMORY = 1 << 20
_SET_MEMORY = 48 << 20


class BadPattern(ValueError):
    """A pattern that cannot be used; the message says why in plain English."""


def _options(max_mem: int) -> re2.Options:
    options = re2.Options()
    options.max_mem = max_mem
    options.case_sensitive = False
    options.log_errors = False
    options.never_capture = True
    return options


class Pattern:
    """One compiled pattern."""

    __slots__ = ("_compiled", "size", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        self._compiled = self._compile(source)
        self.size: int = self._compiled.programsize

    def _compile(self, source: str) -> Any:  # google-re2 carries no types
        if len(source) > MAX_PATTERN_LENGTH:
            raise BadPattern(
                f"is {len(source):,} characters long; the most is {MAX_PATTERN_LENGTH:,}."
            )
        try:
            # Not through re2.compile(): its cache would keep every draft ever tried.
            compiled = re2._Regexp(source.encode(), _options(_PATTERN_MEMORY))
        except UnicodeEncodeError:
            raise BadPattern("contains a character that is not valid text.") from None
        except re2.error as error:
            raise BadPattern(_in_plain_english(error)) from None
        if compiled.programsize > MAX_PROGRAM:
            raise BadPattern("is too large. Use fewer or shorter repetitions, or split it.")
        if compiled.search(b"") is not None:
            raise BadPattern("matches empty text, so it would match every comment.")
        return compiled

    def find(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Yield byte offsets of every match that is not empty."""
        for match in self._compiled.finditer(data):
            start, end = match.span()
            if end > start:
                yield start, end


_REASONS = (
    ("missing ]", "has a “[” without its “]”."),
    ("missing closing ]", "has a “[” without its “]”."),
    ("missing closing )", "has a “(” without its “)”."),
    ("missing )", "has a “(” without its “)”."),
    ("unexpected )", "has a “)” without its “(”."),
    ("missing argument to repetition", "has a “*”, “+”, “?” or “{…}” with nothing to repeat."),
    ("no argument for repetition", "has a “*”, “+”, “?” or “{…}” with nothing to repeat."),
    ("bad repetition operator", "repeats a repetition, for example “a**”."),
    ("invalid perl operator", "uses “(?…”, which is not supported (look-ahead, look-behind)."),
    ("invalid named capture", "has a badly written named group."),
    ("invalid escape sequence", "has an unknown “\\…” sequence (references are not supported)."),
    ("trailing \\", "ends in a single “\\”."),
    ("invalid character class range", "has a range such as “z-a” the wrong way round."),
    ("invalid character class", "has an unknown class inside “[…]”."),
    ("invalid repetition size", "repeats more often than 1,000 times."),
    ("pattern too large", "is too large. Use fewer or shorter repetitions, or split it."),
    ("expression nests too deeply", "has too many brackets inside brackets."),
)


def _in_plain_english(error: Exception) -> str:
    raw = error.args[0] if error.args else error
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    for sign, reason in _REASONS:
        if sign in text:
            return reason
    return f"is not a valid pattern ({text})."


class PatternBook:
    """The patterns of a rule set; ask which hold, then where. Safe to share between threads."""

    def __init__(self, patterns: list[Pattern]) -> None:
        self._size = len(patterns)
        numbered = list(enumerate(patterns))
        limit = SIMPLE_PROGRAM if any(p.size > LARGE_PROGRAM for p in patterns) else MAX_PROGRAM
        simple = [entry for entry in numbered if entry[1].size <= limit]
        elaborate = [entry for entry in numbered if entry[1].size > limit]
        parts = []
        if simple:
            together = re2.Set.SearchSet(_options(_SET_MEMORY))
            parts.append(_Part(together, simple))
        if elaborate:
            parts.append(_Part(re2.Filter(), elaborate, _options(_PATTERN_MEMORY)))
        self._parts = parts
        self.match = _nothing if not parts else parts[0].match if len(parts) == 1 else self._match
        """Given the encoded folded text, return the numbers of the patterns that hold."""

    def __len__(self) -> int:
        return self._size

    def _match(self, data: bytes) -> list[int]:
        return [number for part in self._parts for number in part.match(data) or ()]


class _Part:
    """Patterns that are asked together, under the numbers they have in the whole book."""

    def __init__(
        self, matcher: Any, numbered: list[tuple[int, Pattern]], *options: re2.Options
    ) -> None:
        for _, pattern in numbered:
            matcher.Add(pattern.source.encode(), *options)
        try:
            matcher.Compile()
        except re2.error:
            message = "The patterns are too large together. Use fewer or simpler ones."
            raise BadPattern(message) from None
        self._numbers = [number for number, _ in numbered]
        self._ask = matcher.Match
        is_whole = self._numbers == list(range(len(self._numbers)))
        self.match = self._ask if is_whole else self._renumbered

    def _renumbered(self, data: bytes) -> list[int]:
        return [self._numbers[index] for index in self._ask(data) or ()]


def _nothing(_data: bytes) -> None:
    return None
