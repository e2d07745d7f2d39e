"""The text of a post of ours: its length as Bluesky counts it, and which parts of it are links."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

MAX_GRAPHEMES = 300
MAX_BYTES = 3_000

_LINK = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_MENTION = re.compile(
    r"(?<![\w@.])@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)",
    re.IGNORECASE,
)
_JOINER = "\u200d"
_AFTER_A_LINK = ".,;:!?'\u2019\u201d"


def count_graphemes(text: str) -> int:
    """Count the characters a reader sees.

    Joined emoji, accents and flags count once. Where the full rules of Unicode would count less
    (old Korean letters, some Indic clusters) this counts more, so that nothing too long is sent.
    """
    count = 0
    previous = ""
    open_flag = False
    for character in text:
        flag = "\U0001f1e6" <= character <= "\U0001f1ff"
        if _extends(character, previous) or (flag and open_flag):
            open_flag = False
        else:
            count += 1
            open_flag = flag
        previous = character
    return count


def _extends(character: str, previous: str) -> bool:
    if not previous or previous in "\r\n":
        return (previous, character) == ("\r", "\n")
    return (
        unicodedata.category(character) in {"Mn", "Me", "Mc"}
        or character in {_JOINER, "\u200c"}
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
        or (previous == _JOINER and unicodedata.category(character) == "So")
    )


def facets(text: str, *, did_for: Callable[[str], str]) -> list[dict[str, Any]]:
    """Mark the links and mentions of a text by byte offsets; a handle nobody has stays text.

    The values are Any because this is the platform's own structure.
    """
    found = [
        _facet(text, match.start(), match.start() + len(link), "link", {"uri": link})
        for match in _LINK.finditer(text)
        if (link := _trimmed(match[0]))
    ]
    links = [(facet["index"]["byteStart"], facet["index"]["byteEnd"]) for facet in found]
    for match in _MENTION.finditer(text):
        start = len(text[: match.start()].encode())
        if any(first <= start < last for first, last in links):
            continue
        if did := did_for(match[1].lower()):
            found.append(_facet(text, match.start(), match.end(), "mention", {"did": did}))
    return sorted(found, key=lambda facet: facet["index"]["byteStart"])


def _facet(text: str, start: int, end: int, kind: str, value: dict[str, str]) -> dict[str, Any]:
    first = len(text[:start].encode())
    return {
        "index": {"byteStart": first, "byteEnd": first + len(text[start:end].encode())},
        "features": [{"$type": f"app.bsky.richtext.facet#{kind}", **value}],
    }


def _trimmed(link: str) -> str:
    """Leave the full stop of the sentence, and a bracket that was not opened, outside the link."""
    while link and (
        link[-1] in _AFTER_A_LINK or (link[-1] == ")" and link.count("(") < link.count(")"))
    ):
        link = link[:-1]
    return link if len(link) > len("https://") else ""
