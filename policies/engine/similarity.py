"""A number that near-duplicates share: the same campaign with another name, link or greeting.

The words of a text are reduced (no links, mentions, numbers, short words, marks or repeated
letters) and put into an order that depends on nothing but the words; the first few stand for the
text. Changing or adding a word leaves them alone unless it is one of those few, so of two texts
that differ in one word in twelve about three in five agree, and of a campaign most of its copies.
Texts that have nothing to do with one another share all of these words practically never.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from zlib import crc32

from policies.engine.text import fold

LEAST_WORDS = 5
"""Fewest different words that make a text worth comparing: "well done everyone" is no campaign."""

_SKETCH = 3
_IGNORED = re.compile(r"(?:https?://|www\.)\S+|[@#]\w+|\S+\.\S+/\S*")
_WORD = re.compile(r"[^\W\d_]{4,}")
_REPEATED = re.compile(r"(.)\1+")


def signature(text: str) -> int | None:
    """Return the number of a text, or None where it has too few words; it fits 64 bits, signed."""
    folded = _REPEATED.sub(r"\1", _IGNORED.sub(" ", fold(text)))
    words = set(_WORD.findall(folded))
    if len(words) < LEAST_WORDS:
        return None
    sketch = sorted(words, key=lambda word: (crc32(word.encode()), word))[:_SKETCH]
    digest = blake2b(" ".join(sketch).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
