"""One bad row never holds up the others: reading, judging, delivering and settling."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import OperationalError

from moderation import tasks
from moderation.models import Case, ContentItem, EnforcementAction, Post
from moderation.services import decisions, enforcement, evaluation, pipeline
from platforms.connectors.base import InboundPost, RawEvent
from platforms.enums import InboundSource, InboundStatus
from platforms.models import Channel, InboundEvent, OutboxMessage
from platforms.registry import CONNECTORS
from platforms.services import delivery, inbox
from policies.enums import Outcome
from policies.models import Clause
from tests.builders import an_item, items_arrive
from tests.factories.platforms import ChannelFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def arrived(platform, channel, queues, published, now):
    """Three comments in the inbox."""
    for text in ("What a numpty", "Good morning", "You plonker"):
        platform.write(text)
    inbox.poll(channel.pk, now=now)


@pytest.mark.parametrize("error", [RecursionError, KeyError, ZeroDivisionError, ValueError])
def test_event_that_breaks_the_reader_fails_alone(platform, arrived, now, monkeypatch, error):
    normalise = platform.normalise

    def picky(payload):
        if b"Good morning" in payload:
            # What a reader complains about can be what nothing stores.
            raise error("a\x00b\ud800" if error is ValueError else "surprise")
        return normalise(payload)

    monkeypatch.setattr(platform, "normalise", picky)

    settled = pipeline.ingest_pending(now=now)

    assert settled == 3
    assert Case.objects.count() == ContentItem.objects.count() == 2
    failed = InboundEvent.objects.get(status=InboundStatus.FAILED)
    assert failed.error.startswith("Not readable: ")
    assert not InboundEvent.objects.pending().exists()


@pytest.mark.parametrize("error", [RecursionError, KeyError, ValueError])
def test_comment_that_breaks_the_rules_fails_alone(arrived, now, monkeypatch, error):
    evaluate_many = evaluation.evaluate_many

    def picky(subjects, compiled):
        if any(subject.text == "Good morning" for subject in subjects):
            raise error("surprise")
        return evaluate_many(subjects, compiled)

    monkeypatch.setattr(evaluation, "evaluate_many", picky)

    pipeline.ingest_pending(now=now)

    assert Case.objects.count() == 2
    assert InboundEvent.objects.get(status=InboundStatus.FAILED).error.startswith("Refused: ")


def test_database_that_is_away_fails_no_event(arrived, now, monkeypatch):
    def away(*_args, **_kwargs):
        raise OperationalError("deadlock detected")

    monkeypatch.setattr(evaluation, "evaluate_many", away)

    with pytest.raises(OperationalError):
        pipeline.ingest_pending(now=now)

    assert InboundEvent.objects.pending().count() == 3


def test_event_that_says_nothing_is_ignored(platform, arrived, now, monkeypatch):
    monkeypatch.setattr(platform, "normalise", lambda _payload: ())

    pipeline.ingest_pending(now=now)

    assert set(InboundEvent.objects.values_list("status", flat=True)) == {InboundStatus.IGNORED}


def test_events_of_a_platform_that_is_not_connected_any_more_hold_up_nobody(
    platform, arrived, organisation, now
):
    stranger = ChannelFactory(organisation=organisation, platform="tiktok")
    inbox.store(
        channel=stranger, events=[RawEvent("a", b"{}")], source=InboundSource.WEBHOOK, now=now
    )
    assert "tiktok" not in CONNECTORS

    pipeline.ingest_pending(now=now)

    assert ContentItem.objects.count() == 3
    assert "not connected" in InboundEvent.objects.get(channel=stranger).error


@pytest.mark.parametrize(
    "fields",
    [
        {"likes": -3, "replies": -9},
        {"likes": 10**12},
        {"url": "https://example.org/\x00\ud83d"},
        {"address": {"cid": "a\x00b\ud83d"}},
        {"version": "v" * 1_000},
    ],
)
def test_odd_facts_about_a_comment_are_bounded_and_lose_no_comment(
    channel, queues, published, now, fields
):
    items_arrive(channel, an_item("What a numpty", **fields), now=now)
    (item,) = ContentItem.objects.all()
    edited = an_item("You plonker", **{**fields, "version": "2", "external_id": item.external_id})

    items_arrive(channel, edited, now=now)

    item.refresh_from_db()
    assert 0 <= item.likes <= 2_147_483_647
    assert item.current_revision.number == 2
    assert Case.objects.count() == 1


def test_channel_that_cannot_be_polled_does_not_hold_up_the_next(
    platform, channel, organisation, queues, published, monkeypatch
):
    ChannelFactory(organisation=organisation, slug="second")
    polled = []
    poll = inbox.poll

    def first_fails(pk, *, now):
        polled.append(pk)
        if len(polled) == 1:
            raise RuntimeError("surprise")
        return poll(pk, now=now)

    monkeypatch.setattr(inbox, "poll", first_fails)

    tasks.poll_channels()

    assert set(polled) == set(Channel.objects.values_list("pk", flat=True))


@pytest.fixture
def decided(arrived, ada, now):
    """Two comments hidden by decision, their commands in the outbox."""
    pipeline.ingest_pending(now=now)
    for case in Case.objects.all():
        decisions.record(
            case=case,
            by=ada.actor,
            ruling=decisions.Ruling(
                Outcome.HIDE, "Insults.", f"k{case.pk}", Clause.objects.get(reference="EX-01")
            ),
            now=now,
        )


def test_message_that_fails_does_not_hold_up_the_next(platform, decided, monkeypatch):
    deliver = delivery.deliver
    (first, second) = OutboxMessage.objects.order_by("pk")

    def first_fails(pk, *, now):
        if pk == first.pk:
            raise RuntimeError("surprise")
        return deliver(pk, now=now)

    monkeypatch.setattr(delivery, "deliver", first_fails)

    tasks.deliver()

    second.refresh_from_db()
    assert second.status != "requested"


def test_action_that_cannot_be_settled_does_not_hold_up_the_next(platform, decided, now):
    (first, second) = EnforcementAction.objects.order_by("pk")
    OutboxMessage.objects.filter(pk=first.outbox_message_id).update(status="requested")
    EnforcementAction.objects.filter(pk=first.pk).update(status="accepted")
    OutboxMessage.objects.filter(pk=second.outbox_message_id).update(
        status="verified", verified_at=now
    )

    tasks.settle()

    second.refresh_from_db()
    assert second.status == "verified"


def test_actions_that_wait_do_not_hide_one_that_moved_on(platform, decided, now):
    last = EnforcementAction.objects.order_by("-pk").first()
    OutboxMessage.objects.filter(pk=last.outbox_message_id).update(
        status="verified", verified_at=now
    )

    assert enforcement.unsettled_messages(limit=1) == [last.outbox_message_id]


@pytest.mark.parametrize(
    "silly",
    [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(1601, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-12))),
    ],
    ids=["year-1", "year-1601", "year-9999"],
)
def test_time_that_no_clock_can_have_meant_is_not_taken(
    channel, queues, published, ada, now, silly
):
    post = InboundPost("post-9", text="A post", published_at=silly)

    items_arrive(channel, an_item("What a numpty", published_at=silly, post=post), now=now)

    assert ContentItem.objects.get().published_at == now
    assert Post.objects.get().published_at is None
    assert ada.client.get(Case.objects.get().get_absolute_url()).status_code == 200


@pytest.mark.parametrize(
    ("field", "bad", "said"),
    [
        ("id", "x" * 5000, "The comment’s id has 5,000 characters; at most 400 can be kept."),
        ("id", "a\x00b", "The comment’s id has characters that cannot be stored."),
        ("id", "", "The comment’s id is missing."),
        ("author", "y" * 301, "The author’s id has 301 characters; at most 300"),
        ("author", "a\ud800b", "The author’s id has characters that cannot be stored."),
        ("post", "p\x00", "The post’s id has characters that cannot be stored."),
        ("parent", "q" * 401, "The parent’s id has 401 characters"),
    ],
)
def test_identifier_that_cannot_be_kept_is_refused_in_words(
    platform, arrived, channel, now, field, bad, said
):
    event = platform.fetch("").events[1]
    payload = json.dumps(json.loads(event.payload) | {field: bad}).encode()
    InboundEvent.objects.filter(payload=event.payload).update(payload=payload)

    pipeline.ingest_pending(now=now)

    assert InboundEvent.objects.get(status=InboundStatus.FAILED).error.startswith(
        f"Not readable: {said}"
    )
    assert Case.objects.count() == ContentItem.objects.count() == 2
