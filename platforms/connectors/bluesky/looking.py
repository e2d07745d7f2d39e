"""Looking at posts by their address, as everybody sees them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from platforms.connectors.base import Gone
from platforms.connectors.bluesky.client import BlueskyClient

# The most that may be asked for at once.
BATCH = 25
# The app view follows the repositories within a second or two; a look waits that long for it.
LOOKS = 8
SECONDS_BETWEEN_LOOKS = 0.5

View = Mapping[str, Any]
"""A view as Bluesky sends it. Any, because the platform decides its shape."""


def posts(client: BlueskyClient, uris: list[str]) -> list[View]:
    """Read a batch of posts; what is deleted or behind a block is left out."""
    answer = client.query("app.bsky.feed.getPosts", {"uris": uris}, what="read posts")
    return [view for view in objects(answer.get("posts")) if view.get("uri") in uris]


def look(client: BlueskyClient, uri: str) -> View | None:
    """Read one post by its address; None when only a block stands before it. Raises Gone."""
    for view in posts(client, [uri]):
        if view.get("uri") == uri:
            return view
    # Absent from a batch may mean deleted or blocked; this read tells which.
    thread = client.query(
        "app.bsky.feed.getPostThread",
        {"uri": uri, "depth": 0, "parentHeight": 0},
        what="read a post",
    ).get("thread")
    kind = str(thread.get("$type", "")) if isinstance(thread, dict) else ""
    if kind.endswith("#notFoundPost"):
        raise Gone("Bluesky has no such post: it is deleted or not visible.")
    if isinstance(thread, dict) and isinstance(thread.get("post"), dict):
        view = thread["post"]
        return view if view.get("uri") == uri else None
    return None


def find(client: BlueskyClient, uri: str) -> View | None:
    """Read one post by its address; None when it cannot be seen, whatever the reason."""
    try:
        return look(client, uri)
    except Gone:
        return None


def is_gone(client: BlueskyClient, uri: str) -> bool:
    """Tell whether a post's own address leads nowhere; a block before it is something else."""
    try:
        look(client, uri)
    except Gone:
        return True
    return False


def holds_in_public(holds: Callable[[], bool]) -> bool:
    """Wait a moment for the app view to show what the repository already holds."""
    for attempt in range(LOOKS):
        if attempt:
            time.sleep(SECONDS_BETWEEN_LOOKS)
        if holds():
            return True
    return False


def objects(value: object) -> list[dict[str, Any]]:
    """Return the objects in a list from outside; nothing for anything else."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
