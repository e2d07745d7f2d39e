"""A sandbox platform with one empty channel, really served, for the contract suite and others."""

from __future__ import annotations

from datetime import UTC, datetime

from platforms.connectors.base import Access
from platforms.connectors.sandbox.connector import SandboxConnector
from platforms.enums import Capability
from platforms.sandbox import faults, seed, store
from platforms.sandbox.database import Database
from platforms.sandbox.faults import Kind
from tests.contracts.harness import Fault, Harness

TOKEN = "a-token-nobody-may-see"
KINDS = {
    Fault.SERVER_ERROR: Kind.ERROR,
    Fault.THROTTLED: Kind.THROTTLE,
    Fault.REFUSED: Kind.REFUSE,
    Fault.EXPIRED: Kind.EXPIRE,
    Fault.DOWN: Kind.DOWN,
    Fault.LOST_ANSWER: Kind.LOSE,
}


class SandboxHarness(Harness):
    """Hands on the platform's own database; the connector goes over HTTP."""

    faults = frozenset(Fault)
    edits_arrive = True
    deletions_arrive = True
    counts_effects = True

    def __init__(self, database: Database, address: str):
        self.database = database
        self.access = Access("office", base_url=address, credentials={"token": TOKEN})
        self._connectors: list[SandboxConnector] = []
        now = datetime.now(UTC)
        with database.writing() as db:
            seed.add_channel(db, handle="office", name="The Office", token=TOKEN, now=now)
            seed.add_post(db, handle="office", post_id="p1", text="A post", published_at=now)

    def make_connector(self):
        connector = SandboxConnector(self.access)
        self._connectors.append(connector)
        return connector

    def seed_comment(self, text):
        author = {"id": "u/1 ü", "handle": "kim.bell", "name": "Kim Bell"}
        with self.database.writing() as db:
            return store.write_comment(db, post_id="p1", author=author, text=text)["id"]

    def edit_comment(self, external_id, text):
        with self.database.writing() as db:
            store.edit_comment(db, external_id, text)

    def delete_comment(self, external_id):
        with self.database.writing() as db:
            store.move_comment(db, external_id, "deleted")

    def fail_next(self, fault, kind: Capability):
        with self.database.writing() as db:
            faults.add(db, faults.Fault(act=kind.value, kind=KINDS[fault]))

    def effects_count(self, kind: Capability, target: str):
        with self.database.reading() as db:
            counts = store.effect_counts(db, where={"act": kind.value, "target": target})
        return sum(row["count"] for row in counts)

    def close(self):
        for connector in self._connectors:
            connector.close()
