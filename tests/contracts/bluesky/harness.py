"""The contract suite's hands on Bluesky: an organisation, somebody who comments, and the servers."""

from __future__ import annotations

from collections.abc import Callable

from platforms.connectors.base import Access
from platforms.connectors.bluesky.connector import BlueskyConnector
from platforms.enums import Capability
from tests.contracts.bluesky.faults import Door
from tests.contracts.bluesky.network import Network, Reference, wait_until
from tests.contracts.harness import Fault, Harness


class BlueskyHarness(Harness):
    """A new organisation with one post, on the real servers, seen through a door with faults."""

    faults = frozenset(Fault)
    edits_arrive = True
    deletions_arrive = True
    counts_effects = True

    def __init__(self, network: Network) -> None:
        self.network = network
        self.organisation = network.account("org")
        self.commenter = network.account("sam")
        self.root = self.organisation.post("Visits move to Mondays from next month.")
        self.door = Door(network.pds)
        self._password = self.organisation.app_password()
        self.posts: dict[str, Reference] = {}
        self._awaited: list[Callable[[], object]] = []
        self._connectors: list[BlueskyConnector] = []
        wait_until(lambda: self.organisation.seen(self.root.uri))

    def make_connector(self, **settings: str) -> BlueskyConnector:
        connector = BlueskyConnector(
            Access(
                external_id=self.organisation.did,
                base_url=self.door.url,
                credentials={
                    "identifier": self.organisation.handle,
                    "app_password": self._password,
                },
                settings=settings,
            )
        )
        self._connectors.append(connector)
        return connector

    def seed_comment(self, text: str) -> str:
        return self.comes(self.commenter.reply(text, self.root))

    def comes(self, post: Reference) -> str:
        """Have `settle` wait until the organisation was told of a post."""
        self.posts[post.uri] = post
        self._awaited.append(lambda: self.organisation.seen(post.uri))
        self._awaited.append(lambda: post.uri in self.organisation.notified_of())
        return post.uri

    def edit_comment(self, external_id: str, text: str) -> None:
        edited = self.commenter.edit(self.posts[external_id], text)
        self.posts[external_id] = edited
        self._awaited.append(
            lambda: (self.organisation.seen(external_id) or {}).get("cid") == edited.cid
        )

    def delete_comment(self, external_id: str) -> None:
        self.commenter.delete(self.posts[external_id])
        self._awaited.append(lambda: self.organisation.seen(external_id) is None)

    def fail_next(self, fault: Fault, kind: Capability) -> None:
        self.door.arm(fault, kind)

    def effects_count(self, kind: Capability, target: str) -> int:
        return {
            Capability.HIDE: self._times_hidden,
            Capability.UNHIDE: lambda uri: 1 - self._times_hidden(uri),
            Capability.BLOCK: self._blocks,
            Capability.UNBLOCK: lambda did: 1 - self._blocks(did),
            Capability.REPLY: self._replies,
            Capability.REPORT: lambda uri: len(self.network.report_events_on(uri)),
        }[kind](target)

    def settle(self) -> None:
        while self._awaited:
            wait_until(self._awaited.pop(0))

    def close(self) -> None:
        for connector in self._connectors:
            connector.close()
        self.door.close()

    def _times_hidden(self, uri: str) -> int:
        gates = self.organisation.records("app.bsky.feed.threadgate")
        return sum(gate["value"]["hiddenReplies"].count(uri) for gate in gates)

    def _blocks(self, did: str) -> int:
        blocks = self.organisation.records("app.bsky.graph.block")
        return sum(block["value"]["subject"] == did for block in blocks)

    def _replies(self, uri: str) -> int:
        posts = self.organisation.records("app.bsky.feed.post")
        parents = [post["value"].get("reply", {}).get("parent", {}).get("uri") for post in posts]
        return parents.count(uri)
