"""What a caller may say of a comment: checked by hand, because thousands come in one body.

Pure: no database, no clock. A refused field is named by its path, with a sentence.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from moderation.services.ingestion import MAX_TEXT, clean, digest_of
from platforms.connectors.base import InboundAuthor, InboundItem, InboundPost
from platforms.enums import ContentKind

MAX_COMMENTS = 500
MAX_ID = 400
MAX_AUTHOR_ID = 300
MAX_NAME = 200
MAX_URL = 500
MAX_CHANNEL = 80
MAX_KEY = 400
MAX_COUNT = 2_147_483_647
EARLIEST_YEAR = 1990

KINDS = {kind.value: kind for kind in ContentKind}
FIELDS = frozenset(
    {
        "channel", "external_id", "text", "kind", "author", "post", "parent_external_id", "url",
        "published_at", "likes", "replies", "version",
    }
)  # fmt: skip
AUTHOR_FIELDS = frozenset({"external_id", "handle", "display_name", "url"})
POST_FIELDS = frozenset({"external_id", "text", "url", "published_at"})


class FieldProblem(NamedTuple):
    """One field that cannot be accepted."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Submission:
    """One comment as a caller sent it, ready for the pipeline."""

    channel: str
    item: InboundItem


def read(  # noqa: C901 - one flat run of checks is what makes it fast
    entry: object, *, latest: datetime
) -> Submission | list[FieldProblem]:
    """Return the comment, or everything that is wrong with it. Nothing may be later than `latest`."""
    if type(entry) is not dict:
        return [FieldProblem("", f"A comment is an object, not {_kind_of(entry)}.")]
    get = entry.get
    problems: list[FieldProblem] = []
    if not entry.keys() <= FIELDS:
        problems += _unknown(entry, FIELDS, "")

    channel = get("channel")
    if not (
        type(channel) is str
        and 0 < len(channel) <= MAX_CHANNEL
        and channel.isascii()
        and channel.isprintable()
    ):
        _refuse_line(problems, "channel", channel, MAX_CHANNEL, needed=True)
    external_id = get("external_id")
    if not (
        type(external_id) is str and 0 < len(external_id) <= MAX_ID and external_id.isprintable()
    ):
        _refuse_line(problems, "external_id", external_id, MAX_ID, needed=True)
    text = get("text")
    if type(text) is not str or not 0 < len(text) <= MAX_TEXT:
        _refuse_text(problems, "text", text, needed=True)
    kind = get("kind")
    if kind is None:
        kind = ContentKind.COMMENT
    elif type(kind) is str and kind in KINDS:
        kind = KINDS[kind]
    else:
        problems.append(FieldProblem("kind", f"Must be one of {', '.join(KINDS)}."))
    parent = get("parent_external_id")
    if parent is None:
        parent = ""
    elif type(parent) is not str or len(parent) > MAX_ID or not parent.isprintable():
        _refuse_line(problems, "parent_external_id", parent, MAX_ID)
    version = get("version")
    if version is None:
        version = ""
    elif type(version) is not str or len(version) > MAX_ID or not version.isprintable():
        _refuse_line(problems, "version", version, MAX_ID)
    url = get("url")
    url = "" if url is None else _url(problems, "url", url)
    published_at = get("published_at")
    if published_at is not None:
        published_at = _moment(problems, "published_at", published_at, latest)
    likes = get("likes", 0)
    if type(likes) is not int or not 0 <= likes <= MAX_COUNT:
        likes = _count(problems, "likes", likes)
    replies = get("replies", 0)
    if type(replies) is not int or not 0 <= replies <= MAX_COUNT:
        replies = _count(problems, "replies", replies)

    author = _author(problems, get("author"))
    post = get("post")
    if post is not None:
        post = _post(problems, post, latest)

    if problems or author is None:
        return problems
    return Submission(
        channel,  # type: ignore[arg-type]
        InboundItem(
            external_id,  # type: ignore[arg-type]
            text,  # type: ignore[arg-type]
            author,
            kind=kind,
            version=version,
            post=post,
            parent_external_id=parent,
            url=url,
            published_at=published_at,
            likes=likes,
            replies=replies,
        ),
    )


def event_key(item: InboundItem) -> str:
    """Return what makes a repeat of this comment harmless: its id and its version, else its text."""
    key = f"{item.external_id}:{item.version or digest_of(clean(item.text))}"
    return key if len(key) <= MAX_KEY else hashlib.sha256(key.encode()).hexdigest()


