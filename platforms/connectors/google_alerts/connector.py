"""A Google Alerts feed as a Connector: it is read, and nothing can be done to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from platforms.connectors.base import (
    Access,
    Command,
    Confirmation,
    FetchPage,
    InboundItem,
    RawEvent,
    Receipt,
    Transient,
    Unsupported,
)
from platforms.connectors.google_alerts import normalise as reading
from platforms.connectors.google_alerts.client import FeedClient
from platforms.enums import Capability, Platform

# A feed holds about twenty entries; remembering more lets one come back after a while.
REMEMBERED = 120


class GoogleAlertsConnector:
    """One alert's feed.

    `access.credentials["feed_url"]` is the whole secret. Feeds on private addresses are refused
    unless the caller's settings allow them.
    """

    platform = Platform.GOOGLE_ALERTS
    capabilities = frozenset({Capability.FETCH})

    def __init__(
        self,
        access: Access,
        *,
        allow_private_addresses: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.access = access
        self._client = FeedClient(
            access, allow_private_addresses=allow_private_addresses, clock=clock
        )

    def close(self) -> None:
        """Release the connections."""
        self._client.close()

    def fetch(self, cursor: str) -> FetchPage:
        """Read the feed when it changed; it is one page long.

        Everything in it is given again, under the same keys: an alert that two of its entries
        name, by the entry's id or by the article's address, keeps the key it had first.
        """
        memory = _Memory.parse(cursor)
        feed = self._client.fetch(etag=memory.etag, modified=memory.modified)
        if feed is None:
            return FetchPage(events=(), cursor=cursor)
        try:
            entries = list(reading.entries(feed.content))
        except ValueError as error:
            raise Transient(str(error)) from None
        events: dict[str, RawEvent] = {}
        for entry in entries:
            key = memory.key_for(entry)
            payload = json.dumps({**entry, "key": key}, sort_keys=True).encode()
            events.setdefault(key, RawEvent(key=key, payload=payload, kind="entry"))
        memory.etag, memory.modified = feed.etag, feed.modified
        return FetchPage(events=tuple(events.values()), cursor=memory.dump())

    def normalise(self, payload: bytes) -> tuple[InboundItem, ...]:
        """Turn one entry into an item."""
        return reading.normalise(payload)

    def perform(self, command: Command) -> Receipt:
        """Refuse: an article cannot be acted upon."""
        raise Unsupported("Articles found by an alert can only be read.")

    def confirm(self, command: Command) -> Confirmation:
        """Refuse: there is nothing to look for."""
        raise Unsupported("Articles found by an alert can only be read.")


@dataclass(slots=True)
class _Memory:
    """What the cursor keeps: the feed's validators, and which key an entry's id stands for."""

    etag: str = ""
    modified: str = ""
    keys: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, cursor: str) -> _Memory:
        """Read a cursor; one that cannot be read is an empty one."""
        try:
            data = json.loads(cursor or "{}")
            pairs = [(str(mark), str(key)) for mark, key in data.get("keys", [])]
            return cls(str(data.get("etag", "")), str(data.get("modified", "")), dict(pairs))
        except (ValueError, TypeError, AttributeError, RecursionError):
            return cls()

    def dump(self) -> str:
        """Write the cursor, the oldest memories left out."""
        kept = list(self.keys.items())[-REMEMBERED:]
        return json.dumps({"etag": self.etag, "modified": self.modified, "keys": kept})

    def key_for(self, entry: dict[str, str]) -> str:
        """Return the entry's key, the one it had before if its id is known."""
        key = reading.key_of(entry)
        if not entry["id"]:
            return key
        mark = reading.digest(entry["id"])[:16]
        # Taken out and put back, so that what is still in the feed is forgotten last.
        self.keys[mark] = self.keys.pop(mark, key)
        return self.keys[mark]
