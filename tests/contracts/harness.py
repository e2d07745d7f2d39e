"""What a platform must offer to the contract suite: a connector, and hands on the platform."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from enum import StrEnum

from platforms.connectors.base import Connector
from platforms.enums import Capability


class Fault(StrEnum):
    """A way in which a platform goes wrong, once, on the next call of one kind."""

    SERVER_ERROR = "server_error"
    """Answers 5xx and does nothing."""
    THROTTLED = "throttled"
    """Answers 429 with a time to come back, and does nothing."""
    REFUSED = "refused"
    """Does not allow this act on this object."""
    EXPIRED = "expired"
    """No longer accepts the credentials."""
    DOWN = "down"
    """Cannot be reached, or drops the connection before doing anything; a read then fails too."""
    LOST_ANSWER = "lost_answer"
    """Does it, and the answer never arrives."""


class Harness(ABC):
    """One channel on one platform, seen from outside the connector.

    To join the suite, subclass this and `suite.ConnectorContract`, whose `harness` fixture yields
    an instance with an empty channel. State with the class attributes what the platform can do;
    the suite leaves out what it cannot.
    """

    faults: frozenset[Fault] = frozenset()
    """What `fail_next` can bring about."""
    edits_arrive = False
    """An edit reaches `fetch` as an event of its own."""
    deletions_arrive = False
    """A deletion by the author reaches `fetch` as an event of its own."""
    counts_effects = False
    """`effects_count` really counts, so that "exactly once" can be asserted."""

    @abstractmethod
    def make_connector(self) -> Connector:
        """Return a fresh connector for the channel, as the product would make it."""

    @abstractmethod
    def seed_comment(self, text: str) -> str:
        """Have somebody write something to the channel; return its external id."""

    def edit_comment(self, external_id: str, text: str) -> None:
        """Have its author change the text."""
        raise NotImplementedError

    def delete_comment(self, external_id: str) -> None:
        """Have its author delete it, on a platform with `deletions_arrive`."""
        raise NotImplementedError

    def fail_next(self, fault: Fault, kind: Capability) -> None:
        """Make the next call of this kind (FETCH for a read of what is new) go wrong, once."""
        raise NotImplementedError

    def effects_count(self, kind: Capability, target: str) -> int:
        """Return how often the platform really did this to that comment (block: its author)."""
        raise NotImplementedError

    def settle(self) -> None:  # noqa: B027 - most platforms answer at once
        """Wait until what was written can be read, where a platform takes its time."""

    def with_unknown_fields(self, payload: bytes) -> bytes:
        """Return the payload as a later version of the platform might send it."""
        data = json.loads(payload)
        return json.dumps(_with_additions(data)).encode()

    def close(self) -> None:  # noqa: B027 - not every harness holds something
        """Release what the harness holds."""


def _with_additions(data: object) -> object:
    """Add a field that nobody knows to every object in a JSON value."""
    if isinstance(data, dict):
        grown = {name: _with_additions(value) for name, value in data.items()}
        return {**grown, "field_of_the_future": {"nested": [1, None, "x"]}}
    if isinstance(data, list):
        return [_with_additions(value) for value in data]
    return data