def _author(problems: list[FieldProblem], entry: object) -> InboundAuthor | None:
    if type(entry) is not dict:
        problems.append(_expected("author", entry, "an object with an external_id"))
        return None
    get = entry.get
    if not entry.keys() <= AUTHOR_FIELDS:
        problems += _unknown(entry, AUTHOR_FIELDS, "author.")
    external_id = get("external_id")
    if not (
        type(external_id) is str
        and 0 < len(external_id) <= MAX_AUTHOR_ID
        and external_id.isprintable()
    ):
        _refuse_line(problems, "author.external_id", external_id, MAX_AUTHOR_ID, needed=True)
        return None
    handle = get("handle")
    if handle is None:
        handle = ""
    elif type(handle) is not str or len(handle) > MAX_NAME:
        problems.append(_expected("author.handle", handle, _up_to(MAX_NAME)))
    name = get("display_name")
    if name is None:
        name = ""
    elif type(name) is not str or len(name) > MAX_NAME:
        problems.append(_expected("author.display_name", name, _up_to(MAX_NAME)))
    url = get("url")
    url = "" if url is None else _url(problems, "author.url", url)
    return InboundAuthor(external_id, handle, name, url)


def _post(problems: list[FieldProblem], entry: object, latest: datetime) -> InboundPost | None:
    if type(entry) is not dict:
        problems.append(_expected("post", entry, "an object with an external_id"))
        return None
    get = entry.get
    if not entry.keys() <= POST_FIELDS:
        problems += _unknown(entry, POST_FIELDS, "post.")
    external_id = get("external_id")
    if not (
        type(external_id) is str and 0 < len(external_id) <= MAX_ID and external_id.isprintable()
    ):
        _refuse_line(problems, "post.external_id", external_id, MAX_ID, needed=True)
        return None
    text = get("text")
    if text is None:
        text = ""
    elif type(text) is not str or len(text) > MAX_TEXT:
        _refuse_text(problems, "post.text", text)
    url = get("url")
    url = "" if url is None else _url(problems, "post.url", url)
    published_at = get("published_at")
    if published_at is not None:
        published_at = _moment(problems, "post.published_at", published_at, latest)
    return InboundPost(external_id, text, url, published_at)


def _url(problems: list[FieldProblem], field: str, value: object) -> str:
    if (
        type(value) is str
        and len(value) <= MAX_URL
        and (value.startswith(("https://", "http://")) or not value)
        and value.isprintable()
        and " " not in value
    ):
        return value
    # Anything else could run in the browser of whoever follows it.
    problems.append(
        _expected(field, value, f"an http or https address of at most {MAX_URL} characters")
    )
    return ""


def _moment(
    problems: list[FieldProblem], field: str, value: object, latest: datetime
) -> datetime | None:
    if type(value) is str:
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            at = None
        if at is not None and at.utcoffset() is not None:
            if at.year < EARLIEST_YEAR:
                problems.append(FieldProblem(field, f"Lies before {EARLIEST_YEAR}."))
            elif at.year > latest.year + 1 or at > latest:
                problems.append(
                    FieldProblem(field, "Lies in the future. Check the clock and the time zone.")
                )
            return at
    problems.append(
        _expected(field, value, "an ISO 8601 time with its offset, such as 2026-11-18T10:00:00Z")
    )
    return None


def _count(problems: list[FieldProblem], field: str, value: object) -> int:
    if value is not None:
        problems.append(_expected(field, value, f"a whole number from 0 to {MAX_COUNT}"))
    return 0


def _refuse_line(
    problems: list[FieldProblem], field: str, value: object, longest: int, *, needed: bool = False
) -> None:
    if needed and (value is None or value == ""):
        problems.append(FieldProblem(field, "This field is needed."))
    elif isinstance(value, str) and len(value) <= longest:
        problems.append(FieldProblem(field, "Has characters that an identifier cannot have."))
    else:
        problems.append(_expected(field, value, _up_to(longest)))


def _refuse_text(
    problems: list[FieldProblem], field: str, value: object, *, needed: bool = False
) -> None:
    if needed and (value is None or value == ""):
        problems.append(FieldProblem(field, "This field is needed."))
    else:
        problems.append(_expected(field, value, _up_to(MAX_TEXT)))


def _up_to(longest: int) -> str:
    return f"text of at most {longest:,} characters"


def _expected(field: str, value: object, what: str) -> FieldProblem:
    if value is None:
        return FieldProblem(field, "This field is needed.")
    got = f"{len(value):,} characters" if isinstance(value, str) else _kind_of(value)
    return FieldProblem(field, f"Must be {what}, not {got}.")


def _unknown(entry: dict[Any, Any], known: frozenset[str], prefix: str) -> list[FieldProblem]:
    return [
        FieldProblem(f"{prefix}{_shown(name)}", "There is no such field.")
        for name in sorted(entry.keys() - known)[:10]
    ]


def _shown(name: str) -> str:
    return name if len(name) <= 40 and name.isprintable() else f"{name[:40]!a}"


def _kind_of(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, list) else "an object"
