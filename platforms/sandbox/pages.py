"""Pages for people: the public view, the view as an author, the record of effects, and the faults."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import defaultdict
from pathlib import Path

from platforms.sandbox import faults, store
from platforms.sandbox.database import Database
from platforms.sandbox.faults import FOR_EVER, Kind
from platforms.sandbox.markup import (
    comment,
    comment_form,
    count,
    e,
    face,
    moment,
    options,
    page,
    segment,
    words,
)
from platforms.sandbox.store import Refusal, Row
from platforms.sandbox.web import Request, Response, Routes

routes = Routes()

STATIC = Path(__file__).parent / "static"
STATIC_FILES = {
    "sandbox.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


@routes.add("GET", "/")
def home(database: Database, request: Request) -> Response:
    """List the channels."""
    with database.reading() as db:
        channels = store.channels(db)
    cards = "".join(
        f'<li class="card"><h2>{face(c["name"], c["handle"])}'
        f'<a href="/channels/{segment(c["handle"])}">{e(c["name"])}</a></h2>'
        f'<p>{e(c["about"])}</p><p class="quiet">@{e(c["handle"])} · {count(c["posts"], "post")} · '
        f"{count(c['comments'], 'visible comment')}</p></li>"
        for c in channels
    )
    body = f"""<h1>Channels</h1>
<p class="lead">Official accounts on a practice platform. Open one, write something as an invented
person, and watch how it is moderated.</p>
{f'<ul class="cards">{cards}</ul>' if cards else "<p>There are no channels yet.</p>"}"""
    return Response(body=page("Channels", body))


@routes.add("GET", "/channels/{handle}")
def channel(database: Database, request: Request, handle: str) -> Response:
    """Show a channel's posts."""
    with database.reading() as db:
        row = store.channel(db, handle)
        posts = store.posts(db, handle)
    cards = "".join(
        f'<li class="card"><p class="quiet">{moment(p["published_at"])}</p>{words(p["text"])}'
        f'<p><a href="/posts/{segment(p["id"])}">{count(p["comments"], "comment")}'
        f'<span class="unseen"> on: {e(p["text"][:60])}</span></a></p></li>'
        for p in posts
    )
    body = f"""<h1 class="title">{face(row["name"], handle)}{e(row["name"])}</h1>
<p class="quiet">@{e(handle)}</p><p class="lead">{e(row["about"])}</p>
<h2>Posts</h2>{f'<ul class="cards">{cards}</ul>' if cards else "<p>No posts yet.</p>"}"""
    return Response(body=page(row["name"], body))


@routes.add("GET", "/posts/{post_id}")
def post(database: Database, request: Request, post_id: str) -> Response:
    """Show a post and what the viewer may see beneath it."""
    viewer = request.query.get("as", "")
    with database.reading() as db:
        row = store.post(db, post_id)
        owner = store.channel(db, row["channel"])
        comments = store.comments_of_post(db, post_id)
        people = store.authors(db)
        messages = store.messages_to(db, viewer) if viewer else []
        blocked = bool(viewer) and store.is_blocked(db, row["channel"], viewer)
    names = {person["id"]: person["name"] for person in people}
    viewer = viewer if viewer in names else ""
    seen = [c for c in comments if _is_seen(c, viewer)]
    here = f"/posts/{segment(post_id)}"
    body = f"""<p><a href="/channels/{segment(owner["handle"])}">← {e(owner["name"])}</a></p>
<h1 class="unseen">Post by {e(owner["name"])}</h1>
<section class="card card--post">
<header class="comment__head">{face(owner["name"], owner["handle"])}
<p class="comment__who"><strong>{e(owner["name"])}</strong><br>
<span class="quiet">@{e(owner["handle"])} · {moment(row["published_at"])}</span></p></header>
{words(row["text"])}</section>
{_viewer_form(here, comments, names, viewer)}
{_messages(messages, names.get(viewer, ""))}
<h2>{count(len(seen), "comment")}</h2>
{_thread(seen, viewer=viewer, people_path=f"{here}?as=")}
{_writing(post_id, names.get(viewer, ""), viewer=viewer, blocked=blocked)}"""
    return Response(body=page(row["text"][:60], body, notice=request.query.get("notice", "")))


def _is_seen(row: Row, viewer: str) -> bool:
    if row["state"] == "live":
        return True
    return row["state"] in {"hidden", "held"} and bool(viewer) and row["author"] == viewer


def _thread(rows: list[Row], *, viewer: str, people_path: str) -> str:
    """Return the comments with their replies inside; what answers something unseen is unseen."""
    children: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        children[row["parent"] or ""].append(row)

    def under(parent: str, depth: int) -> str:
        # Deep conversations stay flat from the fourth level: a phone is narrow.
        return "".join(
            comment(row, viewer=viewer, people_path=people_path, replies=under(row["id"], 1))
            if depth < 3
            else comment(row, viewer=viewer, people_path=people_path) + under(row["id"], depth)
            for row in children[parent]
        )

    return under("", 0) or '<p class="quiet">Nobody has said anything yet.</p>'


