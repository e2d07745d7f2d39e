"""The AT Protocol's identifiers: record addresses, web links, and record keys made from a seed."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

POST = "app.bsky.feed.post"
THREADGATE = "app.bsky.feed.threadgate"
POSTGATE = "app.bsky.feed.postgate"
BLOCK = "app.bsky.graph.block"

_URI = re.compile(
    r"at://(did:[a-z]+:[A-Za-z0-9._:%-]+)/([a-zA-Z0-9.-]+)/([A-Za-z0-9._:~-]{1,512})"
)
_SORTABLE = "234567abcdefghijklmnopqrstuvwxyz"
# Record keys of kind TID are microseconds and a 10-bit clock number. A key made from a seed only
# has to look like one: these two years leave some 2^56 of them.
_FIRST_MICROSECOND = 1_672_531_200_000_000  # 2023-01-01
_MICROSECONDS = 2 * 365 * 24 * 3600 * 1_000_000


@dataclass(frozen=True, slots=True)
class RecordUri:
    """The address of one record: whose repository, which collection, which key."""

    did: str
    collection: str
    rkey: str

    @classmethod
    def parse(cls, uri: str) -> RecordUri:
        """Read `at://did/collection/key`; raises ValueError with a sentence."""
        found = _URI.fullmatch(uri)
        if not found:
            raise ValueError("The address of a record is not a complete at:// address.")
        return cls(*found.groups())

    def __str__(self) -> str:
        return f"at://{self.did}/{self.collection}/{self.rkey}"


def did_of(uri: str) -> str:
    """Return whose repository holds a record, or "" when the address is not one."""
    found = _URI.fullmatch(uri)
    return found[1] if found else ""


def profile_link(did: str) -> str:
    """Return where people see an account."""
    return f"https://bsky.app/profile/{did}"


def post_link(uri: str) -> str:
    """Return where people see a post."""
    address = RecordUri.parse(uri)
    return f"{profile_link(address.did)}/post/{address.rkey}"


def key_from_seed(seed: str) -> str:
    """Make the record key that a seed always leads to.

    Writing under it, on the condition that nothing is there, can never make a second record,
    and after a lost answer it tells where to look.
    """
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big")
    clock, number = number % 1024, number // 1024
    value = (_FIRST_MICROSECOND + number % _MICROSECONDS) << 10 | clock
    return "".join(_SORTABLE[value >> shift & 31] for shift in range(60, -1, -5))
