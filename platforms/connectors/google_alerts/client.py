"""Fetch one feed, politely and within bounds. The feed's address is a credential: it is never said."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from platforms.connectors.base import (
    Access,
    ConnectorError,
    Gone,
    InvalidRequest,
    RateLimited,
    Transient,
)
from platforms.connectors.http import Answer, HttpClient

WHAT = "read the feed"
MAX_FEED_BYTES = 2 * 1024 * 1024
# A check for robots is not over in minutes, and asking sooner prolongs it.
ROBOT_CHECK_PAUSE = timedelta(hours=6)

# In these, every byte below 128 means what it does in ASCII, so markup cannot hide from a search.
_PLAIN_ENCODINGS = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "windows-1252"})
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([^"']{1,40})["']""")
_FIRST_ELEMENT = re.compile(rb"<[A-Za-z_]")
# Possessive, so that a page of comments is looked at in one way only.
_HTML = re.compile(
    rb"^\s*+(?:<\?xml[^>]*+>\s*+)?+(?:<!--(?:(?!-->).)*+-->\s*+)*+<(?:!doctype\s+html|html)\b",
    re.I | re.S,
)


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed's bytes, with what to say next time so that an unchanged one is not sent again."""

    content: bytes
    etag: str
    modified: str


class FeedClient:
    """One feed."""

    def __init__(
        self, access: Access, *, allow_private_addresses: bool, clock: Callable[[], datetime]
    ) -> None:
        self._url = access.credentials.get("feed_url", "")
        self._clock = clock
        self._http = HttpClient(
            service="The feed",
            headers={"Accept": "application/atom+xml, application/rss+xml, application/xml;q=0.9"},
            secrets=[self._url],
            public_only=not allow_private_addresses,
            max_body_bytes=MAX_FEED_BYTES,
            clock=clock,
        )

    def close(self) -> None:
        """Release the connections."""
        self._http.close()

    def fetch(self, *, etag: str, modified: str) -> Feed | None:
        """Return the feed, or None when it has not changed."""
        if not self._url.startswith(("https://", "http://")):
            raise InvalidRequest("The channel has no feed address that starts with https://.")
        headers = {"If-None-Match": etag, "If-Modified-Since": modified}
        answer = self._http.read(
            self._url,
            what=WHAT,
            headers={name: value for name, value in headers.items() if value},
            accept={301, 302, 303, 304, 307, 308},
            explain=self._explain,
        )
        if answer.status == 304:
            return None
        if answer.status != 200:
            raise self._moved(answer)
        if _is_html(answer):
            raise self._robot_check()
        refuse_unsafe(answer)
        return Feed(
            content=answer.content,
            etag=answer.headers.get("etag", "")[:200],
            modified=answer.headers.get("last-modified", "")[:100],
        )

    def _explain(self, answer: Answer) -> ConnectorError | None:
        if answer.status in {404, 410}:
            return Gone("The alert behind this feed has been deleted.")
        if answer.status in {429, 503}:
            return RateLimited(
                "The feed asks for a pause.", until=self._http.retry_at(answer) or self._later()
            )
        return None

    def _moved(self, answer: Answer) -> ConnectorError:
        if "/sorry" in answer.headers.get("location", ""):
            return self._robot_check()
        return InvalidRequest("The feed has moved. Copy its address again and change the channel.")

    def _robot_check(self) -> RateLimited:
        return RateLimited(
            "A web page came instead of the feed, most likely a check for robots.",
            until=self._later(),
        )

    def _later(self) -> datetime:
        return self._clock().astimezone(UTC) + ROBOT_CHECK_PAUSE


def _is_html(answer: Answer) -> bool:
    declared = answer.headers.get("content-type", "").split(";")[0].strip().lower()
    return declared == "text/html" or _HTML.match(answer.content[:4096]) is not None


def refuse_unsafe(answer: Answer) -> None:
    """Refuse a document type, its entities, and encodings in which they could hide."""
    body = answer.content.removeprefix(b"\xef\xbb\xbf")
    declared = _DECLARED.match(body)
    named = [declared.group(1).decode("ascii", "replace").lower()] if declared else []
    charset = re.search(r"charset=\"?([\w-]+)", answer.headers.get("content-type", ""), re.I)
    named += [charset.group(1).lower()] if charset else []
    if b"\0" in body or not _PLAIN_ENCODINGS.issuperset(named):
        raise Transient("The feed is in an encoding that is not accepted.")
    first = _FIRST_ELEMENT.search(body)
    prolog = body[: first.start()] if first else body
    if _declares(prolog):
        raise Transient("The feed declares a document type, which is not accepted.")


def _declares(prolog: bytes) -> bool:
    """Tell whether anything but comments starts with "<!"."""
    at = prolog.find(b"<!")
    while at >= 0:
        end = prolog.find(b"-->", at + 4) if prolog.startswith(b"<!--", at) else -1
        if end < 0:
            return True
        at = prolog.find(b"<!", end + 3)
    return False
