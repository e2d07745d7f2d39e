"""A comment as the sandbox platform describes it, into an InboundItem. Pure."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from platforms.connectors.base import InboundAuthor, InboundItem, InboundPost
from platforms.enums import ContentKind, SourceState


def normalise(payload: bytes) -> tuple[InboundItem, ...]:
    """Return the comment, or nothing for the channel's own replies."""
    comment = _object(payload)
    author = comment.get("author")
    if not isinstance(author, dict):
        raise ValueError("The comment names no author.")
    if author.get("is_channel") is True:
        return ()
    return (
        InboundItem(
            external_id=_needed(comment, "id"),
            text=_text(comment, "text"),
            author=InboundAuthor(
                external_id=_needed(author, "id"),
                handle=_text(author, "handle"),
                display_name=_text(author, "name"),
                url=_text(author, "url"),
            ),
            kind=ContentKind.REPLY if comment.get("parent") else ContentKind.COMMENT,
            version=str(comment.get("version", "")),
            state=_state(comment),
            post=_post(comment.get("post")),
            parent_external_id=_text(comment, "parent"),
            url=_text(comment, "url"),
            published_at=_time(comment.get("created_at")),
            likes=_number(comment.get("likes")),
            replies=_number(comment.get("replies")),
        ),
    )


def _object(payload: bytes) -> dict[str, Any]:
    try:
        comment = json.loads(payload)
    except (ValueError, RecursionError):
        raise ValueError("The event is not JSON.") from None
    if not isinstance(comment, dict):
        raise ValueError("The event is not a comment.")
    return comment


def _needed(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"The comment has no usable {name}.")
    return value


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    return value if isinstance(value, str) else ""


def _state(comment: dict[str, Any]) -> SourceState:
    try:
        return SourceState(comment.get("state", "live"))
    except ValueError:
        raise ValueError("The comment is in a state that is not known here.") from None


def _post(given: Any) -> InboundPost | None:  # whatever stands in the payload
    if not isinstance(given, dict) or not _text(given, "id"):
        return None
    return InboundPost(
        external_id=_text(given, "id"),
        text=_text(given, "text"),
        url=_text(given, "url"),
        published_at=_time(given.get("published_at")),
    )


def _time(value: Any) -> datetime | None:  # whatever stands in the payload
    try:
        when = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return when if when.tzinfo else None


def _number(value: Any) -> int:  # whatever stands in the payload
    return value if isinstance(value, int) and 0 <= value < 2**31 else 0
