"""Fill an empty platform with channels, posts and comments from JSON files."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from platforms.sandbox import store
from platforms.sandbox.database import Database

FOLDER = Path(__file__).parent / "seed"


def load_folder(database: Database, folder: Path = FOLDER) -> int:
    """Load every seed file of a folder; return how many channels were new."""
    now = datetime.now(UTC)
    new = 0
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        with database.writing() as db:
            new += load(db, document, now=now)
    return new


def load(db: sqlite3.Connection, document: Any, *, now: datetime) -> int:
    """Load one document: a list of channels, `{"channels": [...]}`, or a single channel.

    A channel is `{"channel": {...}, "posts": [...]}` or flat. One that is already there is left as
    it is, with all that people did to it.
    """
    new = 0
    for entry in _channels(document):
        channel = entry.get("channel", entry)
        handle = str(channel["handle"])
        if db.execute("SELECT 1 FROM channels WHERE handle = ?", (handle,)).fetchone():
            continue
        add_channel(
            db,
            handle=handle,
            name=str(channel.get("name", handle)),
            about=str(channel.get("about", channel.get("description", ""))),
            token=str(channel.get("token", "")),
            now=now,
        )
        _load_posts(db, handle, entry.get("posts", channel.get("posts", [])), now=now)
        new += 1
    return new


def add_channel(
    db: sqlite3.Connection,
    *,
    handle: str,
    name: str,
    now: datetime,
    about: str = "",
    token: str = "",
) -> None:
    """Open a channel. Without a token it gets the demonstration's one, made from its handle."""
    db.execute(
        "INSERT INTO channels VALUES (?, ?, ?, ?, ?)",
        (handle, name, about, token or demonstration_token(handle), store.stamp(now)),
    )


def demonstration_token(handle: str) -> str:
    """Return the bearer token of a seeded channel: no secret, for nothing here is real."""
    return f"sandbox-token-{handle}"


def add_post(
    db: sqlite3.Connection, *, handle: str, post_id: str, text: str, published_at: datetime
) -> None:
    """Publish a post on a channel."""
    db.execute(
        "INSERT INTO posts VALUES (?, ?, ?, ?)", (post_id, handle, text, store.stamp(published_at))
    )


def _channels(document: Any) -> Iterable[dict[str, Any]]:
    if isinstance(document, list):
        return document
    if "channels" in document:
        return list(document["channels"])
    return [document]


def _load_posts(
    db: sqlite3.Connection, handle: str, posts: list[dict[str, Any]], *, now: datetime
) -> None:
    comments: list[tuple[datetime, str, dict[str, Any]]] = []
    for number, post in enumerate(posts):
        post_id = str(post.get("id") or f"{handle}-post-{number + 1}")
        published_at = _ago(post, now)
        add_post(db, handle=handle, post_id=post_id, text=post["text"], published_at=published_at)
        comments += [(_ago(each, now), post_id, each) for each in post.get("comments", [])]
    # In the order of time, so that the stream of changes reads as it would have happened.
    known: set[str] = set()
    for at, post_id, each in sorted(comments, key=lambda comment: comment[0]):
        parent = str(each.get("parent") or "")
        written = store.write_comment(
            db,
            post_id=post_id,
            author=_author(each.get("author") or {}),
            text=each.get("first_text", each["text"]),
            parent=parent if parent in known else "",
            comment_id=str(each.get("id") or ""),
            likes=int(each.get("likes") or 0),
            at=store.stamp(at),
        )
        known.add(written["id"])
        if "first_text" in each:
            store.edit_comment(db, written["id"], each["text"])


def _author(given: dict[str, Any] | str) -> dict[str, str]:
    if isinstance(given, str):
        given = {"name": given}
    name = str(given.get("name") or given.get("handle") or "Someone")
    handle = str(given.get("handle") or name.lower().replace(" ", ".")).lstrip("@")
    return {"id": str(given.get("id") or f"u_{handle}"), "handle": handle, "name": name}


def _ago(entry: dict[str, Any], now: datetime) -> datetime:
    return now - timedelta(minutes=float(entry.get("minutes_ago") or 0))
