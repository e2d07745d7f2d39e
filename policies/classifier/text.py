"""Put a text into the one form in which the model reads it, in training and at run time alike."""

from __future__ import annotations

import html
import re
import unicodedata

from policies.engine.text import fold

MAX_CHARACTERS = 2_000
"""Most of a text that is read: the model sees far less, and a hostile text costs no more."""

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
_MENTION = re.compile(r"@\w+")
_REPEATS = re.compile(r"(.)\1{2,}")
_SPACES = re.compile(r"\s+")
_TAG = re.compile(r"<[a-z/][^<>]{0,200}>", re.IGNORECASE)

_SKIN = {
    "\U0001f3fb": " light skin ",
    "\U0001f3fc": " light skin ",
    "\U0001f3fd": " brown skin ",
    "\U0001f3fe": " dark skin ",
    "\U0001f3ff": " black skin ",
}
"""Skin tones carry the meaning of much hate written in emoji."""


def prepare(text: str) -> str:
    """Return the text as the model reads it: folded, emoji as words, addresses as one word."""
    text = _TAG.sub(" ", html.unescape(text[:MAX_CHARACTERS]))
    if not text.isascii():
        text = "".join(map(_spell, text))
    text = fold(text)
    text = _ADDRESS.sub(" http ", text)
    text = _MENTION.sub(" user ", text)
    text = _REPEATS.sub(r"\1\1", text)
    return _SPACES.sub(" ", text).strip()


def _spell(char: str) -> str:
    """Return an emoji's name in words; any other character as it is."""
    if char in _SKIN:
        return _SKIN[char]
    if char < "\u2190" or unicodedata.category(char) != "So":
        return char
    name = unicodedata.name(char, "").lower()
    if name.startswith("regional indicator symbol letter "):
        return name[-1]
    if "latin" in name or "squared" in name or "circled" in name:
        return char  # letters in disguise: folding turns them into plain ones
    return f" {name} "
