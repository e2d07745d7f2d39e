"""Grow a term into the grammatical forms its author asked for."""

from __future__ import annotations

from enum import StrEnum


class Form(StrEnum):
    """A family of endings. A term has none unless asked: ordinary words suffer from guesses."""

    PLURAL = "plural"
    """muppet, muppets"""

    VERB = "verb"
    """grass, grasses, grassed, grassing, grassin"""

    AGENT = "agent"
    """bully, bullier(s); wind, winder(s)"""

    ADJECTIVE = "adjective"
    """scum, scummy, scummier, scummiest"""


_VOWELS = "aeiou"


def forms_of(term: str, forms: tuple[Form, ...]) -> list[str]:
    """Return the term followed by its other forms; only the last word of a phrase changes."""
    head, space, word = term.rpartition(" ")
    found = [term]
    for form in forms:
        for grown in _GROW[form](word):
            candidate = head + space + grown
            if candidate not in found:
                found.append(candidate)
    return found


def _plural(word: str) -> list[str]:
    if word.endswith("y") and word[-2:-1] not in _VOWELS:
        return [word[:-1] + "ies"]
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return [word + "es"]
    return [word + "s"]


def _stem(word: str) -> str:
    """Return the stem that takes -ed, -ing, -er and -y: cut → cutt, bake → bak."""
    if word.endswith("e") and not word.endswith("ee"):
        return word[:-1]
    ends_in_short_syllable = (
        len(word) >= 3
        and word[-1] not in _VOWELS + "wxy"
        and word[-2] in _VOWELS
        and word[-3] not in _VOWELS
        and sum(letter in _VOWELS for letter in word) == 1
    )
    return word + word[-1] if ends_in_short_syllable else word


def _verb(word: str) -> list[str]:
    stem = _stem(word)
    past = word[:-1] + "ied" if word.endswith("y") and word[-2:-1] not in _VOWELS else stem + "ed"
    return [*_plural(word), past, stem + "ing", stem + "in"]


def _agent(word: str) -> list[str]:
    stem = _stem(word)
    if word.endswith("y") and word[-2:-1] not in _VOWELS:
        stem = word[:-1] + "i"
    return [stem + "er", stem + "ers"]


def _adjective(word: str) -> list[str]:
    stem = _stem(word)
    return [stem + "y", stem + "ier", stem + "iest"]


_GROW = {
    Form.PLURAL: _plural,
    Form.VERB: _verb,
    Form.AGENT: _agent,
    Form.ADJECTIVE: _adjective,
}
