"""Identifiers that sort by time: UUID version 7 (RFC 9562)."""

import os
import threading
import time
import uuid

_lock = threading.Lock()
_last = 0


def uuid7() -> uuid.UUID:
    """Make a UUID whose first 48 bits are the time in milliseconds, so that new rows lie together.

    Within one process each is greater than the one before, so that rows keep the order in which
    they were made: the first of a millisecond is random but for its time, the others count on.
    """
    global _last
    moment = time.time_ns() // 1_000_000
    with _lock:
        if moment > _last >> 80:
            fresh = (moment << 80) | int.from_bytes(os.urandom(10), "big")
            fresh = (fresh & ~(0xF << 76)) | (0x7 << 76)
            _last = (fresh & ~(0x3 << 62)) | (0x2 << 62)
        else:
            # The lowest 62 bits are a counter with room for ages.
            _last += 1
        return uuid.UUID(int=_last)


def _start_anew() -> None:
    """Let a child process count from a place of its own."""
    global _lock, _last
    _lock = threading.Lock()
    _last = 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
