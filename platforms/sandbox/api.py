"""The JSON API that programs use: reading, acting as a channel, and the controls for tests."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from platforms.sandbox import faults, store
from platforms.sandbox.database import Database
from platforms.sandbox.faults import Kind
from platforms.sandbox.store import Refusal, Row
from platforms.sandbox.web import Request, Response, Routes

routes = Routes()

PAGE = 100
LARGEST_PAGE = 500

Work = Callable[[sqlite3.Connection], Any]  # returns what the answer holds


# Reading, as a channel


@routes.add("GET", "/api/channels/{handle}")
def channel(database: Database, request: Request, handle: str) -> Response:
    """Say who the token speaks for."""

    def work(db: sqlite3.Connection) -> Row:
        row = store.channel(db, handle)
        return {"handle": row["handle"], "name": row["name"], "about": row["about"]}

    return _as_channel(database, request, "look", work, handle=handle)


@routes.add("GET", "/api/channels/{handle}/comments")
def comments(database: Database, request: Request, handle: str) -> Response:
    """Return what changed after `since_seq`, oldest change first."""
    since = _number(request, "since_seq", default=0, largest=2**62)
    limit = _number(request, "limit", default=PAGE, largest=LARGEST_PAGE)

    def work(db: sqlite3.Connection) -> Row:
        rows = store.changes(db, handle, since=since, limit=limit + 1)
        kept = rows[:limit]
        return {
            "comments": [_comment(row, request) for row in kept],
            "last_seq": kept[-1]["seq"] if kept else since,
            "newest_seq": store.newest_seq(db),
            "more": len(rows) > limit,
        }

    return _as_channel(database, request, "fetch", work, handle=handle)


@routes.add("GET", "/api/comments/{comment_id}")
def comment(database: Database, request: Request, comment_id: str) -> Response:
    """Return one comment as it stands now."""

    def work(db: sqlite3.Connection) -> Row:
        return _comment(store.comment(db, comment_id), request)

    return _as_channel(database, request, "look", work, comment_id=comment_id)


@routes.add("GET", "/api/channels/{handle}/blocks/{author}")
def block_state(database: Database, request: Request, handle: str, author: str) -> Response:
    """Say whether an author is blocked."""

    def work(db: sqlite3.Connection) -> Row:
        return {"author": author, "blocked": store.is_blocked(db, handle, author)}

    return _as_channel(database, request, "look", work, handle=handle)


@routes.add("GET", "/api/channels/{handle}/replies")
def replies(database: Database, request: Request, handle: str) -> Response:
    """Return the channel's replies that carried an idempotency key."""
    key = _key_asked(request)

    def work(db: sqlite3.Connection) -> Row:
        found = store.replies_by_key(db, handle, key)
        return {"replies": [_comment(row, request) for row in found]}

    return _as_channel(database, request, "look", work, handle=handle)


@routes.add("GET", "/api/channels/{handle}/warnings")
def warnings(database: Database, request: Request, handle: str) -> Response:
    """Return the channel's private warnings that carried an idempotency key."""
    key = _key_asked(request)

    def work(db: sqlite3.Connection) -> Row:
        return {"warnings": store.messages_by_key(db, handle, "warn", key)}

    return _as_channel(database, request, "look", work, handle=handle)


@routes.add("GET", "/api/channels/{handle}/reports")
def reports(database: Database, request: Request, handle: str) -> Response:
    """Return the channel's reports that carried an idempotency key."""
    key = _key_asked(request)

    def work(db: sqlite3.Connection) -> Row:
        return {"reports": store.messages_by_key(db, handle, "report", key)}

    return _as_channel(database, request, "look", work, handle=handle)


# Acting, as a channel


@routes.add("POST", "/api/comments/{comment_id}/hide")
def hide(database: Database, request: Request, comment_id: str) -> Response:
    """Hide a comment from everybody but its author."""
    return _act(database, request, "hide", comment_id)


@routes.add("POST", "/api/comments/{comment_id}/unhide")
def unhide(database: Database, request: Request, comment_id: str) -> Response:
    """Show a hidden comment again."""
    return _act(database, request, "unhide", comment_id)


@routes.add("DELETE", "/api/comments/{comment_id}")
def delete(database: Database, request: Request, comment_id: str) -> Response:
    """Delete a comment for ever."""
    return _act(database, request, "delete", comment_id)


@routes.add("POST", "/api/channels/{handle}/blocks")
def block(database: Database, request: Request, handle: str) -> Response:
    """Keep an author from writing on the channel."""
    author = _text(request.json_object(), "author")

    def work(db: sqlite3.Connection) -> Row:
        return {"author": author, "changed": store.block(db, handle, author, key=_key(request))}

    return _as_channel(database, request, "block", work, handle=handle, writes=True)


@routes.add("DELETE", "/api/channels/{handle}/blocks/{author}")
def unblock(database: Database, request: Request, handle: str, author: str) -> Response:
    """Let an author write again."""

    def work(db: sqlite3.Connection) -> Row:
        return {"author": author, "changed": store.unblock(db, handle, author, key=_key(request))}

    return _as_channel(database, request, "unblock", work, handle=handle, writes=True)


