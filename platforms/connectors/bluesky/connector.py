"""Bluesky for one channel: which acts there are, and where each is done and looked at again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from platforms.connectors.base import (
    Access,
    Command,
    Confirmation,
    FetchPage,
    InboundItem,
    InvalidRequest,
    Receipt,
    Unsupported,
)
from platforms.connectors.bluesky import (
    blocking,
    hiding,
    normalise,
    reading,
    replying,
    reporting,
)
from platforms.connectors.bluesky.client import BlueskyClient
from platforms.connectors.bluesky.ids import did_of
from platforms.enums import Capability, Platform

ACTS: dict[Capability, Callable[[BlueskyClient, Command], Receipt]] = {
    Capability.HIDE: hiding.hide,
    Capability.UNHIDE: hiding.unhide,
    Capability.BLOCK: blocking.block,
    Capability.UNBLOCK: blocking.unblock,
    Capability.REPLY: replying.reply,
    Capability.REPORT: reporting.report,
}
LOOKS: dict[Capability, Callable[[BlueskyClient, Command], Confirmation]] = {
    Capability.HIDE: hiding.see_hidden,
    Capability.UNHIDE: hiding.see_shown,
    Capability.BLOCK: blocking.see_blocked,
    Capability.UNBLOCK: blocking.see_unblocked,
    Capability.REPLY: replying.see_reply,
    Capability.REPORT: reporting.see_report,
}


class BlueskyConnector:
    """One account on Bluesky.

    Private warnings are left out: they need the chat service and a person who accepts messages
    from the channel. Nobody can delete another account's post.

    Credentials: `identifier` and `app_password`; the session's tokens are added as they come.
    Settings: `labeler_did` names the moderation service that gets reports (the account's server
    chooses otherwise), `report_reason` the kind of report.
    """

    platform = Platform.BLUESKY
    capabilities = frozenset({Capability.FETCH, *ACTS})

    def __init__(
        self, access: Access, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.access = access
        self._clock = clock
        self._client = BlueskyClient(access, keep=self._keep, clock=clock)

    def fetch(self, cursor: str) -> FetchPage:
        """Read replies, mentions and quotes that are new, edited, hidden, shown or deleted."""
        return reading.fetch(self._client, cursor, clock=self._clock)

    def normalise(self, payload: bytes) -> tuple[InboundItem, ...]:
        """Turn one event into its item."""
        return normalise.normalise(payload)

    def perform(self, command: Command) -> Receipt:
        """Do one act, unless what it wishes for already holds."""
        act = ACTS.get(command.kind)
        if act is None:
            raise Unsupported(_UNSUPPORTED[command.kind])
        _check(command)
        return act(self._client, command)

    def confirm(self, command: Command) -> Confirmation:
        """Look whether what an act wished for holds, in the repository and in public."""
        look = LOOKS.get(command.kind)
        if look is None:
            raise Unsupported(_UNSUPPORTED[command.kind])
        _check(command)
        return look(self._client, command)

    def close(self) -> None:
        """Release connections."""
        self._client.close()

    def _keep(self, credentials: Mapping[str, str]) -> None:
        self.access = replace(self.access, credentials=credentials)


_UNSUPPORTED = {
    Capability.DELETE: "On Bluesky nobody can delete another account's post.",
    Capability.WARN: "Private warnings on Bluesky are not supported.",
    Capability.FETCH: "Reading is no act.",
}


def _check(command: Command) -> None:
    """Refuse a command that names nothing to act on."""
    if command.kind in {Capability.BLOCK, Capability.UNBLOCK}:
        if not command.author_external_id.startswith("did:"):
            raise InvalidRequest("The author of the post is not known by a permanent identifier.")
    elif not did_of(command.target_external_id):
        raise InvalidRequest("The post is not known by its address on Bluesky.")
