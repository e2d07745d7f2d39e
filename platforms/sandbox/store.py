"""What can happen on the platform, each as one function over a connection.

Functions that a channel calls return whether anything changed and write an effect only then, so the
effects table counts what was really done. Replies, warnings and reports are done as often as they
are asked: the platform keeps the idempotency key for looking up and does not act upon it.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Row = dict[str, Any]  # one row of a table, as SQLite gives it

LONGEST_TEXT = 10_000


class Refusal(Exception):
    """The platform will not do this; `status` is the HTTP status that says so."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def moment() -> str:
    """Return now in UTC, as stored and as sent."""
    return stamp(datetime.now(UTC))


def stamp(when: datetime) -> str:
    """Return a time as stored and as sent."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def next_seq(db: sqlite3.Connection) -> int:
    """Return the next number of the stream of changes; call inside a write."""
    row = db.execute("UPDATE counters SET value = value + 1 WHERE name = 'seq' RETURNING value")
    return int(row.fetchone()[0])


# Reading


def channels(db: sqlite3.Connection) -> list[Row]:
    """Return every channel with the number of its posts and visible comments."""
    rows = db.execute(
        "SELECT c.*, (SELECT count(*) FROM posts p WHERE p.channel = c.handle) AS posts,"
        " (SELECT count(*) FROM comments m WHERE m.channel = c.handle AND m.state = 'live')"
        " AS comments FROM channels c ORDER BY c.name"
    )
    return [dict(row) for row in rows]


def channel(db: sqlite3.Connection, handle: str) -> Row:
    """Return one channel or refuse with 404."""
    return _one(db, "SELECT * FROM channels WHERE handle = ?", handle, what="channel")


def posts(db: sqlite3.Connection, handle: str) -> list[Row]:
    """Return a channel's posts, newest first, with the number of visible comments."""
    rows = db.execute(
        "SELECT p.*, (SELECT count(*) FROM comments m WHERE m.post = p.id AND m.state = 'live')"
        " AS comments FROM posts p WHERE p.channel = ? ORDER BY p.published_at DESC, p.id",
        (handle,),
    )
    return [dict(row) for row in rows]


def post(db: sqlite3.Connection, post_id: str) -> Row:
    """Return one post or refuse with 404."""
    return _one(db, "SELECT * FROM posts WHERE id = ?", post_id, what="post")


_COMMENT = (
    "SELECT m.*, a.handle AS author_handle, a.name AS author_name, p.text AS post_text,"
    " p.published_at AS post_published_at, c.name AS channel_name,"
    " (SELECT count(*) FROM comments r WHERE r.parent = m.id AND r.state <> 'deleted') AS replies"
    " FROM comments m JOIN posts p ON p.id = m.post JOIN channels c ON c.handle = m.channel"
    " LEFT JOIN authors a ON a.id = m.author"
)


def comment(db: sqlite3.Connection, comment_id: str) -> Row:
    """Return one comment with its author and post, or refuse with 404."""
    return _one(db, f"{_COMMENT} WHERE m.id = ?", comment_id, what="comment")


def comments_of_post(db: sqlite3.Connection, post_id: str) -> list[Row]:
    """Return all comments under a post, oldest first, whatever their state."""
    rows = db.execute(f"{_COMMENT} WHERE m.post = ? ORDER BY m.created_at, m.seq", (post_id,))
    return [dict(row) for row in rows]


def changes(db: sqlite3.Connection, handle: str, *, since: int, limit: int) -> list[Row]:
    """Return a channel's comments changed after number `since`, in the order of change."""
    rows = db.execute(
        f"{_COMMENT} WHERE m.channel = ? AND m.seq > ? ORDER BY m.seq LIMIT ?",
        (handle, since, limit),
    )
    return [dict(row) for row in rows]


def newest_seq(db: sqlite3.Connection) -> int:
    """Return the number of the newest change anywhere; a reader ahead of it knew another file."""
    return int(db.execute("SELECT value FROM counters WHERE name = 'seq'").fetchone()[0])


def authors(db: sqlite3.Connection) -> list[Row]:
    """Return everybody who ever wrote something."""
    return [dict(row) for row in db.execute("SELECT * FROM authors ORDER BY name, id")]


def is_blocked(db: sqlite3.Connection, handle: str, author: str) -> bool:
    """Tell whether a channel blocks an author."""
    found = db.execute("SELECT 1 FROM blocks WHERE channel = ? AND author = ?", (handle, author))
    return found.fetchone() is not None


