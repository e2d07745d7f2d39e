"""Ways in which people disguise a word: each turns one term into another spelling, seeded."""

from __future__ import annotations

import random
from collections.abc import Callable

ACCENTS = str.maketrans("aeiounc", "áéîöüñç")
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
CYRILLIC = str.maketrans("aceopxy", "асеорху")
LIGHT = str.maketrans("aeio", "431" + "0")
HEAVY = str.maketrans("abegiostlz", "48369057|2")
UPSIDE_DOWN = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍxʎz")
SOUNDS = (("ph", "f"), ("ck", "k"), ("c", "k"), ("x", "ks"), ("qu", "kw"), ("i", "y"))
SYMBOLS = "@#$%&!"

Disguise = Callable[[str, random.Random], str]


def _mathematical(term: str) -> str:
    return "".join(chr(0x1D400 + ord(c) - 97 + 26) if "a" <= c <= "z" else c for c in term.lower())


def _enclosed(term: str) -> str:
    return "".join(chr(0x24D0 + ord(c) - 97) if "a" <= c <= "z" else c for c in term.lower())


def _regional(term: str) -> str:
    letters = (chr(0x1F1E6 + ord(c) - 97) if "a" <= c <= "z" else c for c in term.lower())
    return "\u200b".join(letters)


def _emoji(term: str) -> str:
    return "".join(chr(0x1F170) if c == "a" else chr(0x1F17E) if c == "o" else c for c in term)


def _inside(term: str, chance: random.Random) -> int:
    return chance.randrange(1, max(2, len(term) - 1))


def _insert(what: str) -> Disguise:
    def act(term: str, chance: random.Random) -> str:
        at = _inside(term, chance)
        return term[:at] + what + term[at:]

    return act


def _one_look_alike(term: str, chance: random.Random) -> str:
    places = [n for n, c in enumerate(term) if c in "aceopxy"]
    if not places:
        return term
    at = chance.choice(places)
    return term[:at] + term[at].translate(CYRILLIC) + term[at + 1 :]


def _star_one(term: str, chance: random.Random) -> str:
    at = _inside(term, chance)
    return term[:at] + "*" + term[at + 1 :]


def _swear_in_symbols(term: str, chance: random.Random) -> str:
    return term[0] + "".join(chance.choice(SYMBOLS) for _ in term[1:-1]) + term[-1]


def _delete(term: str, chance: random.Random) -> str:
    at = _inside(term, chance)
    return term[:at] + term[at + 1 :]


def _swap(term: str, chance: random.Random) -> str:
    at = _inside(term, chance)
    return term[: at - 1] + term[at] + term[at - 1] + term[at + 1 :]


def _sound(term: str, chance: random.Random) -> str:
    for heard, written in SOUNDS:
        if heard in term:
            return term.replace(heard, written, 1)
    return term


KINDS: dict[str, Disguise] = {
    "mixed case": lambda t, r: "".join(c.upper() if r.random() < 0.5 else c for c in t),
    "accents": lambda t, r: t.translate(ACCENTS),
    "stacked marks": lambda t, r: "".join(c + "\u0335\u0301\u0323" for c in t),
    "full width": lambda t, r: t.translate(WIDE),
    "mathematical letters": lambda t, r: _mathematical(t),
    "enclosed letters": lambda t, r: _enclosed(t),
    "regional letters": lambda t, r: _regional(t),
    "one look-alike": _one_look_alike,
    "all look-alikes": lambda t, r: t.translate(CYRILLIC),
    "leetspeak, light": lambda t, r: t.translate(LIGHT),
    "leetspeak, heavy": lambda t, r: t.translate(HEAVY),
    "emoji letters": lambda t, r: _emoji(t),
    "zero width": lambda t, r: "\u200b".join(t),
    "soft hyphens": lambda t, r: "\u00ad".join(t),
    "dots between": lambda t, r: ".".join(t.replace(" ", "")),
    "spaces between": lambda t, r: " ".join(t.replace(" ", "")),
    "stray punctuation": lambda t, r: _insert(r.choice(".-'_"))(t, r),
    "one letter repeated": lambda t, r: t[:-1] + t[-1] * 4,
    "every letter repeated": lambda t, r: "".join(c * 2 for c in t),
    "a letter starred": _star_one,
    "middle starred": lambda t, r: t[0] + "*" * (len(t) - 2) + t[-1],
    "symbol swearing": _swear_in_symbols,
    "HTML entities": lambda t, r: "".join(f"&#{ord(c)};" for c in t),
    "dropped vowels": lambda t, r: t[0] + "".join(c for c in t[1:] if c not in "aeiou"),
    "one letter deleted": _delete,
    "two letters swapped": _swap,
    "words run together": lambda t, r: f"you{t.replace(' ', '')}shut",
    "a space inside": _insert(" "),
    "right-to-left override": lambda t, r: "\u202e" + t[::-1] + "\u202c",
    "reversed": lambda t, r: t[::-1],
    "upside down": lambda t, r: t[::-1].translate(UPSIDE_DOWN),
    "phonetic": _sound,
}
"""Each on its own is one step; two of them, one after the other, are two."""

FREE_OF_OTHERS = frozenset({"dots between", "spaces between", "words run together"})
"""Kinds after which another makes nonsense; in pairs they come second."""
