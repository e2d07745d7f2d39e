"""Misbehaviour on demand: which call goes wrong next, how, and how often."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

ACTS = (
    "any",
    "fetch",
    "look",
    "hide",
    "unhide",
    "delete",
    "block",
    "unblock",
    "reply",
    "warn",
    "report",
)
FOR_EVER = -1


class Kind(StrEnum):
    """How a call goes wrong."""

    ERROR = "error"
    THROTTLE = "throttle"
    REFUSE = "refuse"
    EXPIRE = "expire"
    DOWN = "down"
    SLOW = "slow"
    LOSE = "lose"


SENTENCES = {
    Kind.ERROR: "answers 500 and does nothing",
    Kind.THROTTLE: "answers 429 with Retry-After and does nothing",
    Kind.REFUSE: "answers 403 and does nothing",
    Kind.EXPIRE: "answers 401 as if the token had expired",
    Kind.DOWN: "closes the connection before doing anything",
    Kind.SLOW: "waits first, then does it",
    Kind.LOSE: "does it, then closes the connection without an answer",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of misbehaviour for one act; `seconds` is the wait or the Retry-After."""

    act: str
    kind: Kind
    channel: str = ""
    remaining: int = 1
    seconds: float = 0.0
    id: int = 0


def parse(given: Any) -> Fault:
    """Return a fault from what a form or a program sent; raises ValueError with a sentence."""
    if not isinstance(given, dict):
        raise TypeError("A fault is an object with an act and a kind.")
    act = str(given.get("act", "any"))
    if act not in ACTS:
        raise ValueError(f"The act is one of: {', '.join(ACTS)}.")
    try:
        kind = Kind(str(given.get("kind", "")))
    except ValueError:
        raise ValueError(f"The kind is one of: {', '.join(Kind)}.") from None
    try:
        times = int(given.get("times", 1))
        seconds = float(given.get("seconds", 0))
    except (TypeError, ValueError):
        raise ValueError("Times and seconds are numbers.") from None
    if times != FOR_EVER and not 1 <= times <= 10_000:
        raise ValueError("Times is between 1 and 10,000, or -1 until it is cleared.")
    if not 0 <= seconds <= 86_400:
        raise ValueError("Seconds is between 0 and 86,400.")
    channel = str(given.get("channel", ""))
    return Fault(act=act, kind=kind, channel=channel, remaining=times, seconds=seconds)


def add(db: sqlite3.Connection, fault: Fault) -> None:
    """Line up a fault behind those already waiting."""
    db.execute(
        "INSERT INTO faults (channel, act, kind, remaining, seconds) VALUES (?, ?, ?, ?, ?)",
        (fault.channel, fault.act, fault.kind.value, fault.remaining, fault.seconds),
    )


def clear(db: sqlite3.Connection) -> None:
    """Behave again."""
    db.execute("DELETE FROM faults")


def waiting(db: sqlite3.Connection) -> list[Fault]:
    """Return the faults that will still happen, in order."""
    rows = db.execute("SELECT * FROM faults WHERE remaining <> 0 ORDER BY id")
    return [_fault(row) for row in rows]


def concern(db: sqlite3.Connection, *, act: str, channel: str) -> bool:
    """Tell whether any fault waits for a call; a read, so that good days need no write lock."""
    return _next(db, act=act, channel=channel) is not None


def consume(db: sqlite3.Connection, *, act: str, channel: str) -> Fault | None:
    """Take one happening of the oldest fault for this call; call inside a write."""
    row = _next(db, act=act, channel=channel)
    if row is None:
        return None
    if row["remaining"] > 1:
        db.execute("UPDATE faults SET remaining = remaining - 1 WHERE id = ?", (row["id"],))
    elif row["remaining"] != FOR_EVER:
        db.execute("DELETE FROM faults WHERE id = ?", (row["id"],))
    return _fault(row)


def _next(db: sqlite3.Connection, *, act: str, channel: str) -> Any:
    found = db.execute(
        "SELECT * FROM faults WHERE remaining <> 0 AND act IN (?, 'any')"
        " AND channel IN (?, '') ORDER BY id LIMIT 1",
        (act, channel),
    )
    return found.fetchone()


def _fault(row: Any) -> Fault:
    return Fault(
        id=row["id"],
        act=row["act"],
        kind=Kind(row["kind"]),
        channel=row["channel"],
        remaining=row["remaining"],
        seconds=row["seconds"],
    )