def messages_by_key(db: sqlite3.Connection, handle: str, kind: str, key: str) -> list[Row]:
    """Return a channel's warnings or reports that carried an idempotency key."""
    rows = db.execute(
        "SELECT * FROM messages WHERE channel = ? AND kind = ? AND idempotency_key = ?"
        " ORDER BY created_at, id",
        (handle, kind, key),
    )
    return [dict(row) for row in rows]


def messages_to(db: sqlite3.Connection, author: str) -> list[Row]:
    """Return the private warnings an author received, newest first."""
    rows = db.execute(
        "SELECT w.*, c.name AS channel_name, m.text AS comment_text FROM messages w"
        " JOIN comments m ON m.id = w.comment JOIN channels c ON c.handle = w.channel"
        " WHERE w.kind = 'warn' AND m.author = ? ORDER BY w.created_at DESC, w.id",
        (author,),
    )
    return [dict(row) for row in rows]


def replies_by_key(db: sqlite3.Connection, handle: str, key: str) -> list[Row]:
    """Return a channel's replies that carried an idempotency key and still stand."""
    rows = db.execute(
        f"{_COMMENT} WHERE m.channel = ? AND m.author IS NULL AND m.idempotency_key = ?"
        " AND m.state <> 'deleted' ORDER BY m.seq",
        (handle, key),
    )
    return [dict(row) for row in rows]


def effects(
    db: sqlite3.Connection, *, where: Mapping[str, str] | None = None, limit: int = 1000
) -> list[Row]:
    """Return what channels really did, newest first, filtered by channel, act and target."""
    clause, values = _where(where or {})
    rows = db.execute(
        f"SELECT * FROM effects{clause} ORDER BY id DESC LIMIT ?",  # noqa: S608 - our own names
        (*values, limit),
    )
    return [dict(row) for row in rows]


def effect_counts(db: sqlite3.Connection, *, where: Mapping[str, str]) -> list[Row]:
    """Return how often each act was really done to each target."""
    clause, values = _where(where)
    rows = db.execute(
        f"SELECT act, target, count(*) AS count FROM effects{clause}"  # noqa: S608 - our own names
        " GROUP BY act, target ORDER BY act, target",
        values,
    )
    return [dict(row) for row in rows]


# What people do


def write_comment(
    db: sqlite3.Connection,
    *,
    post_id: str,
    author: Row,
    text: str,
    parent: str = "",
    comment_id: str = "",
    likes: int = 0,
    at: str = "",
) -> Row:
    """Have somebody comment under a post, or reply to a comment there."""
    under = post(db, post_id)
    if parent and comment(db, parent)["post"] != post_id:
        raise Refusal(422, "wrong_parent", "That comment stands under another post.")
    if is_blocked(db, under["channel"], author["id"]):
        raise Refusal(403, "blocked", f"{author['name']} is blocked by this channel.")
    at = at or moment()
    new_id = comment_id or f"c_{uuid.uuid4().hex[:16]}"
    _keep_author(db, author)
    db.execute(
        "INSERT INTO comments (id, seq, channel, post, parent, author, text, likes, created_at,"
        " updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            new_id,
            next_seq(db),
            under["channel"],
            post_id,
            parent or None,
            author["id"],
            checked_text(text),
            likes,
            at,
            at,
        ),
    )
    return comment(db, new_id)


def edit_comment(db: sqlite3.Connection, comment_id: str, text: str) -> Row:
    """Have its author change a comment's words."""
    standing(db, comment_id)
    db.execute(
        "UPDATE comments SET text = ?, version = version + 1, seq = ?, updated_at = ?"
        " WHERE id = ?",
        (checked_text(text), next_seq(db), moment(), comment_id),
    )
    return comment(db, comment_id)


def move_comment(db: sqlite3.Connection, comment_id: str, state: str) -> bool:
    """Bring a comment into a state; return whether it was in another. Deleted is for ever."""
    current = comment(db, comment_id)["state"]
    if current == state:
        return False
    if current == "deleted":
        raise Refusal(410, "deleted", "The comment is deleted.")
    db.execute(
        "UPDATE comments SET state = ?, seq = ?, updated_at = ? WHERE id = ?",
        (state, next_seq(db), moment(), comment_id),
    )
    return True


# What channels do


