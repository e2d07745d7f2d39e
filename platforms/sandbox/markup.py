"""HTML in small pieces. Everything that people wrote goes through `e` on its way into a page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from urllib.parse import quote

from platforms.sandbox.store import Row


def e(value: object) -> str:
    """Escape for HTML text and quoted attributes."""
    return escape(str(value), quote=True)


def segment(value: str) -> str:
    """Quote for one segment of a path or one value of a query."""
    return quote(value, safe="")


def page(title: str, body: str, *, notice: str = "") -> bytes:
    """Return a whole page."""
    banner = f'<p class="notice" role="status">{e(notice)}</p>' if notice else ""
    return f"""<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{e(title)} – Sandbox</title>
<link rel="stylesheet" href="/static/sandbox.css">
<link rel="icon" href="/static/icon.svg" type="image/svg+xml">
</head>
<body>
<a class="skip" href="#main">Skip to main content</a>
<header class="top"><div class="wrap top__row">
<a class="brand" href="/"><img src="/static/icon.svg" alt="" width="28" height="28"> Sandbox</a>
<nav aria-label="Platform"><a href="/">Channels</a>
<a href="/effects">What happened</a> <a href="/faults">Faults</a></nav>
</div></header>
<main id="main" class="wrap" tabindex="-1">
{banner}{body}
</main>
<footer class="wrap foot"><p>A practice platform. Its people are invented, and nothing here leaves
this computer.</p></footer>
</body>
</html>
""".encode("utf-8", "replace")


def moment(value: str, *, now: datetime | None = None) -> str:
    """Return a stored time as people say it, with the exact one beneath."""
    then = datetime.fromisoformat(value)
    exact = then.strftime("%-d %B %Y, %H:%M UTC")
    said = ago(then, now or datetime.now(UTC))
    return f'<time datetime="{e(value)}" title="{exact}">{said}</time>'


def ago(then: datetime, now: datetime) -> str:
    """Say how long ago something was."""
    minutes = int((now - then).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    for size, unit in ((60 * 24, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            number = minutes // size
            return f"{number} {unit}{'' if number == 1 else 's'} ago"
    return "just now"


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def face(name: str, key: str) -> str:
    """Return initials on one of eight colours, the same for the same person everywhere."""
    initials = "".join(word[0] for word in name.split()[:2]).upper() or "?"
    colour = sum(key.encode("utf-8", "replace")) % 8
    return f'<span class="face face--{colour}" aria-hidden="true">{e(initials)}</span>'


def words(text: str) -> str:
    """Return what somebody wrote, kept apart from the page's own direction of writing."""
    return f'<p class="words" dir="auto">{e(text)}</p>'


def options(pairs: Iterable[tuple[str, str]], *, chosen: str = "") -> str:
    """Return the choices of a select."""
    return "".join(
        f'<option value="{e(value)}"{" selected" if value == chosen else ""}>{e(label)}</option>'
        for value, label in pairs
    )


STATE_TAGS = {
    "hidden": "Hidden by the channel: only its author sees this",
    "held": "Held by the platform: only its author sees this",
}


def comment(row: Row, *, viewer: str, people_path: str, replies: str = "") -> str:
    """Return one comment as `viewer` sees it, with what they may do to it."""
    own_channel = row["author"] is None
    name = row["channel_name"] if own_channel else row["author_name"]
    key = row["channel"] if own_channel else row["author"]
    badge = ' <span class="tag tag--channel">Channel</span>' if own_channel else ""
    state = STATE_TAGS.get(row["state"], "")
    tag = f'<p class="tag tag--state">{e(state)}</p>' if state else ""
    edited = " · edited" if row["version"] > 1 else ""
    handle = row["channel"] if own_channel else row["author_handle"]
    who = f"<bdi>{e(name)}</bdi>"
    if not own_channel:
        who = f'<a href="{people_path}{segment(key)}">{who}</a>'
    likes = f" · {count(row['likes'], 'like')}" if row["likes"] else ""
    tools = _author_tools(row) if viewer and viewer == row["author"] else ""
    return f"""<article class="comment" id="{e(row["id"])}">
<header class="comment__head">{face(name, key)}
<p class="comment__who"><strong>{who}</strong>{badge}<br>
<span class="quiet"><bdi>@{e(handle)}</bdi> · {moment(row["created_at"])}{edited}{likes}</span></p>
</header>
{tag}{words(row["text"])}
{tools}{reply_form(row, viewer) if not own_channel else ""}
{f'<div class="replies">{replies}</div>' if replies else ""}
</article>"""


def _author_tools(row: Row) -> str:
    path = f"/comments/{segment(row['id'])}"
    field = f"edit-{e(row['id'])}"
    return f"""<div class="tools"><details><summary>Edit</summary>
<form method="post" action="{path}/edit">
<input type="hidden" name="as" value="{e(row["author"])}">
<label for="{field}">Your comment</label>
<textarea id="{field}" name="text" rows="4" required maxlength="10000">{e(row["text"])}</textarea>
<button>Save changes</button></form></details>
<form method="post" action="{path}/delete">
<input type="hidden" name="as" value="{e(row["author"])}">
<button class="plain">Delete</button></form></div>"""


def reply_form(row: Row, viewer: str) -> str:
    """Return the folded form for replying to a comment."""
    return f"""<details class="tools__reply"><summary>Reply</summary>
{comment_form(row["post"], viewer=viewer, parent=row["id"], label="Your reply")}</details>"""


def comment_form(post_id: str, *, viewer: str, parent: str = "", label: str = "Comment") -> str:
    """Return the form for writing, as the viewer or as somebody new."""
    mark = e(parent or post_id)
    if viewer:
        who = f'<input type="hidden" name="as" value="{e(viewer)}">'
    else:
        who = f"""<label for="name-{mark}">Name <span class="quiet">(anybody you like to invent)</span></label>
<input id="name-{mark}" name="name" required maxlength="80" autocomplete="off">"""
    return f"""<form method="post" action="/posts/{segment(post_id)}/comments" class="write">
{who}<input type="hidden" name="parent" value="{e(parent)}">
<label for="text-{mark}">{e(label)}</label>
<textarea id="text-{mark}" name="text" rows="3" required maxlength="10000"></textarea>
<button>Post</button></form>"""
