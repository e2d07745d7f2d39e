"""Compare what stands in a text with a term, letter by letter, allowing each trick its due."""

from __future__ import annotations

import re

LEET = {
    **{ord(a): b for a, b in zip("0123456789@$|€¢£l", "oizeasgtbgasiecii", strict=True)},
    **{0x1F1E6 + i: chr(ord("a") + i) if chr(97 + i) != "l" else "i" for i in range(26)},
}
"""What each sign stands for. "1" may be "i" or "l", so the two are one letter in a skeleton."""

MEANS = {
    "0": "o", "1": "il", "2": "z", "3": "e", "4": "a", "5": "s", "6": "gb", "7": "t",
    "8": "b", "9": "g", "@": "a", "$": "s", "|": "il", "!": "il", "€": "e", "¢": "c", "£": "l",
}  # fmt: skip
"""Every letter a sign may stand for, to check a word against."""

_REGIONAL = {chr(0x1F1E6 + i): chr(97 + i) for i in range(26)}


def is_disguise(written: str, term: str) -> bool:
    """Tell whether the letters that stand in the text are a disguise of a term.

    Letters must be the term's own, signs must be able to mean them, and a letter may be repeated
    beyond the term's own spelling only three times or more ("asss", not "god" for "good"), or
    every letter twice.
    """
    if not is_believable(written):
        return False
    seen = _runs("".join(c for c in written if c.isalnum() or c in MEANS or c in _REGIONAL))
    meant = _runs("".join(c for c in term if c.isalnum()))
    if len(seen) != len(meant):
        return False
    doubled = len(meant) > 2 and all(
        len(s) >= 2 * len(m) for s, m in zip(seen, meant, strict=True)
    )
    return all(_same(s, m, lengthened=doubled) for s, m in zip(seen, meant, strict=True))


def _runs(letters: str) -> list[str]:
    """Split into runs of what a skeleton holds to be one letter."""
    runs: list[str] = []
    previous = ""
    for char in letters:
        kind = LEET.get(ord(char), "i" if char == "!" else char)
        if kind == previous:
            runs[-1] += char
        else:
            runs.append(char)
            previous = kind
    return runs


def _same(seen: str, meant: str, *, lengthened: bool) -> bool:
    """Tell whether one run of written letters can be one run of the term's letters."""
    if len(seen) == len(meant):
        return all(_can_mean(s, m) for s, m in zip(seen, meant, strict=True))
    if len(seen) < len(meant) or not (len(seen) >= 3 or lengthened):
        return False
    wanted = set(meant)
    possible = {letter for char in seen for letter in _meanings(char)}
    return wanted <= possible and all(wanted & set(_meanings(char)) for char in seen)


def _can_mean(char: str, letter: str) -> bool:
    return char == letter or letter in _meanings(char)


def _meanings(char: str) -> str:
    return MEANS.get(char) or _REGIONAL.get(char, char)


_QUANTITY = re.compile(
    # 500, 5pm, 10k, 3rd, 5h17; A55, M25; £500.
    r"[£$€]?[0-9][0-9.,:]*(?:[a-z]{0,2}|[a-z][0-9]+)|[a-z]{1,2}[0-9]+"
)


def is_believable(written: str) -> bool:
    """Tell whether a piece of text is a word at all, not an amount, a time or a road."""
    letters = sum(char.isalpha() or char in _REGIONAL for char in written)
    signs = sum(char in MEANS for char in written)
    if not signs:
        return letters > 0
    if letters == 0 or _QUANTITY.fullmatch(written):
        return False
    return 4 * letters >= letters + signs
