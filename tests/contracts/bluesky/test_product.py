"""The product itself on the real servers: in through the inbox, out through the outbox."""

from datetime import UTC, datetime, timedelta

import pytest

from moderation.models import ContentItem
from moderation.services import pipeline
from platforms.enums import Capability, DeliveryStatus, Platform, SourceState
from platforms.models import Channel
from platforms.services import delivery, inbox
from tests.contracts.bluesky.network import wait_until
from tests.contracts.harness import Fault
from tests.factories.platforms import ChannelFactory

pytestmark = [pytest.mark.bluesky, pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def channel(harness, organisation, published, queues):
    return ChannelFactory(
        organisation=organisation,
        platform=Platform.BLUESKY,
        external_id=harness.organisation.did,
        base_url=harness.door.url,
        credentials={
            "identifier": harness.organisation.handle,
            "app_password": harness.organisation.app_password(),
        },
    )


def poll(channel, harness):
    """Read the channel as the worker does, and return the items by their address."""
    harness.settle()
    now = datetime.now(UTC)
    Channel.objects.filter(pk=channel.pk).update(next_poll_at=now)
    inbox.poll(channel.pk, now=now)
    pipeline.ingest_pending(now=now)
    channel.refresh_from_db()
    assert channel.last_error == ""
    return {item.external_id: item for item in ContentItem.objects.filter(channel=channel)}


def deliver(channel, item, kind, *, text="", steps=4):
    """Put a command in the outbox and work it off; return the message as it ends."""
    now = datetime.now(UTC)
    message = delivery.enqueue(
        channel=channel,
        instruction=delivery.Instruction(
            kind=kind,
            idempotency_key=f"{kind}-{item.pk}",
            target_external_id=item.external_id,
            author_external_id=item.author.external_id,
            text=text,
            address=item.address,
        ),
        now=now,
    )
    for step in range(steps):
        delivery.deliver(message.pk, now=now + timedelta(minutes=step))
    message.refresh_from_db()
    return message


def test_a_reply_is_taken_in_hidden_and_seen_to_be_hidden(channel, harness):
    uri = harness.seed_comment("You are a disgrace")
    item = poll(channel, harness)[uri]
    assert item.current_revision.text == "You are a disgrace"
    assert item.post.external_id == harness.root.uri
    assert channel.credentials["refresh_jwt"]

    message = deliver(channel, item, Capability.HIDE)

    assert message.status == DeliveryStatus.VERIFIED
    assert "public thread" in message.seen
    assert poll(channel, harness)[uri].source_state == SourceState.HIDDEN


def test_edits_and_deletions_reach_the_item(channel, harness):
    uri = harness.seed_comment("First words")
    poll(channel, harness)

    harness.edit_comment(uri, "Second words")
    edited = poll(channel, harness)[uri]
    harness.delete_comment(uri)
    gone = poll(channel, harness)[uri]

    assert (edited.current_revision.number, edited.current_revision.text) == (2, "Second words")
    assert gone.source_state == SourceState.DELETED
    assert gone.current_revision.text == "Second words"


def test_a_reply_whose_answer_is_lost_is_looked_up_and_published_once(channel, harness):
    uri = harness.seed_comment("When do you open?")
    item = poll(channel, harness)[uri]
    harness.fail_next(Fault.LOST_ANSWER, Capability.REPLY)

    message = deliver(channel, item, Capability.REPLY, text="At nine.")

    assert message.status == DeliveryStatus.VERIFIED
    assert message.attempts == 1
    assert harness.effects_count(Capability.REPLY, uri) == 1


def test_a_report_whose_answer_is_lost_waits_for_a_person(channel, harness):
    uri = harness.seed_comment("Something to report")
    item = poll(channel, harness)[uri]
    harness.fail_next(Fault.LOST_ANSWER, Capability.REPORT)

    message = deliver(channel, item, Capability.REPORT, text="Please look at this.")

    assert message.status == DeliveryStatus.DEAD
    assert "none can be looked up" in message.last_error
    assert harness.effects_count(Capability.REPORT, uri) == 1


def test_a_block_is_seen_in_force(channel, harness):
    uri = harness.seed_comment("Again and again")
    item = poll(channel, harness)[uri]

    message = deliver(channel, item, Capability.BLOCK)

    assert message.status == DeliveryStatus.VERIFIED
    wait_until(lambda: harness.organisation.seen(uri) is None)
    assert poll(channel, harness)[uri].source_state == SourceState.LIVE
