"""From what was read about a post to an `InboundItem`; pure.

An event's payload is one JSON object of Bluesky's own views, as last read:

    {"reason": "reply" | "mention" | "quote", "account": did of the channel,
     "post": postView, "context": postView | null}
    {"reason": ..., "account": ..., "gone": {"uri": ..., "cid": ...}}

`context` is the channel's own post under which the post was written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from platforms.connectors.base import InboundAuthor, InboundItem, InboundPost
from platforms.connectors.bluesky.ids import RecordUri, did_of, post_link, profile_link
from platforms.enums import ContentKind, SourceState

REASONS = ("reply", "mention", "quote")

View = Mapping[str, Any]
"""A view as Bluesky sends it. Any, because the platform decides its shape."""


def normalise(payload: bytes) -> tuple[InboundItem, ...]:
    """Turn one event into its item. Raises ValueError with a sentence when it cannot."""
    try:
        event = json.loads(payload)
    except ValueError:
        raise ValueError("The event is not JSON.") from None
    if not isinstance(event, dict):
        raise ValueError("The event is not an object.")
    if isinstance(event.get("gone"), dict):
        return (_gone_item(event),)
    if not isinstance(event.get("post"), dict):
        raise ValueError("The event names no post.")
    return (_item(event),)


def _item(event: View) -> InboundItem:
    view = event["post"]
    record = _dict(view.get("record"))
    uri, cid = _text(view, "uri"), _text(view, "cid")
    author = _dict(view.get("author"))
    did = _text(author, "did")
    account = str(event.get("account", ""))
    reply = reply_refs(record)
    context = event["context"] if isinstance(event.get("context"), dict) else None
    parent = reply.get("parent_uri", "")
    return InboundItem(
        external_id=uri,
        text=_optional(record, "text"),
        author=InboundAuthor(
            external_id=did,
            handle=_optional(author, "handle"),
            display_name=_optional(author, "displayName"),
            url=profile_link(did),
        ),
        kind=_kind(str(event.get("reason", "")), reply),
        version=cid,
        state=SourceState.HIDDEN if hiding_gate(uri, context) else SourceState.LIVE,
        post=own_post(context),
        parent_external_id=parent if context is None or parent != context.get("uri") else "",
        url=post_link(uri),
        published_at=_when(view.get("indexedAt")),
        likes=_count(view, "likeCount"),
        replies=_count(view, "replyCount"),
        address=_address(cid, record, reply, account),
    )


def _gone_item(event: View) -> InboundItem:
    """Return what is still known of a post that its own address no longer leads to.

    Its version is the last one seen, so that no new revision is made of nothing.
    """
    uri, cid = _text(event["gone"], "uri"), _text(event["gone"], "cid")
    did = RecordUri.parse(uri).did
    return InboundItem(
        external_id=uri,
        text="",
        author=InboundAuthor(external_id=did, url=profile_link(did)),
        kind=ContentKind.MENTION if event.get("reason") != "reply" else ContentKind.COMMENT,
        version=cid,
        state=SourceState.DELETED,
        url=post_link(uri),
        address={"cid": cid},
    )


def own_post(view: View | None) -> InboundPost | None:
    """Read the channel's own post from its view."""
    if view is None:
        return None
    uri = _text(view, "uri")
    return InboundPost(
        external_id=uri,
        text=_optional(_dict(view.get("record")), "text"),
        url=post_link(uri),
        published_at=_when(view.get("indexedAt")),
    )


def reply_refs(record: View) -> dict[str, str]:
    """Return the root and the parent of a reply, each with its version; empty for other posts."""
    reply = _dict(record.get("reply"))
    found: dict[str, str] = {}
    for name in ("root", "parent"):
        reference = _dict(reply.get(name))
        uri, cid = reference.get("uri"), reference.get("cid")
        if not (isinstance(uri, str) and isinstance(cid, str) and did_of(uri)):
            return {}
        found |= {f"{name}_uri": uri, f"{name}_cid": cid}
    return found


def quoted_uri(record: View) -> str:
    """Return the address of the record that a post quotes, or ""."""
    embed = _dict(record.get("embed"))
    inner = _dict(embed.get("record"))
    # A quote with pictures holds its reference one level deeper.
    uri = inner.get("uri") or _dict(inner.get("record")).get("uri")
    return uri if isinstance(uri, str) and did_of(uri) else ""


def context_uri(record: View, account: str) -> str:
    """Return which post of the account's own a post belongs under, or ""."""
    reply = reply_refs(record)
    candidates = (reply.get("root_uri", ""), reply.get("parent_uri", ""), quoted_uri(record))
    return next((uri for uri in candidates if uri and did_of(uri) == account), "")


def hiding_gate(uri: str, context: View | None) -> str:
    """Return the version of the thread's gate that hides a reply, or "" when none does."""
    gate = _dict(context.get("threadgate")) if context else {}
    hidden = _dict(gate.get("record")).get("hiddenReplies")
    if isinstance(hidden, list) and uri in hidden:
        return str(gate.get("cid") or "gate")
    return ""


def _kind(reason: str, reply: Mapping[str, str]) -> ContentKind:
    if reason != "reply":
        return ContentKind.MENTION
    if reply and reply["parent_uri"] != reply["root_uri"]:
        return ContentKind.REPLY
    return ContentKind.COMMENT


def _address(cid: str, record: View, reply: Mapping[str, str], account: str) -> dict[str, str]:
    quoted = quoted_uri(record)
    address = {"cid": cid, **reply}
    if quoted and did_of(quoted) == account:
        address["quoted_uri"] = quoted
    return address


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(holder: View, name: str) -> str:
    value = holder.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"The event has no {name}.")
    return value


def _optional(holder: View, name: str) -> str:
    value = holder.get(name)
    return value if isinstance(value, str) else ""


def _count(holder: View, name: str) -> int:
    value = holder.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _when(value: object) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