def act_on_comment(db: sqlite3.Connection, act: str, comment_id: str, *, key: str = "") -> bool:
    """Hide, show again or delete a comment for its channel; return whether anything changed."""
    target = comment(db, comment_id)
    state = {"hide": "hidden", "unhide": "live", "delete": "deleted"}[act]
    changed = move_comment(db, comment_id, state)
    if changed:
        _note_effect(db, target["channel"], act, comment_id, key)
    return changed


def block(db: sqlite3.Connection, handle: str, author: str, *, key: str = "") -> bool:
    """Block an author from a channel; return whether they were not blocked before."""
    _one(db, "SELECT * FROM authors WHERE id = ?", author, what="author")
    done = db.execute(
        "INSERT INTO blocks VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (handle, author, moment())
    )
    if done.rowcount:
        _note_effect(db, handle, "block", author, key)
    return bool(done.rowcount)


def unblock(db: sqlite3.Connection, handle: str, author: str, *, key: str = "") -> bool:
    """Lift a block; return whether there was one."""
    done = db.execute("DELETE FROM blocks WHERE channel = ? AND author = ?", (handle, author))
    if done.rowcount:
        _note_effect(db, handle, "unblock", author, key)
    return bool(done.rowcount)


def reply(db: sqlite3.Connection, comment_id: str, *, text: str, key: str = "") -> Row:
    """Answer a comment in public as its channel. Asked twice, it answers twice."""
    target = standing(db, comment_id)
    new_id, at = f"r_{uuid.uuid4().hex[:16]}", moment()
    db.execute(
        "INSERT INTO comments (id, seq, channel, post, parent, text, idempotency_key, created_at,"
        " updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            new_id,
            next_seq(db),
            target["channel"],
            target["post"],
            comment_id,
            checked_text(text),
            key,
            at,
            at,
        ),
    )
    _note_effect(db, target["channel"], "reply", comment_id, key)
    return comment(db, new_id)


def send_message(
    db: sqlite3.Connection, kind: str, comment_id: str, *, text: str, key: str = ""
) -> Row:
    """Warn a comment's author in private, or report the comment. Asked twice, sends twice."""
    target = comment(db, comment_id)
    if target["author"] is None:
        raise Refusal(403, "own_comment", "The channel wrote this itself.")
    if kind == "report" and target["state"] == "deleted":
        raise Refusal(410, "deleted", "The comment is deleted.")
    new_id = f"{kind[0]}_{uuid.uuid4().hex[:16]}"
    db.execute(
        "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?)",
        (new_id, kind, target["channel"], comment_id, checked_text(text), key, moment()),
    )
    _note_effect(db, target["channel"], kind, comment_id, key)
    return _one(db, "SELECT * FROM messages WHERE id = ?", new_id, what="message")


# Helpers


def standing(db: sqlite3.Connection, comment_id: str) -> Row:
    """Return a comment that is not deleted, or refuse."""
    found = comment(db, comment_id)
    if found["state"] == "deleted":
        raise Refusal(410, "deleted", "The comment is deleted.")
    return found


def checked_text(text: str) -> str:
    """Return the text as kept, or refuse what is empty, too long or not text."""
    kept = text.replace("\r\n", "\n").strip()
    if not kept:
        raise Refusal(422, "empty", "Write something first.")
    if len(kept) > LONGEST_TEXT:
        raise Refusal(422, "too_long", f"At most {LONGEST_TEXT:,} characters are kept.")
    if any("\ud800" <= character <= "\udfff" for character in kept):
        raise Refusal(422, "not_text", "The text holds half a character.")
    return kept


def _keep_author(db: sqlite3.Connection, author: Row) -> None:
    db.execute(
        "INSERT INTO authors VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE"
        " SET handle = excluded.handle, name = excluded.name",
        (author["id"], author["handle"], author["name"]),
    )


def _note_effect(db: sqlite3.Connection, handle: str, act: str, target: str, key: str) -> None:
    db.execute(
        "INSERT INTO effects (channel, act, target, idempotency_key, at) VALUES (?, ?, ?, ?, ?)",
        (handle, act, target, key, moment()),
    )


def _one(db: sqlite3.Connection, query: str, key: str, *, what: str) -> Row:
    row = db.execute(query, (key,)).fetchone()
    if row is None:
        raise Refusal(404, "not_found", f"There is no such {what}.")
    return dict(row)


def _where(filters: Mapping[str, str]) -> tuple[str, list[str]]:
    kept = {name: value for name, value in filters.items() if value}
    clause = " AND ".join(f"{name} = ?" for name in kept)
    return (f" WHERE {clause}" if clause else "", list(kept.values()))
