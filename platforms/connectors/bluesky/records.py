"""Records in the account's own repository: read, write on a condition, delete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from platforms.connectors.base import Gone, OutcomeUnknown
from platforms.connectors.bluesky.client import BlueskyClient


@dataclass(frozen=True, slots=True)
class Record:
    """A record and its version. The value is the platform's own structure, hence Any."""

    uri: str
    cid: str
    value: Mapping[str, Any]


def read_own(client: BlueskyClient, collection: str, rkey: str) -> Record | None:
    """Read a record from where it is kept, without waiting for anybody to notice it."""
    try:
        found = client.query(
            "com.atproto.repo.getRecord",
            {"repo": client.did, "collection": collection, "rkey": rkey},
            what="read a record of the channel",
        )
    except Gone:
        return None
    value = found.get("value")
    return Record(
        uri=str(found.get("uri", "")),
        cid=str(found.get("cid", "")),
        value=value if isinstance(value, dict) else {},
    )


def write_own(
    client: BlueskyClient,
    collection: str,
    rkey: str,
    value: Mapping[str, Any],
    *,
    instead_of: str | None,
    what: str,
) -> Record:
    """Write a record only if what is there now is `instead_of` (None: nothing). Raises Swapped."""
    answer = client.procedure(
        "com.atproto.repo.putRecord",
        {
            "repo": client.did,
            "collection": collection,
            "rkey": rkey,
            "record": value,
            "swapRecord": instead_of,
        },
        what=what,
    )
    uri, cid = answer.get("uri"), answer.get("cid")
    if not (isinstance(uri, str) and isinstance(cid, str)):
        raise OutcomeUnknown(f"Bluesky was asked to {what}, and its answer made no sense.")
    return Record(uri=uri, cid=cid, value=value)


def delete_own(client: BlueskyClient, collection: str, rkey: str, *, what: str) -> None:
    """Make sure that a record is not there."""
    client.procedure(
        "com.atproto.repo.deleteRecord",
        {"repo": client.did, "collection": collection, "rkey": rkey},
        what=what,
    )
