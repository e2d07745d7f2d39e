"""Gates: the records by which an account hides replies to its posts and detaches quotes of them.

A gate lies under the same key as the post it belongs to, in the account's own repository, and is
rewritten whole: whatever else it says is kept, and the write is refused if somebody else wrote in
between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from platforms.connectors.base import Command, InvalidRequest, NotAllowed, Transient
from platforms.connectors.bluesky.client import BlueskyClient, Swapped
from platforms.connectors.bluesky.ids import POSTGATE, THREADGATE, RecordUri, did_of
from platforms.connectors.bluesky.records import Record, read_own, write_own

TRIES = 5


@dataclass(frozen=True, slots=True)
class Gate:
    """The gate of one own post, and the list in it that takes a post out of sight."""

    post_uri: str
    collection: str
    list_name: str
    most: int
    too_many: str

    @property
    def rkey(self) -> str:
        return RecordUri.parse(self.post_uri).rkey


def gate_for(command: Command, *, account: str) -> Gate:
    """Choose the gate that can hide the post a command is about. Raises NotAllowed.

    A reply belongs to the gate of its thread's root; a quote can be detached from what it quotes.
    """
    root = command.address.get("root_uri", "")
    if root and did_of(root) == account:
        return Gate(
            post_uri=root,
            collection=THREADGATE,
            list_name="hiddenReplies",
            most=300,
            too_many="This thread already hides 300 replies, which is the most Bluesky allows.",
        )
    quoted = command.address.get("quoted_uri", "")
    if quoted and did_of(quoted) == account:
        return Gate(
            post_uri=quoted,
            collection=POSTGATE,
            list_name="detachedEmbeddingUris",
            most=50,
            too_many="50 quotes of this post are detached, which is the most Bluesky allows.",
        )
    raise NotAllowed(
        "On Bluesky only replies to this channel's own posts, and quotes of them, can be hidden."
    )


def read_gate(client: BlueskyClient, gate: Gate) -> Record | None:
    """Read the gate from the account's own repository."""
    return read_own(client, gate.collection, gate.rkey)


def listed(record: Record | None, gate: Gate) -> list[str]:
    """Return the posts that a gate takes out of sight."""
    found = record.value.get(gate.list_name) if record else None
    return [uri for uri in found if isinstance(uri, str)] if isinstance(found, list) else []


def rewrite(
    client: BlueskyClient,
    gate: Gate,
    change: Callable[[list[str]], list[str]],
) -> Record | None:
    """Change a gate's list; None when it already was as wished.

    Reads again and redoes the change, a few times, when somebody else rewrote the gate meanwhile.
    """
    for _ in range(TRIES):
        before = read_gate(client, gate)
        uris = listed(before, gate)
        wished = change(uris)
        if wished == uris:
            return None
        if len(wished) > gate.most and len(wished) > len(uris):
            raise NotAllowed(gate.too_many)
        value = {**_kept(client, before, gate), gate.list_name: wished}
        try:
            return write_own(
                client,
                gate.collection,
                gate.rkey,
                value,
                instead_of=before.cid if before else None,
                what="rewrite the gate of a post",
            )
        except Swapped:
            continue
    raise Transient("The gate of this post on Bluesky kept changing while it was rewritten.")


def _kept(
    client: BlueskyClient, before: Record | None, gate: Gate
) -> Mapping[str, Any]:  # Any: the platform's own structure
    if before is None:
        return {
            "$type": gate.collection,
            "post": gate.post_uri,
            "createdAt": client.timestamp(),
        }
    if before.value.get("post") != gate.post_uri:
        raise InvalidRequest("The gate under this post's key on Bluesky belongs to another post.")
    return before.value
