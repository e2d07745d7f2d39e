"""The sandbox connector keeps to the contract, against a real server."""

from dataclasses import replace

import pytest

from platforms.connectors.base import Access, Command, Gone, NotAllowed, Transient
from platforms.connectors.sandbox.connector import OVERLAP, SandboxConnector
from platforms.enums import Capability, ContentKind
from platforms.sandbox import faults, store
from platforms.sandbox.database import Database
from platforms.sandbox.faults import Kind
from platforms.sandbox.server import running
from tests.contracts.sandbox.harness import SandboxHarness
from tests.contracts.suite import ConnectorContract, a_command, drain, items_of


@pytest.fixture
def harness(tmp_path):
    database = Database(tmp_path / "sandbox.sqlite3")
    with running(database) as address:
        harness = SandboxHarness(database, address)
        yield harness
        harness.close()


class TestSandbox(ConnectorContract):
    pass


def test_an_item_carries_its_place(harness):
    parent = harness.seed_comment("A question?")
    author = {"id": "u2", "handle": "al", "name": "Al Ford"}
    with harness.database.writing() as db:
        store.write_comment(
            db, post_id="p1", author=author, text="Yes", parent=parent, comment_id="x"
        )
    connector = harness.make_connector()

    events, _ = drain(connector)

    items = items_of(connector, events)
    assert items["x"].kind == ContentKind.REPLY
    assert items["x"].parent_external_id == parent
    assert items["x"].post.external_id == "p1"
    assert items["x"].author.handle == "al"
    assert items[parent].kind == ContentKind.COMMENT
    assert items[parent].replies == 1


def test_the_channels_own_replies_are_not_inbound(harness):
    external_id = harness.seed_comment("A question?")
    connector = harness.make_connector()
    item = items_of(connector, drain(connector)[0])[external_id]

    connector.perform(a_command(item, Capability.REPLY))

    events, _ = drain(connector)
    assert len(events) == 2
    assert list(items_of(connector, events)) == [external_id]


@pytest.mark.slow
def test_reading_a_long_channel_goes_page_by_page(harness):
    written = {harness.seed_comment(f"Number {number}") for number in range(250)}
    connector = harness.make_connector()

    events, cursor = drain(connector)
    again, _ = drain(connector, cursor)

    assert set(items_of(connector, events)) == written
    assert len(again) == OVERLAP


def test_a_platform_that_started_again_is_read_from_its_beginning(harness):
    external_id = harness.seed_comment("The first of a new file")
    connector = harness.make_connector()

    events, cursor = drain(connector, "5000")

    assert external_id in items_of(connector, events)
    assert cursor == "1"


def test_a_platform_that_does_not_listen_is_transient_for_writes_too():
    connector = SandboxConnector(
        Access("office", base_url="http://127.0.0.1:9", credentials={"token": "t"})
    )

    with pytest.raises(Transient, match="could not be reached"):
        connector.perform(
            Command(kind=Capability.HIDE, idempotency_key="k", target_external_id="c")
        )


def test_another_channels_comment_does_not_exist(harness):
    external_id = harness.seed_comment("Ours")
    stranger = SandboxConnector(replace(harness.access, credentials={"token": "other-token"}))
    with harness.database.writing() as db:
        db.execute(
            "INSERT INTO channels VALUES ('other', 'Other', '', 'other-token', '2026-01-01')"
        )

    with pytest.raises(Gone):
        stranger.perform(
            Command(kind=Capability.HIDE, idempotency_key="k", target_external_id=external_id)
        )
    with pytest.raises(NotAllowed):
        stranger.fetch("")


def test_a_pause_ends_when_the_platform_says(harness):
    harness.seed_comment("Hello")
    with harness.database.writing() as db:
        faults.add(db, faults.Fault(act="fetch", kind=Kind.THROTTLE, seconds=90, remaining=2))
    connector = harness.make_connector()

    untils = []
    for _ in range(2):
        with pytest.raises(Exception, match="pause") as caught:
            connector.fetch("")
        untils.append(caught.value.until)
    connector.fetch("")

    assert all(until is not None for until in untils)
