"""Recognise that a word is denied: "he is not a thief", "never said kill", "isn't stupid".

Simple on purpose: a negating word among the three words before, with no clause ending between.
It cannot tell "not just a thief"; such openings are listed as not negating.
"""

from __future__ import annotations

import re

_NEGATION = re.compile(
    r"(?:\b(?:not|never|no|nobody|neither|nor|without|hardly|cannot|aint|isnt|wasnt|arent|werent|"
    r"dont|doesnt|didnt|wont|wouldnt|couldnt|shouldnt)|n't)\b"
    r"(?!\s+(?:just|only|even|merely|surprised))"
    r"(?:\s+[^\s.;:!?,]+){0,3}\s+\Z"
)
_REACH = 60


def is_negated(folded: str, start: int) -> bool:
    """Tell whether what begins at `start` is denied by the words before it."""
    return _NEGATION.search(folded[max(0, start - _REACH) : start]) is not None
