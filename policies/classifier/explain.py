"""Which words moved a score: leave each out in turn and see how far the score falls."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from policies.classifier.model import Classifier

MOST_WORDS = 40
"""Words looked at: about as many as the model reads."""

LEAST_FALL = 0.03
"""A word whose absence lowers the score by less did not move it."""

SHOWN = 3

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Moved:
    """A word of the original text, and by how much the score falls without it."""

    start: int
    end: int
    fall: float


@lru_cache(maxsize=512)
def words_that_moved(model: Classifier, text: str, category: str) -> tuple[Moved, ...]:
    """Return the words that raised the score most, the strongest first.

    It runs the model once a word, so it is asked only for what somebody is about to read.
    """
    words = [match.span() for match in _WORD.finditer(text)][:MOST_WORDS]
    shown = text[: words[-1][1]] if words else ""
    without = [shown[:start] + " " + shown[end:] for start, end in words]
    whole, *others = (scores[category].value for scores in model.score([shown, *without]))
    moved = [
        Moved(start, end, round(whole - value, 4))
        for (start, end), value in zip(words, others, strict=True)
        if whole - value >= LEAST_FALL
    ]
    return tuple(sorted(moved, key=lambda word: (-word.fall, word.start))[:SHOWN])
