"""A feed into entries, and an entry into an InboundItem. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from calendar import timegm
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import feedparser

from platforms.connectors.base import InboundAuthor, InboundItem
from platforms.enums import ContentKind

LONGEST_URL = 4000
_GOOGLE = re.compile(r"(?:www\.)?google\.[a-z.]{2,6}", re.ASCII)
_UNREAD = frozenset({"script", "style", "template", "head", "title", "iframe", "noscript"})
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "blockquote"})


def entries(feed: bytes) -> Iterator[dict[str, str]]:
    """Give each entry of an Atom or RSS feed as plain fields; raises ValueError for anything else.

    The text stays the HTML that it was. A feed broken off in the middle gives the entries that
    could be read.
    """
    parsed = feedparser.parse(
        BytesIO(feed),  # bytes themselves could be taken for a file's name
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not parsed.version:
        raise ValueError("What came is neither Atom nor RSS.")
    alert = to_text(str(parsed.feed.get("title", "")))
    for entry in parsed.entries:
        title = entry.get("title_detail") or {}
        summary = (entry.get("content") or [entry.get("summary_detail") or {}])[0]
        yield {
            "alert": alert,
            "id": str(entry.get("id", "")),
            "link": str(entry.get("link", "")),
            "title": str(title.get("value") or ""),
            "title_type": str(title.get("type") or ""),
            "summary": str(summary.get("value") or ""),
            "summary_type": str(summary.get("type") or ""),
            "published": _stamp(entry),
        }


def target(link: str) -> str:
    """Return the article's own address from an alert's link, or "" when it is no web address."""
    try:
        parts = urlsplit(link.strip())
        if _GOOGLE.fullmatch(parts.hostname or "") and parts.path == "/url":
            wrapped = parse_qs(parts.query)
            link = (wrapped.get("url") or wrapped.get("q") or [""])[0]
            parts = urlsplit(link.strip())
        host = parts.hostname
    except ValueError:
        return ""
    is_web = parts.scheme in {"http", "https"} and bool(host) and len(link) <= LONGEST_URL
    return link.strip() if is_web else ""


def publisher(url: str) -> str:
    """Return the host that published an article, without a leading www."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def key_of(entry: dict[str, str]) -> str:
    """Return what makes an article one article: its own address, else the entry's id."""
    return digest(target(entry["link"]) or entry["id"] or entry["link"] or entry["title"])


def digest(value: str) -> str:
    """Return a short stable mark of a text."""
    return hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()[:32]


def normalise(payload: bytes) -> tuple[InboundItem, ...]:
    """Return the article as an item. Raises ValueError with a sentence."""
    entry = _object(payload)
    url = target(entry["link"])
    if not url:
        raise ValueError("The entry does not lead to a web page.")
    host = publisher(url)
    title = _plain(entry["title"], entry["title_type"])
    summary = _plain(entry["summary"], entry["summary_type"])
    text = title if summary in title else f"{title}\n\n{summary}".strip()
    if not text:
        raise ValueError("The entry has neither a title nor a summary.")
    item = InboundItem(
        external_id=entry["key"],
        text=text,
        author=InboundAuthor(
            external_id=host,
            handle=host,
            display_name=host,
            url=f"{urlsplit(url).scheme}://{urlsplit(url).netloc}/",
        ),
        kind=ContentKind.ARTICLE,
        url=url,
        published_at=_time(entry["published"]),
        address={"alert": entry["alert"]},
    )
    return (item,)


def to_text(markup: str) -> str:
    """Return the words of some HTML, entities resolved and white space settled."""
    reader = _Words()
    reader.feed(markup)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.words).split("\n"))
    return "\n".join(line for line in lines if line)


class _Words(HTMLParser):
    """Collects what a reader would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._unread: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNREAD:
            self._unread.append(tag)
        elif tag in _BREAKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._unread and tag == self._unread[-1]:
            self._unread.pop()
        elif tag in _BREAKS:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.words.append(data)


def _plain(value: str, kind: str) -> str:
    """Return a text construct as plain text; one of an unnamed type is taken for HTML."""
    return " ".join(value.split()) if kind == "text/plain" else to_text(value)


def _stamp(entry: Any) -> str:  # a feed parser's entry
    when = entry.get("published_parsed") or entry.get("updated_parsed")
    if not when:
        return ""
    try:
        return datetime.fromtimestamp(timegm(when), UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return ""


def _time(value: str) -> datetime | None:
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        return None
    return when if when.tzinfo else None


def _object(payload: bytes) -> dict[str, str]:
    try:
        data = json.loads(payload)
    except (ValueError, RecursionError):
        raise ValueError("The event is not JSON.") from None
    if not isinstance(data, dict) or not isinstance(data.get("key"), str) or not data["key"]:
        raise ValueError("The event is not an entry of a feed.")
    fields = (
        "alert",
        "key",
        "link",
        "published",
        "summary",
        "summary_type",
        "title",
        "title_type",
    )
    found = {name: data.get(name, "") for name in fields}
    return {name: value if isinstance(value, str) else "" for name, value in found.items()}
