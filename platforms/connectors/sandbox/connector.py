"""The sandbox platform as a Connector: every capability there is."""

from __future__ import annotations

import json
from collections.abc import Callable

from platforms.connectors.base import (
    Access,
    Command,
    Confirmation,
    FetchPage,
    Gone,
    InboundItem,
    RawEvent,
    Receipt,
    Transient,
    Unsupported,
)
from platforms.connectors.sandbox import normalise as reading
from platforms.connectors.sandbox.client import PAGE, Data, SandboxClient
from platforms.enums import Capability, Platform, SourceState

# Changes read again at each poll: smaller than a page, so that reading always gets on.
OVERLAP = PAGE // 5

_SORTS = {
    Capability.REPLY: "replies",
    Capability.WARN: "warnings",
    Capability.REPORT: "reports",
}
_NOUNS = {Capability.REPLY: "reply", Capability.WARN: "warning", Capability.REPORT: "report"}
_WISHED = {
    Capability.HIDE: frozenset({SourceState.HIDDEN, SourceState.DELETED}),
    Capability.UNHIDE: frozenset({SourceState.LIVE}),
    Capability.DELETE: frozenset({SourceState.DELETED}),
}
_SEEN = {
    SourceState.LIVE: "The comment is visible to everybody.",
    SourceState.HIDDEN: "The comment is hidden from the public.",
    SourceState.HELD: "The platform itself is holding the comment.",
    SourceState.DELETED: "The comment is deleted.",
}


class SandboxConnector:
    """One channel on the sandbox platform."""

    platform = Platform.SANDBOX
    capabilities = frozenset(Capability)

    def __init__(self, access: Access) -> None:
        self.access = access
        self._client = SandboxClient(access)

    def close(self) -> None:
        """Release the connections."""
        self._client.close()

    def fetch(self, cursor: str) -> FetchPage:
        """Read one page of changes; the cursor is the number of the last one seen."""
        position = _position(cursor)
        since = max(0, position - OVERLAP)
        page = self._client.changes(since=since)
        if page.get("newest_seq", position) < position:
            # The platform started again from nothing, and counts from one.
            position = since = 0
            page = self._client.changes(since=0)
        last = max(position, page.get("last_seq", 0))
        return FetchPage(
            events=tuple(_event(comment) for comment in page["comments"]),
            cursor=str(last),
            more=page.get("more") is True and last > since,
        )

    def normalise(self, payload: bytes) -> tuple[InboundItem, ...]:
        """Turn one comment into an item."""
        return reading.normalise(payload)

    def perform(self, command: Command) -> Receipt:
        """Look, then act where the wished state does not hold yet."""
        perform, _ = self._ways(command)
        return perform(command)

    def confirm(self, command: Command) -> Confirmation:
        """Look whether the wished state holds."""
        _, confirm = self._ways(command)
        return confirm(command)

    def _ways(
        self, command: Command
    ) -> tuple[Callable[[Command], Receipt], Callable[[Command], Confirmation]]:
        if command.kind in _WISHED:
            return self._move, self._confirm_moved
        if command.kind in {Capability.BLOCK, Capability.UNBLOCK}:
            return self._set_block, self._confirm_block
        if command.kind in _SORTS:
            return self._send, self._confirm_sent
        raise Unsupported(f"The sandbox platform has no act called {command.kind}.")

    # Hide, unhide, delete

    def _move(self, command: Command) -> Receipt:
        state = self._state(command)
        if state in _WISHED[command.kind]:
            return Receipt(command.target_external_id, already_held=True)
        if state is SourceState.DELETED:
            raise Gone("The comment is deleted, so it cannot be shown again.")
        done = self._client.act(
            command.kind.value, command.target_external_id, key=command.idempotency_key
        )
        return Receipt(command.target_external_id, already_held=done.get("changed") is False)

    def _confirm_moved(self, command: Command) -> Confirmation:
        try:
            state = self._state(command)
        except Gone:
            removal = command.kind is not Capability.UNHIDE
            return Confirmation(removal, seen="The comment no longer exists.", is_gone=True)
        return Confirmation(holds=state in _WISHED[command.kind], seen=_SEEN[state])

    def _state(self, command: Command) -> SourceState:
        comment = self._client.comment(command.target_external_id)
        try:
            return SourceState(comment.get("state", ""))
        except ValueError:
            raise Transient("The sandbox platform did not say how the comment stands.") from None

    # Block, unblock

    def _set_block(self, command: Command) -> Receipt:
        author, key = command.author_external_id, command.idempotency_key
        wished = command.kind is Capability.BLOCK
        if self._client.is_blocked(author) is wished:
            return Receipt(author, already_held=True)
        change = self._client.block if wished else self._client.unblock
        done = change(author, key=key)
        return Receipt(author, already_held=done.get("changed") is False)

    def _confirm_block(self, command: Command) -> Confirmation:
        blocked = self._client.is_blocked(command.author_external_id)
        return Confirmation(
            holds=blocked is (command.kind is Capability.BLOCK),
            seen="The author is blocked." if blocked else "The author is not blocked.",
        )

    # Reply, warn, report: the platform does these as often as it is asked

    def _send(self, command: Command) -> Receipt:
        found = self._sent(command)
        if found:
            return Receipt(str(found[0].get("id", "")), already_held=True)
        done = self._client.send(
            command.kind.value,
            command.target_external_id,
            text=command.text,
            key=command.idempotency_key,
        )
        return Receipt(str(done.get("id", "")))

    def _confirm_sent(self, command: Command) -> Confirmation:
        found = self._sent(command)
        noun = _NOUNS[command.kind]
        if not found:
            return Confirmation(holds=False, seen=f"The platform has no such {noun}.")
        return Confirmation(
            holds=True,
            seen=f"The {noun} stands on the platform.",
            details={"external_id": str(found[0].get("id", ""))},
        )

    def _sent(self, command: Command) -> list[Data]:
        return self._client.sent(_SORTS[command.kind], command.idempotency_key)


def _position(cursor: str) -> int:
    usable = cursor.isascii() and cursor.isdecimal() and len(cursor) < 19
    return int(cursor) if usable else 0


def _event(comment: Data) -> RawEvent:
    """Wrap one comment; each of its changes has another number and so another key."""
    payload = json.dumps(comment, sort_keys=True).encode()
    return RawEvent(
        key=f"{comment.get('id')}:{comment.get('seq')}",
        payload=payload,
        kind=str(comment.get("state", "")),
    )
