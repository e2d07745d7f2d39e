"""States of the world that several tests start from."""

import itertools
from datetime import datetime

from accounts import actors
from moderation.models import Case, ContentItem
from moderation.services import enforcement, pipeline
from platforms.connectors.base import InboundAuthor, InboundItem, InboundPost, RawEvent
from platforms.enums import ContentKind, InboundSource, SourceState
from platforms.models import Channel
from platforms.services import delivery, inbox

_numbers = itertools.count(1)


def an_item(text: str, **fields: object) -> InboundItem:
    """Return one arriving comment; anything a test is about is stated in the test."""
    number = next(_numbers)
    author = fields.pop("author", f"author-{number}")
    defaults: dict[str, object] = {
        "external_id": f"c{number}",
        "kind": ContentKind.COMMENT,
        "state": SourceState.LIVE,
        "post": InboundPost(external_id="post-1", text="We are recruiting."),
    }
    return InboundItem(
        text=text,
        author=InboundAuthor(external_id=str(author), display_name=str(author)),
        **{**defaults, **fields},
    )


def items_arrive(
    channel: Channel,
    *items: InboundItem,
    now: datetime,
    source: InboundSource = InboundSource.POLL,
) -> pipeline.Taken:
    """Take items in through the pipeline."""
    received = [
        pipeline.Received(
            RawEvent(
                key=f"{item.external_id}:{item.version or hash((item.text, item.state))}",
                payload=b"{}",
            ),
            (item,),
        )
        for item in items
    ]
    return pipeline.take_in(
        channel=channel,
        received=received,
        source=source,
        by=actors.system(channel.organisation_id),
        now=now,
    )


def comments_arrive(
    channel: Channel, *texts: str, now: datetime, **fields: object
) -> list[ContentItem]:
    """Let comments with these texts arrive and return them in order."""
    items = [an_item(text, **fields) for text in texts]
    items_arrive(channel, *items, now=now)
    rows = {row.external_id: row for row in ContentItem.objects.filter(channel=channel)}
    return [rows[item.external_id] for item in items]


def a_case(
    channel: Channel, text: str = "What a numpty", *, now: datetime, **fields: object
) -> Case:
    """Return the waiting case of one flagged comment."""
    (item,) = comments_arrive(channel, text, now=now, **fields)
    return Case.objects.get(content_item=item)


def run_the_route(*, now: datetime) -> None:
    """Poll every channel that is due, ingest, deliver and settle until nothing moves."""
    for pk in inbox.due_channels(now):
        inbox.poll(pk, now=now)
    while pipeline.ingest_pending(now=now):
        pass
    for _ in range(20):
        due = delivery.due(now)
        for pk in due:
            delivery.deliver(pk, now=now)
            enforcement.settle(pk, now=now)
        if not due:
            return
