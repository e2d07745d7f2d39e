"""Cut prepared text into the pieces of words that the model knows, by longest match first.

The vocabulary travels inside the model's file. Training uses a library's tokeniser and checks that
this one, which needs no package, gives the same numbers.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

MAX_TOKENS = 48
"""With the marks at either end. Longer texts are read up to here."""

_LONGEST_WORD = 100
_REMEMBERED = 5_000


class _Apart(dict[int, str]):
    """Puts spaces around what is a word by itself: punctuation, and scripts without spaces."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        if category in ("Cc", "Cf", "Co", "Cn", "Mn"):
            apart = "" if char not in "\t\n\r" else " "
        elif _is_a_word(code, char, category):
            apart = f" {char} "
        else:
            apart = char
        if len(self) < _REMEMBERED:
            self[code] = apart
        return apart


def _is_a_word(code: int, char: str, category: str) -> bool:
    if code < 128:
        return not char.isalnum() and char != " "
    return category.startswith("P") or (
        0x4E00 <= code <= 0x9FFF or 0x3400 <= code <= 0x4DBF or 0xF900 <= code <= 0xFAFF
    )


_APART = _Apart()


class WordPieces:
    """A vocabulary, and how to find a text in it."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        self._numbers = vocabulary
        self._unknown = vocabulary["[UNK]"]
        self._first = vocabulary["[CLS]"]
        self._last = vocabulary["[SEP]"]

    def encode(self, text: str) -> list[int]:
        """Return the numbers of a prepared text, between the marks of its beginning and end."""
        if not text.isascii():
            text = unicodedata.normalize("NFD", text)
        numbers = [self._first]
        for word in text.translate(_APART).split():
            numbers += self._pieces(word)
            if len(numbers) >= MAX_TOKENS:
                break
        return [*numbers[: MAX_TOKENS - 1], self._last]

    def _pieces(self, word: str) -> list[int]:
        if len(word) > _LONGEST_WORD:
            return [self._unknown]
        numbers = []
        start = 0
        while start < len(word):
            prefix = "##" if start else ""
            for end in range(len(word), start, -1):
                number = self._numbers.get(prefix + word[start:end])
                if number is not None:
                    break
            else:
                return [self._unknown]
            numbers.append(number)
            start = end
        return numbers
