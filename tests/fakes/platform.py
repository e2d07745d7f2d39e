"""A platform held in memory, and its connector in one: what services are tested against.

It keeps to the contract suite like every real connector, and can be told to misbehave:

    platform = FakePlatform()
    comment_id = platform.write("Hello")
    platform.fail_next(Fault.LOST_ANSWER, Capability.HIDE)
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from platforms.connectors.base import (
    Access,
    AuthExpired,
    Command,
    Confirmation,
    ConnectorError,
    FetchPage,
    Gone,
    InboundAuthor,
    InboundItem,
    InboundPost,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    RawEvent,
    Receipt,
    Transient,
    Unsupported,
)
from platforms.enums import Capability, ContentKind, Platform, SourceState
from tests.contracts.harness import Fault

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PAGE = 50
OVERLAP = 5

MOVES = {
    Capability.HIDE: SourceState.HIDDEN,
    Capability.UNHIDE: SourceState.LIVE,
    Capability.DELETE: SourceState.DELETED,
}
SENDS = {Capability.REPLY, Capability.WARN, Capability.REPORT}


@dataclass
class FakeComment:
    """A comment as it stands on the fake platform."""

    id: str
    seq: int
    text: str
    author_id: str
    author_name: str
    post_id: str = "post-1"
    parent_id: str = ""
    version: int = 1
    state: SourceState = SourceState.LIVE
    likes: int = 0


@dataclass
class FakePlatform:
    """One channel on a platform that exists only here."""

    access: Access = field(
        default_factory=lambda: Access("channel-1", credentials={"token": "fake-token-1234"})
    )
    platform: Platform = Platform.SANDBOX
    capabilities: frozenset[Capability] = frozenset(Capability)
    comments: dict[str, FakeComment] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)
    sent: dict[tuple[Capability, str], list[str]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """What was replied, warned and reported, by kind and idempotency key."""
    effects: Counter[tuple[Capability, str]] = field(default_factory=Counter)
    """How often each act was really done to each comment, or to each author for blocks."""
    calls: list[tuple[str, Capability]] = field(default_factory=list)
    """Every call of fetch, perform and confirm, in order."""
    paused_until: datetime = NOON + timedelta(minutes=5)
    is_closed: bool = False
    _seq: int = 0
    _faults: dict[Capability, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))

    # What people on the platform do

    def write(
        self,
        text: str,
        *,
        author_id: str = "author-1",
        author_name: str = "Kim Bell",
        parent_id: str = "",
        post_id: str = "post-1",
        likes: int = 0,
    ) -> str:
        """Have somebody comment; return the comment's id."""
        seq = self._next()
        comment = FakeComment(
            id=f"comment-{seq}",
            seq=seq,
            text=text,
            author_id=author_id,
            author_name=author_name,
            parent_id=parent_id,
            post_id=post_id,
            likes=likes,
        )
        self.comments[comment.id] = comment
        return comment.id

    def edit(self, comment_id: str, text: str) -> None:
        """Have the author change the text."""
        comment = self.comments[comment_id]
        comment.text, comment.version, comment.seq = text, comment.version + 1, self._next()

    def delete(self, comment_id: str) -> None:
        """Have the author delete the comment."""
        self._move(self.comments[comment_id], SourceState.DELETED)

    def fail_next(self, fault: Fault, kind: Capability, *, times: int = 1) -> None:
        """Make the next calls of a kind go wrong."""
        self._faults[kind].extend([fault] * times)

    # The connector

    def fetch(self, cursor: str) -> FetchPage:
        """Read one page of changes."""
        self.calls.append(("fetch", Capability.FETCH))
        self._fail(Capability.FETCH, before=True)
        position = int(cursor) if cursor.isdecimal() else 0
        since = max(0, position - OVERLAP)
        changed = sorted(
            (each for each in self.comments.values() if each.seq > since), key=lambda c: c.seq
        )
        page = changed[:PAGE]
        return FetchPage(
            events=tuple(self._event(comment) for comment in page),
            cursor=str(max([position, *(comment.seq for comment in page)])),
            more=len(changed) > PAGE,
        )

    def normalise(self, payload: bytes) -> tuple[InboundItem, ...]:
        """Turn one of this platform's events into an item."""
        try:
            data = json.loads(payload)
            return (
                InboundItem(
                    external_id=data["id"],
                    text=data["text"],
                    author=InboundAuthor(data["author"], display_name=data["author_name"]),
                    kind=ContentKind.REPLY if data["parent"] else ContentKind.COMMENT,
                    version=str(data["version"]),
                    state=SourceState(data["state"]),
                    post=InboundPost(data["post"], text="A post"),
                    parent_external_id=data["parent"],
                    published_at=NOON,
                    likes=data["likes"],
                ),
            )
        except (ValueError, TypeError, KeyError):
            raise ValueError("The event cannot be read.") from None

    def perform(self, command: Command) -> Receipt:
        """Look, then act."""
        self.calls.append(("perform", command.kind))
        self._check_supported(command)
        if self._holds(command):
            return Receipt(command.target_external_id, already_held=True)
        self._fail(command.kind, before=True)
        external_id = self._do(command)
        self._fail(command.kind, before=False)
        return Receipt(external_id)

    def confirm(self, command: Command) -> Confirmation:
        """Look."""
        self.calls.append(("confirm", command.kind))
        self._check_supported(command)
        holds = self._holds(command)
        comment = self.comments.get(command.target_external_id)
        return Confirmation(
            holds,
            seen=f"It {'is' if holds else 'is not'} so on the platform.",
            is_gone=command.kind in MOVES
            and (comment is None or comment.state == SourceState.DELETED),
        )

    def close(self) -> None:
        """Note that the product let go."""
        self.is_closed = True

    # Inside

    def _check_supported(self, command: Command) -> None:
        acts = self.capabilities - {Capability.FETCH}
        if command.kind not in acts:
            raise Unsupported(f"This platform has no act called {command.kind}.")

    def _holds(self, command: Command) -> bool:
        if command.kind in MOVES:
            comment = self.comments.get(command.target_external_id)
            state = comment.state if comment else SourceState.DELETED
            gone_counts = command.kind is not Capability.UNHIDE
            return state == MOVES[command.kind] or (gone_counts and state == SourceState.DELETED)
        if command.kind in SENDS:
            return bool(self.sent[command.kind, command.idempotency_key])
        return (command.author_external_id in self.blocked) is (command.kind is Capability.BLOCK)

    def _do(self, command: Command) -> str:
        about_author = command.kind in {Capability.BLOCK, Capability.UNBLOCK}
        target = command.author_external_id if about_author else command.target_external_id
        if command.kind in MOVES:
            comment = self.comments.get(target)
            if comment is None or comment.state == SourceState.DELETED:
                raise Gone("The comment is deleted.")
            self._move(comment, MOVES[command.kind])
        elif command.kind is Capability.BLOCK:
            self.blocked.add(target)
        elif command.kind is Capability.UNBLOCK:
            self.blocked.discard(target)
        else:
            self.sent[command.kind, command.idempotency_key].append(command.text)
        self.effects[command.kind, target] += 1
        return target

    def _move(self, comment: FakeComment, state: SourceState) -> None:
        comment.state, comment.seq = state, self._next()

    def _next(self) -> int:
        self._seq += 1
        return self._seq

    def _fail(self, kind: Capability, *, before: bool) -> None:
        waiting = self._faults[kind]
        loses = bool(waiting) and waiting[0] is Fault.LOST_ANSWER
        if not waiting or (before and loses and kind is not Capability.FETCH):
            return
        if before or loses:
            raise self._error(waiting.popleft(), kind)

    def _error(self, fault: Fault, kind: Capability) -> ConnectorError:
        if fault is Fault.LOST_ANSWER:
            lost = Transient if kind is Capability.FETCH else OutcomeUnknown
            return lost("The answer was lost.")
        if fault is Fault.THROTTLED:
            return RateLimited("The platform asks for a pause.", until=self.paused_until)
        kinds: dict[Fault, type[ConnectorError]] = {
            Fault.SERVER_ERROR: Transient,
            Fault.DOWN: Transient,
            Fault.REFUSED: NotAllowed,
            Fault.EXPIRED: AuthExpired,
        }
        return kinds[fault]("The platform did not do it.")

    def _event(self, comment: FakeComment) -> RawEvent:
        payload = json.dumps(
            {
                "id": comment.id,
                "text": "" if comment.state == SourceState.DELETED else comment.text,
                "author": comment.author_id,
                "author_name": comment.author_name,
                "post": comment.post_id,
                "parent": comment.parent_id,
                "version": comment.version,
                "state": str(comment.state.value),
                "likes": comment.likes,
            }
        )
        return RawEvent(key=f"{comment.id}:{comment.seq}", payload=payload.encode())


def read_only(capabilities: Iterable[Capability] = ()) -> FakePlatform:
    """Return a platform that can be read, and do only what is named."""
    return FakePlatform(capabilities=frozenset({Capability.FETCH, *capabilities}))