def _viewer_form(here: str, comments: list[Row], names: dict[str, str], viewer: str) -> str:
    writers = {c["author"] for c in comments if c["author"]} | ({viewer} if viewer else set())
    choices = sorted(((each, names[each]) for each in writers), key=lambda pair: pair[1])
    return f"""<form method="get" action="{here}" class="bar">
<label for="as">See this page as</label>
<select id="as" name="as">{options([("", "The public"), *choices], chosen=viewer)}</select>
<button class="secondary">Show</button></form>"""


def _messages(messages: list[Row], name: str) -> str:
    if not messages:
        return ""
    items = "".join(
        f'<li><p class="quiet">{e(m["channel_name"])} · {moment(m["created_at"])} · about “'
        f"<bdi>{e(m['comment_text'][:80])}</bdi>”</p>{words(m['text'])}</li>"
        for m in messages
    )
    return f"""<section class="card card--private"><h2><span>Private messages to <bdi>{e(name)}</bdi></span></h2>
<ul class="plain-list">{items}</ul></section>"""


def _writing(post_id: str, name: str, *, viewer: str, blocked: bool) -> str:
    if blocked:
        return f'<p class="notice">This channel has blocked <bdi>{e(name)}</bdi>, who cannot comment.</p>'
    heading = f"Comment as <bdi>{e(name)}</bdi>" if viewer else "Write a comment"
    return f"""<section class="card"><h2><span>{heading}</span></h2>
{comment_form(post_id, viewer=viewer)}</section>"""


@routes.add("GET", "/people/{author}")
def person(database: Database, request: Request, author: str) -> Response:
    """Show what one person wrote that the public can see."""
    with database.reading() as db:
        found = db.execute("SELECT * FROM authors WHERE id = ?", (author,)).fetchone()
        if found is None:
            raise Refusal(404, "not_found", "There is no such person.")
        rows = db.execute(
            "SELECT m.*, c.name AS channel_name FROM comments m JOIN channels c"
            " ON c.handle = m.channel WHERE m.author = ? AND m.state = 'live'"
            " ORDER BY m.created_at DESC, m.seq LIMIT 100",
            (author,),
        ).fetchall()
    items = "".join(
        f'<li class="card"><p class="quiet">{e(r["channel_name"])} · {moment(r["created_at"])}</p>'
        f'{words(r["text"])}<p><a href="/posts/{segment(r["post"])}#{e(r["id"])}">In its place'
        f'<span class="unseen">: {e(r["text"][:40])}</span></a></p></li>'
        for r in rows
    )
    body = f"""<h1 class="title">{face(found["name"], author)}<bdi>{e(found["name"])}</bdi></h1>
<p class="quiet"><bdi>@{e(found["handle"])}</bdi></p>
{f'<ul class="cards">{items}</ul>' if items else "<p>Nothing that the public can see.</p>"}"""
    return Response(body=page(found["name"], body))


# What visitors do


@routes.add("POST", "/posts/{post_id}/comments")
def write(database: Database, request: Request, post_id: str) -> Response:
    """Have a known or a new person write a comment."""
    form = request.form()
    known = form.get("as", "")
    with database.writing() as db:
        author = _known_author(db, known) if known else _new_author(form.get("name", ""))
        written = store.write_comment(
            db,
            post_id=post_id,
            author=author,
            text=form.get("text", ""),
            parent=form.get("parent", ""),
        )
    query = f"?as={segment(known)}" if known else ""
    return Response.see_other(f"/posts/{segment(post_id)}{query}#{segment(written['id'])}")


@routes.add("POST", "/comments/{comment_id}/edit")
def edit(database: Database, request: Request, comment_id: str) -> Response:
    """Change one's own comment."""
    form = request.form()
    with database.writing() as db:
        _check_own(store.standing(db, comment_id), form.get("as", ""))
        row = store.edit_comment(db, comment_id, form.get("text", ""))
    return Response.see_other(
        f"/posts/{segment(row['post'])}?as={segment(row['author'])}#{segment(comment_id)}"
    )


@routes.add("POST", "/comments/{comment_id}/delete")
def delete(database: Database, request: Request, comment_id: str) -> Response:
    """Delete one's own comment."""
    form = request.form()
    with database.writing() as db:
        row = store.comment(db, comment_id)
        _check_own(row, form.get("as", ""))
        store.move_comment(db, comment_id, "deleted")
    notice = segment("The comment is deleted.")
    return Response.see_other(
        f"/posts/{segment(row['post'])}?as={segment(row['author'])}&notice={notice}"
    )


def _known_author(db: sqlite3.Connection, author: str) -> Row:
    found = db.execute("SELECT * FROM authors WHERE id = ?", (author,)).fetchone()
    if found is None:
        raise Refusal(422, "author", "There is no such person.")
    return dict(found)


