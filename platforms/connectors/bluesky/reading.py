"""What is new about an account: its notifications, and another look at what was seen before.

The list of notifications alone is not enough, for four reasons found on the real servers:

- An edit moves a post only within the list, and only while the list is read far enough.
- A deleted, hidden or blocked post merely drops out, so that a post is called deleted only when a
  read of its own address says so.
- A post may claim any date in the past and is then listed there, below where reading stops. Such a
  post shows in the number of replies, and the thread is then read.
- What a list holds may be older than the post itself: every event is made from a read by address.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from platforms.connectors.base import FetchPage, RawEvent
from platforms.connectors.bluesky.client import BlueskyClient
from platforms.connectors.bluesky.cursor import MOST_WATCHED, Cursor, Watched
from platforms.connectors.bluesky.ids import did_of
from platforms.connectors.bluesky.looking import BATCH, View, is_gone, objects, posts
from platforms.connectors.bluesky.normalise import (
    REASONS,
    context_uri,
    hiding_gate,
    reply_refs,
)

PAGE_SIZE = 100
MOST_PAGES = 3
OWN_POSTS = 25
MOST_THREADS = 3
MOST_LOOKS = 10
LONGEST_KEY = 255
MOST_THREAD_REPLIES = 200
SECONDS_TO_READ = 20.0
OVERLAP = timedelta(minutes=10)
FIRST_READ_REACHES_BACK = timedelta(days=30)


def fetch(client: BlueskyClient, cursor: str, *, clock: Callable[[], datetime]) -> FetchPage:
    """Read what is new since `cursor`, within bounds of pages and of time."""
    return _Reading(client, Cursor.parse(cursor), clock()).run()


@dataclass
class _Reading:
    """One fetch: what it knew before, and what it finds."""

    client: BlueskyClient
    before: Cursor
    now: datetime
    started: float = field(default_factory=time.monotonic)
    known: dict[str, Watched] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    """What is new or in the overlap, in the order found."""
    views: dict[str, View] = field(default_factory=dict)
    own_views: dict[str, View] = field(default_factory=dict)
    accounted: dict[str, int] = field(default_factory=dict)
    """For each post, how many of its replies were seen by the end of this fetch."""

    def run(self) -> FetchPage:
        self.known = {watched.uri: watched for watched in self.before.watched}
        self.accounted = {uri: watched.replies for uri, watched in self.known.items()}
        self.accounted |= self.before.own
        position, newest, finished = self._list()
        self._read([*self.reasons, *self.known])
        if finished:
            self._read_own_posts()
            self._read_grown_threads()
        self._read_contexts()
        watched = self._watch()
        events = [self._event(entry) for entry in watched if self._is_news(entry)]
        after = Cursor(
            seen=_later(self.before.seen, newest) if finished else self.before.seen,
            position="" if finished else position,
            newest="" if finished else newest,
            watched=tuple(watched[:MOST_WATCHED]),
            own=self._own_counts() if finished else self.before.own,
        )
        return FetchPage(events=tuple(events), cursor=str(after), more=not finished)

    # Finding

    def _list(self) -> tuple[str, str, bool]:
        """Walk the notifications, newest first, down to where the last walk began."""
        floor = self._floor()
        position, newest = self.before.position, self.before.newest
        for _ in range(MOST_PAGES):
            params: dict[str, str | int | list[str]] = {
                "limit": PAGE_SIZE,
                "reasons": list(REASONS),
            }
            if position:
                params["cursor"] = position
            page = self.client.query(
                "app.bsky.notification.listNotifications", params, what="list notifications"
            )
            for notification in objects(page.get("notifications")):
                when = _time(notification.get("indexedAt"))
                if when is not None and when < floor:
                    return "", newest, True
                newest = _later(newest, str(notification.get("indexedAt", "")))
                uri, reason = str(notification.get("uri", "")), str(notification.get("reason", ""))
                # A reply that also mentions the account is listed twice: it stays a reply.
                if did_of(uri) and reason in REASONS and self.reasons.get(uri) != "reply":
                    self.reasons[uri] = reason
            following = page.get("cursor")
            if not isinstance(following, str) or not following or following == position:
                return "", newest, True
            position = following
            if self._out_of_time():
                break
        return position, newest, False

    def _floor(self) -> datetime:
        seen = _time(self.before.seen)
        return seen - OVERLAP if seen else self.now - FIRST_READ_REACHES_BACK

    def _read_own_posts(self) -> None:
        answer = self.client.query(
            "app.bsky.feed.getAuthorFeed",
            {"actor": self.client.did, "limit": OWN_POSTS, "filter": "posts_with_replies"},
            what="list the channel's own posts",
        )
        for entry in objects(answer.get("feed")):
            post = entry.get("post")
            if isinstance(post, dict) and did_of(str(post.get("uri"))) == self.client.did:
                self.own_views[str(post["uri"])] = post

    def _read_grown_threads(self) -> None:
        """Read the threads that have more replies than the list accounts for.

        At most a few at a time: the others keep their old number, and their turn comes next.
        """
        noticed = Counter(
            reply_refs(self._record(uri)).get("parent_uri", "")
            for uri in self.reasons
            if uri not in self.known
        )
        turns = MOST_THREADS
        for uri, view in [*self.own_views.items(), *self.views.items()]:
            before, count = self._accounted_before(uri, view), _replies(view)
            if count <= before or count == before + noticed[uri]:
                self.accounted[uri] = count
            elif turns:
                turns -= 1
                self.accounted[uri] = count
                found = [reply for reply in self._direct_replies(uri) if reply not in self.known]
                for reply in found:
                    self.reasons.setdefault(reply, "reply")
                self._read(found)

    def _accounted_before(self, uri: str, view: View) -> int:
        """Return how many replies were accounted for; a post met for the first time had none.

        Own posts from before all reading are taken as they are.
        """
        if uri in self.accounted:
            return self.accounted[uri]
        published = _time(view.get("indexedAt"))
        is_old = published is None or published < self.now - FIRST_READ_REACHES_BACK
        return _replies(view) if is_old and uri in self.own_views else 0

    def _own_counts(self) -> dict[str, int]:
        return {
            uri: self.accounted[uri]
            for uri in list(self.own_views)[:OWN_POSTS]
            if uri in self.accounted
        }

    def _direct_replies(self, uri: str) -> list[str]:
        thread = self.client.query(
            "app.bsky.feed.getPostThread",
            {"uri": uri, "depth": 1, "parentHeight": 0},
            what="read a thread",
        ).get("thread")
        replies = objects(thread.get("replies")) if isinstance(thread, dict) else []
        views = [reply.get("post") for reply in replies]
        return [
            str(view["uri"])
            for view in views
            if isinstance(view, dict) and did_of(str(view.get("uri"))) not in {"", self.client.did}
        ][:MOST_THREAD_REPLIES]

    # Reading by address

    def _read(self, uris: Iterable[str]) -> None:
        wanted = list(dict.fromkeys(uri for uri in uris if uri not in self.views))
        for start in range(0, len(wanted), BATCH):
            for view in posts(self.client, wanted[start : start + BATCH]):
                self.views[str(view.get("uri"))] = view

    def _read_contexts(self) -> None:
        """Read the channel's own posts above what was found, with their gates."""
        wanted = {self._context_uri(uri) for uri in self.views} - {""} - set(self.own_views)
        missing = sorted(wanted)
        for start in range(0, len(missing), BATCH):
            for view in posts(self.client, missing[start : start + BATCH]):
                self.own_views[str(view.get("uri"))] = view

    def _record(self, uri: str) -> View:
        record = self.views.get(uri, {}).get("record")
        return record if isinstance(record, dict) else {}

    def _context_uri(self, uri: str) -> str:
        return context_uri(self._record(uri), self.client.did)

    def _context(self, uri: str) -> View | None:
        return self.own_views.get(self._context_uri(uri))

    # Telling

    def _watch(self) -> list[Watched]:
        """Say how every post stands now: those just found first, then those known before.

        Posts behind a block go last, so that they are the first to be watched no longer.
        """
        new = [uri for uri in self.reasons if uri not in self.known and uri in self.views]
        readable, unreadable = [], []
        looks = MOST_LOOKS
        for uri in [*new, *self.known]:
            known = self.known.get(uri)
            if uri in self.views:
                readable.append(self._standing(uri, known))
            elif known is not None and known.is_gone:
                readable.append(known)
            elif known is not None and looks and not self._out_of_time():
                looks -= 1
                if is_gone(self.client, uri):
                    readable.append(replace(known, is_gone=True, changes=known.changes + 1))
                else:
                    unreadable.append(known)
            elif known is not None:
                readable.append(known)
        return [*readable, *unreadable]

    def _standing(self, uri: str, known: Watched | None) -> Watched:
        cid, gate = str(self.views[uri].get("cid")), self._gate(uri)
        changed = known is not None and (known.is_gone or (known.cid, known.gate) != (cid, gate))
        return Watched(
            uri=uri,
            cid=cid,
            reason=self.reasons.get(uri) or (known.reason if known else "reply"),
            gate=gate,
            replies=self.accounted.get(uri, 0),
            changes=(known.changes if known else 0) + changed,
        )

    def _is_news(self, watched: Watched) -> bool:
        """Tell whether a post is new, has changed, or lies in the overlap."""
        known = self.known.get(watched.uri)
        if known is None or known.changes != watched.changes:
            return True
        return watched.uri in self.reasons and watched.uri in self.views

    def _gate(self, uri: str) -> str:
        return hiding_gate(uri, self._context(uri))[-16:]

    def _event(self, watched: Watched) -> RawEvent:
        """Make the event of a post as it stands; its key is the post's version.

        A number follows once the post has changed before our eyes, because an edit may be taken
        back to the very same version, and because being hidden, shown or deleted changes none.
        """
        key = f"{watched.uri}@{watched.cid}"
        if watched.changes:
            key += f"~{watched.changes}"
        elif watched.gate:
            key += "~hidden"
        payload: dict[str, Any] = {"reason": watched.reason, "account": self.client.did}
        if watched.is_gone:
            payload["gone"] = {"uri": watched.uri, "cid": watched.cid}
        else:
            payload["post"] = self.views[watched.uri]
            payload["context"] = self._context(watched.uri)
        if len(key) > LONGEST_KEY:
            key = hashlib.sha256(key.encode()).hexdigest()
        return RawEvent(key=key, payload=_dump(payload), kind=watched.reason)

    def _out_of_time(self) -> bool:
        return time.monotonic() - self.started > SECONDS_TO_READ


def _replies(view: View) -> int:
    count = view.get("replyCount")
    return count if isinstance(count, int) else 0


def _time(value: object) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _later(one: str, other: str) -> str:
    first, second = _time(one), _time(other)
    if first is None or second is None:
        return one if second is None else other
    return one if first >= second else other


def _dump(payload: Mapping[str, Any]) -> bytes:
    return json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
