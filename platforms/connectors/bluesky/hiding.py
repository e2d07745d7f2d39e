"""Hide a reply or a quote, show it again, and look whether the public sees it."""

from __future__ import annotations

from collections.abc import Callable

from platforms.connectors.base import Command, Confirmation, Receipt
from platforms.connectors.bluesky import normalise
from platforms.connectors.bluesky.client import BlueskyClient
from platforms.connectors.bluesky.gates import Gate, gate_for, listed, read_gate, rewrite
from platforms.connectors.bluesky.ids import THREADGATE
from platforms.connectors.bluesky.looking import View, find, holds_in_public, is_gone, look

DETACHED = "app.bsky.embed.record#viewDetached"


def hide(client: BlueskyClient, command: Command) -> Receipt:
    """Put a post on the list of its gate. Raises Gone when there is no such post."""
    gate, target = _gate(client, command), command.target_external_id
    if target not in listed(read_gate(client, gate), gate):
        look(client, target)
    return _rewrite(client, gate, lambda uris: uris if target in uris else [*uris, target])


def unhide(client: BlueskyClient, command: Command) -> Receipt:
    """Take a post off the list of its gate."""
    gate, target = _gate(client, command), command.target_external_id
    return _rewrite(client, gate, lambda uris: [uri for uri in uris if uri != target])


def see_hidden(client: BlueskyClient, command: Command) -> Confirmation:
    """Look whether a post is hidden, in the gate and in public."""
    gate, target = _gate(client, command), command.target_external_id
    if target not in listed(read_gate(client, gate), gate):
        if is_gone(client, target):
            return Confirmation(
                holds=True, seen="The post is deleted or no longer visible.", is_gone=True
            )
        return Confirmation(holds=False, seen="The post is not hidden.")
    if holds_in_public(lambda: _is_hidden_in_public(client, gate, target)):
        return Confirmation(holds=True, seen="The public thread says that the post is hidden.")
    return Confirmation(holds=False, seen="The post is hidden by the gate, and not yet in public.")


def see_shown(client: BlueskyClient, command: Command) -> Confirmation:
    """Look whether a post is hidden no longer, in the gate and in public."""
    gate, target = _gate(client, command), command.target_external_id
    if target in listed(read_gate(client, gate), gate):
        return Confirmation(holds=False, seen="The post is still hidden.")
    if holds_in_public(lambda: not _is_hidden_in_public(client, gate, target)):
        return Confirmation(holds=True, seen="The public thread does not hide the post.")
    return Confirmation(
        holds=False, seen="The gate lets the post through, the public one not yet."
    )


def _gate(client: BlueskyClient, command: Command) -> Gate:
    return gate_for(command, account=client.did)


def _rewrite(
    client: BlueskyClient, gate: Gate, change: Callable[[list[str]], list[str]]
) -> Receipt:
    written = rewrite(client, gate, change)
    if written is None:
        return Receipt(external_id=gate.post_uri, already_held=True)
    return Receipt(
        external_id=written.uri, details={"gate_uri": written.uri, "gate_cid": written.cid}
    )


def _is_hidden_in_public(client: BlueskyClient, gate: Gate, target: str) -> bool:
    if gate.collection == THREADGATE:
        return bool(normalise.hiding_gate(target, find(client, gate.post_uri)))
    return DETACHED in _embedded_types(find(client, target))


def _embedded_types(view: View | None) -> set[str]:
    """Return the kinds of what a post embeds, one and two levels deep."""
    embed = view.get("embed") if view else None
    inner = embed.get("record") if isinstance(embed, dict) else None
    deeper = inner.get("record") if isinstance(inner, dict) else None
    return {str(part.get("$type")) for part in (inner, deeper) if isinstance(part, dict)}
