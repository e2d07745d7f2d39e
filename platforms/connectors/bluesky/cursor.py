"""Where reading stands between two polls: the newest time seen, and the posts still watched."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

MOST_WATCHED = 100
MOST_CHARACTERS = 15_000


@dataclass(frozen=True, slots=True)
class Watched:
    """A post that is read again by its address, so that edits and deletions are followed."""

    uri: str
    cid: str
    reason: str
    gate: str = ""
    """The gate that hid it when last read."""
    replies: int = 0
    """How many replies of it are accounted for."""
    changes: int = 0
    """How often it changed under our eyes: what changes back is news too."""
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Cursor:
    """`seen` is the newest time up to which everything listed was read.

    `position` and `newest` are set while a long list is read in several goes. `own` holds how
    many replies each of the account's own posts had.
    """

    seen: str = ""
    position: str = ""
    newest: str = ""
    watched: tuple[Watched, ...] = ()
    own: dict[str, int] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read a stored cursor; anything else starts again from the beginning."""
        try:
            data = json.loads(text)
            return cls(
                seen=str(data["seen"]),
                position=str(data["position"]),
                newest=str(data["newest"]),
                watched=tuple(_watched(row) for row in data["watched"]),
                own={str(uri): int(count) for uri, count in data["own"].items()},
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls()

    def __str__(self) -> str:
        watched = list(self.watched[:MOST_WATCHED])
        while True:
            text = json.dumps(
                {
                    "seen": self.seen,
                    "position": self.position,
                    "newest": self.newest,
                    "watched": [
                        [w.uri, w.cid, w.reason, w.gate, w.replies, w.changes, int(w.is_gone)]
                        for w in watched
                    ],
                    "own": self.own,
                },
                separators=(",", ":"),
            )
            if len(text) <= MOST_CHARACTERS or not watched:
                return text
            # Long identifiers leave room for fewer posts: the oldest go.
            watched = watched[: len(watched) * 9 // 10]


def _watched(row: Any) -> Watched:
    uri, cid, reason, gate, replies, changes, is_gone = row
    return Watched(
        uri=str(uri),
        cid=str(cid),
        reason=str(reason),
        gate=str(gate),
        replies=int(replies),
        changes=int(changes),
        is_gone=bool(is_gone),
    )