@routes.add("POST", "/api/comments/{comment_id}/replies")
def reply(database: Database, request: Request, comment_id: str) -> Response:
    """Answer in public."""
    text = _text(request.json_object(), "text")

    def work(db: sqlite3.Connection) -> Row:
        return _comment(store.reply(db, comment_id, text=text, key=_key(request)), request)

    return _as_channel(database, request, "reply", work, comment_id=comment_id, writes=True)


@routes.add("POST", "/api/comments/{comment_id}/warn")
def warn(database: Database, request: Request, comment_id: str) -> Response:
    """Send the author a private warning."""
    return _send(database, request, "warn", comment_id)


@routes.add("POST", "/api/comments/{comment_id}/reports")
def report(database: Database, request: Request, comment_id: str) -> Response:
    """Report a comment to the platform itself."""
    return _send(database, request, "report", comment_id)


# Visitors, as programs see them


@routes.add("POST", "/api/visitors/comments")
def visitor_writes(database: Database, request: Request) -> Response:
    """Have an invented person write a comment."""
    given = request.json_object()
    author = given.get("author")
    if not isinstance(author, dict):
        raise Refusal(422, "author", "Say who writes: an id and a name.")
    name = _text(author, "name")
    with database.writing() as db:
        row = store.write_comment(
            db,
            post_id=_text(given, "post"),
            author={
                "id": _text(author, "id"),
                "handle": str(author.get("handle") or name.lower().replace(" ", ".")),
                "name": name,
            },
            text=_text(given, "text"),
            parent=str(given.get("parent") or ""),
        )
    return Response.of_json(_comment(row, request), status=201)


@routes.add("PATCH", "/api/visitors/comments/{comment_id}")
def visitor_edits(database: Database, request: Request, comment_id: str) -> Response:
    """Have the author change a comment."""
    with database.writing() as db:
        row = store.edit_comment(db, comment_id, _text(request.json_object(), "text"))
    return Response.of_json(_comment(row, request))


@routes.add("DELETE", "/api/visitors/comments/{comment_id}")
def visitor_deletes(database: Database, request: Request, comment_id: str) -> Response:
    """Have the author delete a comment."""
    with database.writing() as db:
        store.move_comment(db, comment_id, "deleted")
        row = store.comment(db, comment_id)
    return Response.of_json(_comment(row, request))


@routes.add("POST", "/api/platform/comments/{comment_id}/{act}")
def platform_moderates(
    database: Database, request: Request, comment_id: str, act: str
) -> Response:
    """Have the platform's own moderation hold a comment or release it."""
    states = {"hold": "held", "release": "live"}
    if act not in states:
        raise Refusal(404, "not_found", "There is nothing here.")
    with database.writing() as db:
        store.move_comment(db, comment_id, states[act])
        row = store.comment(db, comment_id)
    return Response.of_json(_comment(row, request))


# Controls for tests and demonstrations


@routes.add("GET", "/api/effects")
def effects(database: Database, request: Request) -> Response:
    """Return what channels really did, with a count for each act and target."""
    where = {name: request.query.get(name, "") for name in ("channel", "act", "target")}
    with database.reading() as db:
        counts = store.effect_counts(db, where=where)
        listed = store.effects(db, where=where)
    total = sum(row["count"] for row in counts)
    return Response.of_json({"effects": listed, "counts": counts, "total": total})


@routes.add("GET", "/api/faults")
def faults_waiting(database: Database, request: Request) -> Response:
    """Return the faults that will still happen."""
    with database.reading() as db:
        return Response.of_json({"faults": [_fault(each) for each in faults.waiting(db)]})


@routes.add("PUT", "/api/faults")
def faults_replace(database: Database, request: Request) -> Response:
    """Replace the faults by `{"faults": [{"act", "kind", "times", "seconds", "channel"}]}`."""
    given = request.json_object().get("faults", [])
    try:
        wanted = [faults.parse(each) for each in given]
    except (TypeError, ValueError) as error:
        raise Refusal(422, "fault", str(error)) from None
    with database.writing() as db:
        faults.clear(db)
        for each in wanted:
            faults.add(db, each)
        return Response.of_json({"faults": [_fault(each) for each in faults.waiting(db)]})


@routes.add("GET", "/health")
def health(database: Database, request: Request) -> Response:
    """Say that the platform answers."""
    with database.reading() as db:
        count = db.execute("SELECT count(*) FROM channels").fetchone()[0]
    return Response.of_json({"status": "ok", "channels": count})


# The way of every call that a channel makes


def _act(database: Database, request: Request, act: str, comment_id: str) -> Response:
    def work(db: sqlite3.Connection) -> Row:
        changed = store.act_on_comment(db, act, comment_id, key=_key(request))
        return {**_comment(store.comment(db, comment_id), request), "changed": changed}

    return _as_channel(database, request, act, work, comment_id=comment_id, writes=True)


def _send(database: Database, request: Request, kind: str, comment_id: str) -> Response:
    text = _text(request.json_object(), "text")

    def work(db: sqlite3.Connection) -> Row:
        return store.send_message(db, kind, comment_id, text=text, key=_key(request))

    return _as_channel(database, request, kind, work, comment_id=comment_id, writes=True)


