"""Answer in public, once: the reply's own key comes from the command that asked for it."""

from __future__ import annotations

from typing import Any

from platforms.connectors.base import (
    Command,
    Confirmation,
    InvalidRequest,
    NotAllowed,
    OutcomeUnknown,
    Permanent,
    Receipt,
)
from platforms.connectors.bluesky.client import BlueskyClient, Swapped
from platforms.connectors.bluesky.ids import POST, key_from_seed, post_link
from platforms.connectors.bluesky.looking import View, find, holds_in_public, look
from platforms.connectors.bluesky.normalise import reply_refs
from platforms.connectors.bluesky.records import Record, read_own, write_own
from platforms.connectors.bluesky.richtext import (
    MAX_BYTES,
    MAX_GRAPHEMES,
    count_graphemes,
    facets,
)


def reply(client: BlueskyClient, command: Command) -> Receipt:
    """Publish a reply, unless this command's reply is there already."""
    _check_length(command.text)
    existing = _own_reply(client, command)
    if existing is not None:
        return _receipt(existing, already_held=True)
    parent = look(client, command.target_external_id)
    if parent is None:
        raise NotAllowed("A block stands between this channel and the author.")
    value = _record(client, command.text, parent)
    rkey = _key(client, command)
    try:
        written = write_own(client, POST, rkey, value, instead_of=None, what="publish a reply")
    except Swapped:
        existing = _own_reply(client, command)
        if existing is None:
            raise OutcomeUnknown("The reply was there, and then it was not.") from None
        return _receipt(existing, already_held=True)
    return _receipt(written)


def see_reply(client: BlueskyClient, command: Command) -> Confirmation:
    """Look whether the reply is published and public."""
    record = _own_reply(client, command)
    if record is None:
        return Confirmation(holds=False, seen="The reply is not there.")
    details = _receipt(record).details
    if holds_in_public(lambda: find(client, record.uri) is not None):
        return Confirmation(holds=True, seen="The reply is public.", details=details)
    return Confirmation(
        holds=False, seen="The reply is published, and not yet in public.", details=details
    )


def _record(client: BlueskyClient, text: str, parent: View) -> dict[str, Any]:
    """Make the post: it answers the parent as it stands now, within the parent's thread."""

    def did_for(handle: str) -> str:
        try:
            found = client.query(
                "com.atproto.identity.resolveHandle", {"handle": handle}, what="find a handle"
            )
        except Permanent:
            return ""
        return str(found.get("did", ""))

    reference = {"uri": str(parent["uri"]), "cid": str(parent["cid"])}
    record = parent.get("record")
    refs = reply_refs(record) if isinstance(record, dict) else {}
    root = {"uri": refs["root_uri"], "cid": refs["root_cid"]} if refs else reference
    value = {
        "$type": POST,
        "text": text,
        "createdAt": client.timestamp(),
        "langs": ["en"],
        "reply": {"root": root, "parent": reference},
    }
    found = facets(text, did_for=did_for)
    return {**value, "facets": found} if found else value


def _own_reply(client: BlueskyClient, command: Command) -> Record | None:
    """Return the reply that this command made before. Raises InvalidRequest."""
    record = read_own(client, POST, _key(client, command))
    if record is None:
        return None
    if reply_refs(record.value).get("parent_uri") != command.target_external_id:
        raise InvalidRequest("This reply's mark was used for a reply to something else.")
    return record


def _key(client: BlueskyClient, command: Command) -> str:
    return key_from_seed(f"reply {client.did} {command.idempotency_key}")


def _check_length(text: str) -> None:
    """Refuse a reply that Bluesky would refuse."""
    if not text.strip():
        raise InvalidRequest("A reply needs words.")
    length, size = count_graphemes(text), len(text.encode())
    if length > MAX_GRAPHEMES:
        raise InvalidRequest(
            f"A reply on Bluesky has at most 300 characters: this one has {length}."
        )
    if size > MAX_BYTES:
        raise InvalidRequest(f"A reply on Bluesky has at most 3,000 bytes: this one has {size:,}.")


def _receipt(record: Record, *, already_held: bool = False) -> Receipt:
    return Receipt(
        external_id=record.uri,
        already_held=already_held,
        details={"uri": record.uri, "cid": record.cid, "url": post_link(record.uri)},
    )