def _new_author(name: str) -> Row:
    """Return the person of that name; the same name is the same person."""
    kept = " ".join(name.split())[:80]
    if not kept:
        raise Refusal(422, "name", "Invent a name first.")
    letters = "".join(c for c in kept.lower().replace(" ", ".") if c.isalnum() or c == ".")
    digest = hashlib.sha256(kept.lower().encode("utf-8", "replace")).hexdigest()[:12]
    return {"id": f"u_{digest}", "handle": letters or digest, "name": kept}


def _check_own(row: Row, viewer: str) -> None:
    if not viewer or row["author"] != viewer:
        raise Refusal(403, "not_yours", "That comment is somebody else's.")


# What happened, and what goes wrong


@routes.add("GET", "/effects")
def effects(database: Database, request: Request) -> Response:
    """List what channels really did."""
    with database.reading() as db:
        rows = store.effects(db, limit=200)
    lines = "".join(
        f"<tr><td>{moment(r['at'])}</td><td>{e(r['channel'])}</td><td>{e(r['act'])}</td>"
        f'<td class="code">{e(r["target"])}</td></tr>'
        for r in rows
    )
    table = f"""<div class="scroll" role="region" aria-label="Effects" tabindex="0"><table>
<thead><tr><th scope="col">When</th><th scope="col">Channel</th><th scope="col">Act</th>
<th scope="col">On</th></tr></thead><tbody>{lines}</tbody></table></div>"""
    body = f"""<h1>What happened</h1>
<p class="lead">Everything that a channel really did here, newest first. An act that arrived twice
and was done twice stands here twice.</p>{table if rows else "<p>Nothing yet.</p>"}"""
    return Response(body=page("What happened", body))


@routes.add("GET", "/faults")
def faults_page(database: Database, request: Request) -> Response:
    """Show and line up faults."""
    with database.reading() as db:
        waiting = faults.waiting(db)
        handles = [(c["handle"], c["name"]) for c in store.channels(db)]
    lines = "".join(
        f"<li><strong>{e(f.act)}</strong> {e(faults.SENTENCES[f.kind])}"
        f"{f', {f.seconds:g} s' if f.seconds else ''}, "
        f"{'until cleared' if f.remaining == FOR_EVER else count(f.remaining, 'time')}"
        f"{f', for {e(f.channel)}' if f.channel else ''}</li>"
        for f in waiting
    )
    kinds = [(kind.value, f"{kind.value}: {faults.SENTENCES[kind]}") for kind in Kind]
    clearing = '<form method="post" action="/faults/clear"><button class="secondary">Clear all</button></form>'
    body = f"""<h1>Faults</h1>
<p class="lead">Make the platform misbehave towards programs. These pages go on working.</p>
<section class="card"><h2>Waiting to happen</h2>
{f"<ul>{lines}</ul>{clearing}" if waiting else "<p>None: everything works.</p>"}</section>
<section class="card"><h2>Add a fault</h2><form method="post" action="/faults">
<label for="act">When a channel asks to</label>
<select id="act" name="act">{options((act, act) for act in faults.ACTS)}</select>
<label for="kind">The platform</label>
<select id="kind" name="kind">{options(kinds)}</select>
<label for="times">How many times <span class="quiet">(-1: until cleared)</span></label>
<input id="times" name="times" type="number" min="-1" max="10000" value="1" required>
<label for="seconds">Seconds <span class="quiet">(of waiting, or of the pause asked for)</span></label>
<input id="seconds" name="seconds" type="number" min="0" max="86400" step="0.1" value="0" required>
<label for="channel">Channel</label>
<select id="channel" name="channel">{options([("", "All channels"), *handles])}</select>
<button>Add</button></form></section>"""
    return Response(body=page("Faults", body, notice=request.query.get("notice", "")))


@routes.add("POST", "/faults")
def faults_add(database: Database, request: Request) -> Response:
    """Line up one fault."""
    try:
        fault = faults.parse(dict(request.form()))
    except (TypeError, ValueError) as error:
        raise Refusal(422, "fault", str(error)) from None
    with database.writing() as db:
        faults.add(db, fault)
    return Response.see_other(f"/faults?notice={segment('The fault is waiting to happen.')}")


@routes.add("POST", "/faults/clear")
def faults_clear(database: Database, request: Request) -> Response:
    """Behave again."""
    request.form()
    with database.writing() as db:
        faults.clear(db)
    return Response.see_other(f"/faults?notice={segment('Everything works again.')}")


@routes.add("GET", "/static/{name}")
def static(database: Database, request: Request, name: str) -> Response:
    """Serve one of the two files beside this module."""
    if name not in STATIC_FILES:
        raise Refusal(404, "not_found", "There is no such file.")
    body = (STATIC / name).read_bytes()
    return Response(200, body, STATIC_FILES[name], (("Cache-Control", "max-age=300"),))


def dispatch(database: Database, request: Request) -> Response:
    """Answer one call of a person."""
    try:
        handler, values = routes.find(request.method, request.path)
        return handler(database, request, **values)
    except Refusal as refusal:
        body = f"""<h1>{e(refusal.message)}</h1><p><a href="/">Go to the channels</a></p>"""
        return Response(refusal.status, page(refusal.message, body))
