"""The contract of a connector: an adapter that knows one platform and no database.

Errors, as a tree (the classes of the platform reference in brackets):

    ConnectorError
    ├── Retryable            try again by itself
    │   ├── Transient            network, time-out on a read, 5xx
    │   └── RateLimited          throttled or quota spent; `until` says when to return
    ├── Permanent            never by itself
    │   ├── Gone                 the object is missing; for hide and delete the wish already holds
    │   ├── NotAllowed           the platform refuses this act on this object
    │   ├── InvalidRequest       the request is wrong: too long, malformed
    │   ├── PermissionMissing    a scope, role or plan is lacking
    │   └── Unsupported          this platform has no such act
    ├── NeedsAttention       stop writing on the channel and tell an administrator
    │   ├── AuthExpired          token expired or revoked
    │   └── Blocked              the platform's anti-abuse block on us
    ├── OutcomeUnknown       a write was sent and its answer was lost: look, never repeat
    └── Mistake              the console itself went wrong; its log says where
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from platforms.enums import Capability, ContentKind, Platform, SourceState


class ConnectorError(Exception):
    """Anything a platform, or the way to it, refused. `message` is safe to show and to store."""

    code = "connector_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Retryable(ConnectorError):
    """Worth another try by itself."""


class Transient(Retryable):
    """A failure of the network or of the platform's servers."""

    code = "transient"


class RateLimited(Retryable):
    """The platform asks for a pause. `until` is aware and in UTC, or None when it gave no time."""

    code = "rate_limited"

    def __init__(self, message: str, until: datetime | None = None) -> None:
        super().__init__(message)
        self.until = until


class Permanent(ConnectorError):
    """Will not succeed by repeating."""


class Gone(Permanent):
    """The object is deleted or not visible to this channel."""

    code = "gone"


class NotAllowed(Permanent):
    """The platform refuses this act on this object."""

    code = "not_allowed"


class InvalidRequest(Permanent):
    """The request itself is wrong."""

    code = "invalid_request"


class PermissionMissing(Permanent):
    """The channel lacks a scope, role or plan; the message names it."""

    code = "permission_missing"


class Unsupported(Permanent):
    """This platform has no such act."""

    code = "unsupported"


class NeedsAttention(ConnectorError):
    """A person has to act before this channel works again."""


class AuthExpired(NeedsAttention):
    """The credentials are expired or revoked."""

    code = "auth_expired"


class Blocked(NeedsAttention):
    """The platform's anti-abuse system stopped this account."""

    code = "blocked"


class OutcomeUnknown(ConnectorError):
    """A write was sent and no usable answer came back."""

    code = "outcome_unknown"


class Mistake(ConnectorError):
    """The console itself went wrong. What was sent by then is not known."""

    code = "mistake"


@dataclass(frozen=True, slots=True)
class InboundAuthor:
    """Who wrote it, by the platform's own stable id (never by a handle that can change)."""

    external_id: str
    handle: str = ""
    display_name: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class InboundPost:
    """The organisation's own post under which something was written."""

    external_id: str
    text: str = ""
    url: str = ""
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class InboundItem:
    """One comment, reply, mention, message or article, normalised.

    `version` marks an edit (a content hash, an edit time); the same external id with another
    version is a new revision. `address` keeps what the platform needs to act on the item later
    (for example {"cid": ..., "root": ...}) and travels back in `Command.address`. `state` is None
    where the source cannot tell how the item stands: a known one then stays as it was.
    """

    external_id: str
    text: str
    author: InboundAuthor
    kind: ContentKind = ContentKind.COMMENT
    version: str = ""
    state: SourceState | None = None
    post: InboundPost | None = None
    parent_external_id: str = ""
    url: str = ""
    published_at: datetime | None = None
    likes: int = 0
    replies: int = 0
    address: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RawEvent:
    """What a platform sent, byte for byte. `key` is unique per channel and makes a repeat harmless."""

    key: str
    payload: bytes
    kind: str = ""


@dataclass(frozen=True, slots=True)
class FetchPage:
    """One bounded read. `cursor` is what to store for the next poll; `more` asks to go on at once."""

    events: tuple[RawEvent, ...]
    cursor: str
    more: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """One act to perform on the platform."""

    kind: Capability
    idempotency_key: str
    target_external_id: str = ""
    author_external_id: str = ""
    text: str = ""
    address: Mapping[str, str] = field(default_factory=dict)
    receipt: Mapping[str, str] = field(default_factory=dict)
    """For an undo or a confirmation: what the platform answered to the act (a block record's key, say)."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The platform accepted the command. `details` is what a later read-back or undo needs."""

    external_id: str = ""
    already_held: bool = False
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a read-back saw: whether the wished state holds now, and a plain sentence about it."""

    holds: bool
    seen: str
    is_gone: bool = False
    """The item is not there any more: a hide holds, and yet nothing is hidden."""
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Access:
    """What a connector needs to speak for one channel."""

    external_id: str
    base_url: str = ""
    credentials: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)


class Connector(Protocol):
    """One platform, spoken for one channel."""

    platform: Platform
    capabilities: frozenset[Capability]
    access: Access
    """After a call, holds renewed credentials where the platform rotated them; the caller stores these."""

    def fetch(self, cursor: str) -> FetchPage:
        """Read what is new since `cursor` ("" the first time), with an overlap; bounded in pages and time."""
        ...

    def normalise(self, payload: bytes) -> tuple[InboundItem, ...]:
        """Turn one raw event into items; pure. Raises ValueError with a sentence when it cannot."""
        ...

    def perform(self, command: Command) -> Receipt:
        """Do it, after looking whether the wished state already holds. Raises ConnectorError."""
        ...

    def confirm(self, command: Command) -> Confirmation:
        """Read back whether the command's wished state holds now. Changes nothing. Raises ConnectorError."""
        ...

    def close(self) -> None:
        """Release connections."""
        ...
