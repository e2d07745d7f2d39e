"""Block an account, lift the block, and look whether it is in force.

A block is a record that anybody may have made, from this console or from the app; all of them are
found, and lifting removes all of them.
"""

from __future__ import annotations

from platforms.connectors.base import (
    Command,
    Confirmation,
    Gone,
    InvalidRequest,
    NotAllowed,
    Receipt,
)
from platforms.connectors.bluesky.client import BlueskyClient, Swapped
from platforms.connectors.bluesky.ids import BLOCK, RecordUri, did_of, key_from_seed
from platforms.connectors.bluesky.looking import holds_in_public
from platforms.connectors.bluesky.records import delete_own, read_own, write_own


def block(client: BlueskyClient, command: Command) -> Receipt:
    """Block the author, unless the account is blocked already."""
    subject = command.author_external_id
    if subject == client.did:
        raise NotAllowed("A channel cannot block itself.")
    found = _blocks(client, command)
    if found:
        return Receipt(external_id=found[0], already_held=True, details={"block_uri": found[0]})
    uri = _own_block(client, subject)
    value = {"$type": BLOCK, "subject": subject, "createdAt": client.timestamp()}
    try:
        write_own(client, BLOCK, uri.rkey, value, instead_of=None, what="block an account")
    except Swapped:
        return Receipt(external_id=str(uri), already_held=True, details={"block_uri": str(uri)})
    return Receipt(external_id=str(uri), details={"block_uri": str(uri)})


def unblock(client: BlueskyClient, command: Command) -> Receipt:
    """Remove every block of the author."""
    found = _blocks(client, command)
    for uri in found:
        delete_own(client, BLOCK, RecordUri.parse(uri).rkey, what="lift a block on an account")
    return Receipt(external_id=command.author_external_id, already_held=not found)


def see_blocked(client: BlueskyClient, command: Command) -> Confirmation:
    """Look whether a block is written and in force."""
    if not _blocks(client, command):
        return Confirmation(holds=False, seen="The account is not blocked.")
    if holds_in_public(lambda: bool(_block_in_force(client, command.author_external_id))):
        return Confirmation(holds=True, seen="The account is blocked.")
    return Confirmation(holds=False, seen="The block is written, and not yet in force.")


def see_unblocked(client: BlueskyClient, command: Command) -> Confirmation:
    """Look whether no block is written and none is in force."""
    if _blocks(client, command):
        return Confirmation(holds=False, seen="The account is still blocked.")
    if holds_in_public(lambda: not _block_in_force(client, command.author_external_id)):
        return Confirmation(holds=True, seen="The account is not blocked.")
    return Confirmation(holds=False, seen="The block is removed, and still in force.")


def _blocks(client: BlueskyClient, command: Command) -> list[str]:
    """Return the records by which the channel blocks the author now."""
    candidates = [
        str(_own_block(client, command.author_external_id)),
        command.receipt.get("block_uri", ""),
        _block_in_force(client, command.author_external_id),
    ]
    return [
        uri
        for uri in dict.fromkeys(candidates)
        if did_of(uri) == client.did and _is_block_of(client, uri, command.author_external_id)
    ]


def _is_block_of(client: BlueskyClient, uri: str, subject: str) -> bool:
    address = RecordUri.parse(uri)
    if address.collection != BLOCK:
        return False
    record = read_own(client, BLOCK, address.rkey)
    return record is not None and record.value.get("subject") == subject


def _own_block(client: BlueskyClient, subject: str) -> RecordUri:
    """Return where this console keeps the block of an account: one place for each."""
    return RecordUri(client.did, BLOCK, key_from_seed(f"block {client.did} {subject}"))


def _block_in_force(client: BlueskyClient, subject: str) -> str:
    """Return the block record that the app view goes by, or ""."""
    try:
        profile = client.query(
            "app.bsky.actor.getProfile", {"actor": subject}, what="read a profile"
        )
    except (Gone, InvalidRequest):
        return ""  # An account that is gone has no profile.
    viewer = profile.get("viewer")
    return str(viewer.get("blocking") or "") if isinstance(viewer, dict) else ""