def _as_channel(
    database: Database,
    request: Request,
    act: str,
    work: Work,
    *,
    handle: str = "",
    comment_id: str = "",
    writes: bool = False,
) -> Response:
    """Check the token, let a waiting fault happen, do the work, and answer unless told to lose it.

    The fault is used up in a write of its own before the work, so it happens its number of times
    whatever becomes of the work.
    """
    with database.reading() as db:
        speaker = _speaker(db, request)
        _check_reach(db, speaker, handle=handle, comment_id=comment_id)
        expected = faults.concern(db, act=act, channel=speaker)
    fault = None
    if expected:
        with database.writing() as db:
            fault = faults.consume(db, act=act, channel=speaker)
        if fault is not None and (response := _misbehave(fault)):
            return response
    with database.writing() if writes else database.reading() as db:
        answer = work(db)
    if fault is not None and fault.kind is Kind.LOSE:
        time.sleep(fault.seconds)
        raise ConnectionAbortedError
    return Response.of_json(answer)


def _misbehave(fault: faults.Fault) -> Response | None:
    """Let a fault happen before the work; None when the work goes on."""
    match fault.kind:
        case Kind.DOWN:
            raise ConnectionAbortedError
        case Kind.ERROR:
            return problem(500, "broken", "Something broke on the platform.")
        case Kind.REFUSE:
            return problem(403, "refused", "The platform does not allow this.")
        case Kind.EXPIRE:
            return problem(401, "token_expired", "The token has expired.")
        case Kind.THROTTLE:
            pause = str(max(1, round(fault.seconds)))
            answer = problem(429, "slow_down", "Too many requests.")
            return Response(
                429, answer.body, answer.content_type, (*answer.headers, ("Retry-After", pause))
            )
        case Kind.SLOW:
            time.sleep(fault.seconds)
    return None


def _speaker(db: sqlite3.Connection, request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    found = db.execute("SELECT handle FROM channels WHERE token = ?", (token.strip(),)).fetchone()
    if scheme.lower() != "bearer" or found is None:
        raise Refusal(401, "token_unknown", "A channel's bearer token is needed.")
    return str(found["handle"])


def _check_reach(
    db: sqlite3.Connection, speaker: str, *, handle: str = "", comment_id: str = ""
) -> None:
    """Refuse another channel's business; another channel's comment does not exist."""
    if handle and store.channel(db, handle)["handle"] != speaker:
        raise Refusal(403, "other_channel", "The token speaks for another channel.")
    if comment_id and store.comment(db, comment_id)["channel"] != speaker:
        raise Refusal(404, "not_found", "There is no such comment.")


def problem(status: int, code: str, message: str) -> Response:
    """Answer with an error."""
    return Response.of_json({"error": {"code": code, "message": message}}, status=status)


def dispatch(database: Database, request: Request) -> Response:
    """Answer one call of the API."""
    try:
        handler, values = routes.find(request.method, request.path)
        return handler(database, request, **values)
    except Refusal as refusal:
        return problem(refusal.status, refusal.code, refusal.message)


def _comment(row: Row, request: Request) -> Row:
    """Describe a comment as it stands; a deleted one has no words any more."""
    own = row["author"] is None
    author_id = row["channel"] if own else row["author"]
    return {
        "id": row["id"],
        "seq": row["seq"],
        "version": row["version"],
        "state": row["state"],
        "text": "" if row["state"] == "deleted" else row["text"],
        "channel": row["channel"],
        "parent": row["parent"],
        "author": {
            "id": author_id,
            "handle": row["channel"] if own else row["author_handle"],
            "name": row["channel_name"] if own else row["author_name"],
            "url": "" if own else f"{request.base_url}/people/{quote(author_id, safe='')}",
            "is_channel": own,
        },
        "post": {
            "id": row["post"],
            "text": row["post_text"],
            "url": f"{request.base_url}/posts/{quote(row['post'], safe='')}",
            "published_at": row["post_published_at"],
        },
        "url": f"{request.base_url}/posts/{quote(row['post'], safe='')}#{row['id']}",
        "likes": row["likes"],
        "replies": row["replies"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


def _fault(fault: faults.Fault) -> Row:
    return {
        "act": fault.act,
        "kind": fault.kind.value,
        "channel": fault.channel,
        "times": fault.remaining,
        "seconds": fault.seconds,
    }


def _key(request: Request) -> str:
    return request.headers.get("idempotency-key", "")[:255]


def _key_asked(request: Request) -> str:
    key = request.query.get("idempotency_key", "")
    if not key:
        raise Refusal(400, "key", "Give the idempotency key to look for.")
    return key[:255]


def _number(request: Request, name: str, *, default: int, largest: int) -> int:
    value = request.query.get(name, "")
    if not value:
        return default
    if not (value.isascii() and value.isdecimal()) or len(value) > 19:
        raise Refusal(400, "number", f"{name} is a whole number.")
    return min(int(value), largest)


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Refusal(422, "missing", f"Give {name} as text.")
    return value
