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
_MENTION = re.compile(r"[@#]\w+")
_WORD = re.compile(r"[^\W\d_]{4,}")
_REPEATED = re.compile(r"(.)\1+")


def signature(text: str) -> int | None:
    """Return the number of a text, or None where it has too few words; it fits 64 bits, signed."""
    told = " ".join(piece for piece in fold(text).split() if not _leads_elsewhere(piece))
    words = set(_WORD.findall(_REPEATED.sub(r"\1", _MENTION.sub(" ", told))))
    if len(words) < LEAST_WORDS:
        return None
    sketch = sorted(words, key=lambda word: (crc32(word.encode()), word))[:_SKETCH]
    digest = blake2b(" ".join(sketch).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _leads_elsewhere(piece: str) -> bool:
    """Tell whether a piece between spaces is an address. Plain searches, so that time is linear."""
    if "://" in piece or piece.startswith("www."):
        return True
    dot = piece.find(".", 1)
    return dot > 0 and piece.find("/", dot + 2) > 0
