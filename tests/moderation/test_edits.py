"""What comes in again about a known comment: the case follows, and nothing newer is overwritten."""

from datetime import timedelta

import pytest

from moderation.models import Case, ContentItem, RoutingRule
from moderation.services import casework, pipeline
from platforms.enums import InboundSource, InboundStatus, SourceState
from platforms.models import InboundEvent
from platforms.services import inbox
from tests.builders import an_item, items_arrive
from tests.factories.moderation import QueueFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def urgent(organisation, queues):
    """A queue of its own for threats, with half an hour for the critical ones."""
    queue = QueueFactory(organisation=organisation, name="Urgent", targets={"critical": 30})
    RoutingRule.objects.create(
        organisation=organisation, queue=queue, position=1, clause_reference="EX-03"
    )
    return queue


def test_comment_edited_into_a_threat_goes_where_threats_go(channel, urgent, published, now):
    items_arrive(channel, an_item("What a numpty", external_id="x1"), now=now)

    items_arrive(channel, an_item("I will find you", external_id="x1"), now=now)

    items_arrive(channel, an_item("I will find you", external_id="x2"), now=now)
    edited, fresh = Case.objects.order_by("pk")
    assert edited.queue == urgent
    assert (edited.due_at, edited.severity) == (fresh.due_at, "critical")


def test_comment_edited_into_a_threat_is_never_due_later_than_before(
    channel, urgent, published, now
):
    items_arrive(channel, an_item("What a numpty", external_id="x1"), now=now)
    Case.objects.update(due_at=now + timedelta(minutes=5))

    items_arrive(channel, an_item("I will find you", external_id="x1"), now=now)

    assert Case.objects.get().due_at == now + timedelta(minutes=5)


def test_edit_takes_nothing_from_the_senior_reviewers(
    channel, queues, urgent, published, ada, now
):
    items_arrive(channel, an_item("What a numpty", external_id="x1"), now=now)
    casework.escalate(case=Case.objects.get(), by=ada.actor, reason="Names a colleague.", now=now)

    items_arrive(channel, an_item("I will find you", external_id="x1"), now=now)

    case = Case.objects.get()
    assert (case.queue, case.severity) == (queues["senior"], "critical")


@pytest.mark.parametrize("source", [InboundSource.API, InboundSource.IMPORT])
def test_door_that_is_not_told_how_a_comment_stands_does_not_show_a_hidden_one(
    channel, queues, published, now, source
):
    items_arrive(channel, an_item("What a numpty", external_id="x1"), now=now)
    ContentItem.objects.update(source_state=SourceState.HIDDEN, source_state_at=now)

    untold = an_item("What a numpty indeed", external_id="x1", state=None)
    items_arrive(channel, untold, now=now, source=source)

    item = ContentItem.objects.get()
    assert item.source_state == SourceState.HIDDEN
    assert item.current_revision.text == "What a numpty indeed"


def fail(event, now):
    """Let an event be one that could not be read."""
    InboundEvent.objects.filter(pk=event.pk).update(
        status=InboundStatus.FAILED, settled_at=now, error="Not readable."
    )


def test_event_read_again_later_does_not_overwrite_newer_words(
    platform, channel, queues, published, ben, now, run
):
    comment_id = platform.write("First words")
    inbox.poll(channel.pk, now=now)
    old = InboundEvent.objects.get()
    fail(old, now)
    platform.edit(comment_id, "Second words")
    run(now + timedelta(minutes=2))

    inbox.retry_failed(event=old, by=ben.actor, now=now + timedelta(minutes=3), reason="Mended.")
    pipeline.ingest_pending(now=now + timedelta(minutes=3))

    assert ContentItem.objects.get().current_revision.text == "Second words"
    assert not InboundEvent.objects.exclude(status=InboundStatus.INGESTED).exists()


def test_event_read_again_later_does_not_bring_a_deleted_comment_back(
    platform, channel, queues, published, ben, now, run
):
    comment_id = platform.write("First words")
    run()
    platform.edit(comment_id, "Second words")
    inbox.poll(channel.pk, now=now + timedelta(minutes=2))
    edit = InboundEvent.objects.order_by("pk").last()
    fail(edit, now)
    platform.delete(comment_id)
    run(now + timedelta(minutes=4))

    inbox.retry_failed(event=edit, by=ben.actor, now=now + timedelta(minutes=5), reason="Mended.")
    pipeline.ingest_pending(now=now + timedelta(minutes=5))

    item = ContentItem.objects.get()
    assert item.source_state == SourceState.DELETED
    assert item.current_revision.text == "Second words"
