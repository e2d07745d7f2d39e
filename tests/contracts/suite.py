"""What every connector must do, whatever its platform: one set of tests, run against each.

A platform joins by subclassing in its own test module:

    class TestSandbox(ConnectorContract):
        @pytest.fixture
        def harness(self, ...):
            yield SandboxHarness(...)
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from platforms.connectors.base import (
    AuthExpired,
    Command,
    Connector,
    Gone,
    InboundItem,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    RawEvent,
    Transient,
    Unsupported,
)
from platforms.enums import Capability, SourceState
from tests.contracts.harness import Fault, Harness

ACTS = [kind for kind in Capability if kind is not Capability.FETCH]
ERRORS = {
    Fault.SERVER_ERROR: Transient,
    Fault.THROTTLED: RateLimited,
    Fault.REFUSED: NotAllowed,
    Fault.EXPIRED: AuthExpired,
    Fault.DOWN: Transient,
    Fault.LOST_ANSWER: OutcomeUnknown,
}
FIRST = {Capability.UNHIDE: Capability.HIDE, Capability.UNBLOCK: Capability.BLOCK}
SPEAKS = {Capability.REPLY, Capability.WARN, Capability.REPORT}
ABOUT_AUTHORS = {Capability.BLOCK, Capability.UNBLOCK}
MOST_PAGES = 50
LONGEST_CURSOR = 16_000

_keys = count(1)


def drain(connector: Connector, cursor: str = "") -> tuple[list[RawEvent], str]:
    """Fetch until nothing more is promised; fail when a connector pages for ever."""
    events: list[RawEvent] = []
    for _ in range(MOST_PAGES):
        page = connector.fetch(cursor)
        events.extend(page.events)
        cursor = page.cursor
        if not page.more:
            return events, cursor
    raise AssertionError(f"{connector.platform} was still paging after {MOST_PAGES} pages.")


def items_of(connector: Connector, events: list[RawEvent]) -> dict[str, InboundItem]:
    """Return the last seen item for each external id."""
    return {
        item.external_id: item for event in events for item in connector.normalise(event.payload)
    }


def a_command(item: InboundItem, kind: Capability) -> Command:
    """Return a command about an item, as the product would enqueue it."""
    return Command(
        kind=kind,
        idempotency_key=f"contract-{kind}-{next(_keys)}-{item.external_id[-12:]}",
        target_external_id=item.external_id,
        author_external_id=item.author.external_id,
        text="Please keep to the community guidelines." if kind in SPEAKS else "",
        address=item.address,
    )


class ConnectorContract:
    """The suite. Subclasses give the `harness` fixture."""

    # Reading

    def test_a_comment_arrives_with_its_text_and_its_author(self, harness: Harness):
        external_id = harness.seed_comment("Thank you for the visit last week.")
        harness.settle()
        connector = harness.make_connector()

        events, _ = drain(connector)

        item = items_of(connector, events)[external_id]
        assert "Thank you for the visit last week." in item.text
        assert item.author.external_id or item.author.display_name
        # A source that tells no states says none: the item keeps what is known of it.
        assert item.state in (None, SourceState.LIVE)
        assert item.published_at is None or item.published_at.tzinfo is not None

    def test_text_survives_as_it_was_written(self, harness: Harness):
        written = 'Café 👩‍👩‍👧 <b>bold</b> & \u202eright to left\u202c, one\'s "own" words'
        external_id = harness.seed_comment(written)
        harness.settle()
        connector = harness.make_connector()

        events, _ = drain(connector)

        assert items_of(connector, events)[external_id].text == self.as_read(written)

    def as_read(self, written: str) -> str:
        """Return what a platform that keeps text as text gives back; a feed of HTML strips it."""
        return written

    def test_reading_twice_gives_the_same_keys_and_changes_nothing(self, harness: Harness):
        for number in range(3):
            harness.seed_comment(f"Comment number {number}")
        harness.settle()
        connector = harness.make_connector()

        first, _ = drain(connector)
        second, _ = drain(harness.make_connector())

        assert sorted(event.key for event in first) == sorted(event.key for event in second)
        assert [e.payload for e in sorted(first, key=lambda e: e.key)] == [
            e.payload for e in sorted(second, key=lambda e: e.key)
        ]

    def test_keys_are_unique_within_a_read(self, harness: Harness):
        for number in range(4):
            harness.seed_comment(f"Comment number {number}")
        harness.settle()

        events, _ = drain(harness.make_connector())

        keys = [event.key for event in events]
        assert len(keys) == len(set(keys))
        assert all(0 < len(key) <= 255 for key in keys)

    def test_going_on_from_a_cursor_misses_nothing_new(self, harness: Harness):
        harness.seed_comment("Before the first poll")
        harness.settle()
        connector = harness.make_connector()
        before, cursor = drain(connector)

        later = harness.seed_comment("After the first poll")
        harness.settle()
        after, _ = drain(harness.make_connector(), cursor)

        assert later in items_of(connector, after)
        new = {event.key for event in after} - {event.key for event in before}
        assert len(new) == 1

    def test_an_overlap_repeats_keys_and_never_renames_them(self, harness: Harness):
        for number in range(3):
            harness.seed_comment(f"Comment number {number}")
        harness.settle()
        connector = harness.make_connector()
        seen, cursor = drain(connector)

        again, _ = drain(connector, cursor)

        assert {event.key for event in again} <= {event.key for event in seen}

    def test_the_cursor_stays_small(self, harness: Harness):
        connector = harness.make_connector()
        cursor = ""

        for number in range(12):
            harness.seed_comment(f"Comment number {number}")
            harness.settle()
            _, cursor = drain(connector, cursor)

        assert len(cursor) < LONGEST_CURSOR

    def test_an_empty_channel_is_normal(self, harness: Harness):
        events, cursor = drain(harness.make_connector())

        assert events == []
        assert isinstance(cursor, str)

    def test_an_unreadable_cursor_starts_again(self, harness: Harness):
        external_id = harness.seed_comment("Still here")
        harness.settle()
        connector = harness.make_connector()

        events, _ = drain(connector, "not a cursor of ours {")

        assert external_id in items_of(connector, events)

    def test_an_edit_is_another_event_and_another_version(self, harness: Harness):
        if not harness.edits_arrive:
            pytest.skip("Edits do not reach this platform's reader.")
        external_id = harness.seed_comment("First words")
        harness.settle()
        connector = harness.make_connector()
        before, cursor = drain(connector)

        harness.edit_comment(external_id, "Second words")
        harness.settle()
        after, _ = drain(connector, cursor)

        old, new = (items_of(connector, events)[external_id] for events in (before, after))
        assert new.text == "Second words"
        assert new.version != old.version
        assert {event.key for event in after} - {event.key for event in before}

    def test_a_deletion_by_the_author_is_a_state(self, harness: Harness):
        if not harness.deletions_arrive:
            pytest.skip("Deletions do not reach this platform's reader.")
        external_id = harness.seed_comment("Soon gone")
        harness.settle()
        connector = harness.make_connector()
        _, cursor = drain(connector)

        harness.delete_comment(external_id)
        harness.settle()
        after, _ = drain(connector, cursor)

        assert items_of(connector, after)[external_id].state == SourceState.DELETED

    @pytest.mark.parametrize("fault", [f for f in ERRORS if f is not Fault.LOST_ANSWER])
    def test_a_failed_read_says_why_and_the_next_one_succeeds(
        self, harness: Harness, fault: Fault
    ):
        self.needs(harness, fault)
        external_id = harness.seed_comment("Read me in the end")
        harness.settle()
        harness.fail_next(fault, Capability.FETCH)
        connector = harness.make_connector()

        with pytest.raises(ERRORS[fault]) as caught:
            connector.fetch("")

        self.assert_says_no_secret(connector, caught.value)
        events, _ = drain(connector)
        assert external_id in items_of(connector, events)

    def test_a_lost_answer_to_a_read_is_only_transient(self, harness: Harness):
        self.needs(harness, Fault.LOST_ANSWER)
        harness.fail_next(Fault.LOST_ANSWER, Capability.FETCH)

        with pytest.raises(Transient):
            harness.make_connector().fetch("")

    # Normalising

    def test_normalising_is_pure(self, harness: Harness):
        harness.seed_comment("Same in, same out")
        harness.settle()
        connector = harness.make_connector()
        events, _ = drain(connector)

        for event in events:
            assert connector.normalise(event.payload) == connector.normalise(event.payload)

    def test_unknown_fields_are_tolerated(self, harness: Harness):
        harness.seed_comment("From an older version")
        harness.settle()
        connector = harness.make_connector()
        events, _ = drain(connector)

        for event in events:
            newer = harness.with_unknown_fields(event.payload)
            assert connector.normalise(newer) == connector.normalise(event.payload)

    @pytest.mark.parametrize(
        "payload", [b"", b"\xff\xfe", b"null", b"[]", b"{}", b'{"id": 1}', b"<html></html>"]
    )
    def test_what_cannot_be_read_is_refused_with_a_sentence(
        self, harness: Harness, payload: bytes
    ):
        with pytest.raises(ValueError, match=r"\w+ .+"):
            harness.make_connector().normalise(payload)

    # Acting

    @pytest.mark.parametrize("kind", ACTS)
    def test_an_act_is_done_once_however_often_it_is_asked(
        self, harness: Harness, kind: Capability
    ):
        connector, command = self.an_act(harness, kind)

        first = connector.perform(command)
        second = connector.perform(command)

        assert not first.already_held
        assert second.already_held
        self.assert_effects(harness, command, 1)
        assert connector.confirm(replace(command, receipt=first.details)).holds

    @pytest.mark.parametrize("kind", ACTS)
    def test_confirming_before_the_act_says_no_and_writes_nothing(
        self, harness: Harness, kind: Capability
    ):
        connector, command = self.an_act(harness, kind)

        confirmation = connector.confirm(command)

        assert not confirmation.holds
        assert confirmation.seen
        self.assert_effects(harness, command, 0)

    @pytest.mark.parametrize("kind", ACTS)
    def test_what_a_platform_cannot_do_is_not_attempted(self, harness: Harness, kind: Capability):
        connector = harness.make_connector()
        if kind in connector.capabilities:
            pytest.skip("The platform can do this.")
        external_id = harness.seed_comment("Out of reach")
        harness.settle()
        events, _ = drain(connector)
        item = items_of(connector, events)[external_id]

        with pytest.raises(Unsupported):
            connector.perform(a_command(item, kind))
        with pytest.raises(Unsupported):
            connector.confirm(a_command(item, kind))

    def test_every_connector_reads(self, harness: Harness):
        assert Capability.FETCH in harness.make_connector().capabilities

    @pytest.mark.parametrize("fault", [f for f in ERRORS if f is not Fault.LOST_ANSWER])
    @pytest.mark.parametrize("kind", ACTS)
    def test_a_refused_act_did_nothing_and_may_be_asked_again(
        self, harness: Harness, kind: Capability, fault: Fault
    ):
        self.needs(harness, fault)
        connector, command = self.an_act(harness, kind)
        harness.fail_next(fault, kind)

        # A connection that drops before anything happened cannot be told from a lost answer.
        unclear = (OutcomeUnknown,) if fault is Fault.DOWN else ()
        with pytest.raises((ERRORS[fault], *unclear)) as caught:
            connector.perform(command)

        self.assert_says_no_secret(connector, caught.value)
        self.assert_effects(harness, command, 0)
        assert not connector.confirm(command).holds
        assert not connector.perform(command).already_held
        self.assert_effects(harness, command, 1)

    @pytest.mark.parametrize("kind", ACTS)
    def test_a_lost_answer_is_unknown_and_looking_tells_the_truth(
        self, harness: Harness, kind: Capability
    ):
        self.needs(harness, Fault.LOST_ANSWER)
        connector, command = self.an_act(harness, kind)
        harness.fail_next(Fault.LOST_ANSWER, kind)

        with pytest.raises(OutcomeUnknown):
            connector.perform(command)

        harness.settle()
        assert connector.confirm(command).holds
        assert connector.perform(command).already_held
        self.assert_effects(harness, command, 1)

    def test_a_pause_has_an_end(self, harness: Harness):
        self.needs(harness, Fault.THROTTLED)
        harness.fail_next(Fault.THROTTLED, Capability.FETCH)

        with pytest.raises(RateLimited) as caught:
            harness.make_connector().fetch("")

        until = caught.value.until
        assert until is None or until.tzinfo is not None
        assert until is None or until < datetime.now(UTC) + timedelta(days=3)

    @pytest.mark.parametrize("kind", [Capability.HIDE, Capability.DELETE])
    def test_removing_what_is_already_gone_is_no_failure(self, harness: Harness, kind: Capability):
        if not harness.deletions_arrive:
            pytest.skip("Deletions cannot be brought about here.")
        connector, command = self.an_act(harness, kind)
        harness.delete_comment(command.target_external_id)
        harness.settle()

        try:
            receipt = connector.perform(command)
        except Gone:
            pass
        else:
            assert receipt.already_held
        assert connector.confirm(command).holds

    # Helpers

    def an_act(self, harness: Harness, kind: Capability) -> tuple[Connector, Command]:
        """Return a connector and a command whose wished state does not hold yet."""
        connector = harness.make_connector()
        if kind not in connector.capabilities:
            pytest.skip("The platform has no such act.")
        external_id = harness.seed_comment("Something to act upon")
        harness.settle()
        events, _ = drain(connector)
        item = items_of(connector, events)[external_id]
        receipt = {}
        if kind in FIRST:
            receipt = connector.perform(a_command(item, FIRST[kind])).details
            harness.settle()
        return connector, replace(a_command(item, kind), receipt=receipt)

    def assert_effects(self, harness: Harness, command: Command, expected: int) -> None:
        if not harness.counts_effects:
            return
        about_author = command.kind in ABOUT_AUTHORS
        target = command.author_external_id if about_author else command.target_external_id
        assert harness.effects_count(command.kind, target) == expected

    def assert_says_no_secret(self, connector: Connector, error: Exception) -> None:
        for secret in connector.access.credentials.values():
            assert secret not in f"{error} {error!r}"

    def needs(self, harness: Harness, fault: Fault) -> None:
        if fault not in harness.faults:
            pytest.skip("This fault cannot be brought about here.")
