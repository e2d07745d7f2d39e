"""From what a platform said to content items, revisions, authors and posts."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import itemgetter
from uuid import UUID

from django.db.models import Model

from accounts.actors import Actor
from audit import services as audit
from audit.enums import AuditEventType
from common.bulk import insert_all, insert_new
from common.ids import uuid7
from moderation.models import Author, ContentItem, ContentRevision, Post
from platforms.connectors.base import InboundAuthor, InboundItem
from platforms.enums import SourceState
from platforms.models import Channel
from policies.engine.similarity import signature
from policies.engine.text import fold

MAX_TEXT = 1_000_000
# Shorter texts repeat by chance.
LEAST_FINGERPRINT_LETTERS = 16
# What the columns hold; platforms' counts have been negative, too.
MOST_COUNTED = 2_147_483_647
LONGEST_IDENTIFIER: dict[type[Model], int] = {
    model: model._meta.get_field("external_id").max_length or 0
    for model in (Author, ContentItem, Post)
}
# Platforms' clocks run ahead; further than this is wrong and the time of arrival counts.
CLOCK_SKEW = timedelta(minutes=10)
# Before this there was nothing to comment on, and near the year 1 no time zone can be applied.
EARLIEST_YEAR = 1990


@dataclass(frozen=True, slots=True)
class Arrival:
    """One item and the raw event it came in."""

    event_id: UUID
    item: InboundItem
    # Set for an event that is read again long after it came.
    came_at: datetime | None = None


@dataclass(slots=True)
class Fresh:
    """A new text to judge: the first of an item, or an edit."""

    item_id: UUID
    author_id: UUID
    revision_id: UUID
    text: str
    kind: str
    fingerprint: int | None
    similarity: int | None
    likes: int
    replies: int
    author_is_new: bool
    is_edit: bool


@dataclass(slots=True)
class Ingested:
    """What a batch brought."""

    added: int = 0
    fresh: list[Fresh] = field(default_factory=list)


@dataclass(slots=True)
class _Known:
    id: UUID
    author_id: UUID
    revision_id: UUID | None
    number: int
    digest: str
    event_id: UUID | None
    state: str
    state_at: datetime | None
    likes: int
    replies: int


ITEM_COLUMNS = (
    "id", "organisation_id", "channel_id", "external_id", "kind", "author_id", "post_id",
    "parent_external_id", "url", "address", "source_state", "source_state_at", "likes", "replies",
    "published_at", "first_seen_at", "current_revision_id",
)  # fmt: skip
REVISION_COLUMNS = (
    "id", "organisation_id", "content_item_id", "number", "text", "digest", "fingerprint", "similarity", "version",
    "captured_at", "inbound_event_id",
)  # fmt: skip


def ingest(*, channel: Channel, arrivals: Sequence[Arrival], by: Actor, now: datetime) -> Ingested:
    """Bring a batch in. Each external id may stand in it once. Call inside a transaction.

    A known item with the same text is no new revision; an item that is gone changes its state and
    keeps its text.
    """
    if not arrivals:
        return Ingested()
    authors, new_authors = _authors(
        channel, [arrival.item.author for arrival in arrivals], now=now
    )
    posts = _posts(channel, [arrival.item for arrival in arrivals], now=now)
    known = _known_items(channel, [arrival.item.external_id for arrival in arrivals])

    result = Ingested()
    item_rows, revision_rows = [], []
    edits: list[tuple[_Known, Arrival, str]] = []
    for arrival in arrivals:
        item = arrival.item
        text = clean(item.text)
        existing = known.get(item.external_id)
        if existing is not None:
            edits.append((existing, arrival, text))
            continue
        item_id, revision_id = uuid7(), uuid7()
        author_id = authors[item.author.external_id]
        state = item.state or SourceState.LIVE
        item_rows.append(
            (
                item_id, channel.organisation_id, channel.pk, item.external_id, item.kind.value,
                author_id, posts.get(item.post.external_id) if item.post else None,
                item.parent_external_id, clean(item.url)[:500], _address(item), state.value, now,
                _count(item.likes), _count(item.replies),
                _moment(item.published_at, now) or now, now, revision_id,
            )
        )  # fmt: skip
        fingerprint, similarity = fingerprint_of(text), signature(text)
        revision_rows.append(
            (
                revision_id, channel.organisation_id, item_id, 1, text, digest_of(text), fingerprint,
                similarity, clean(item.version)[:400], now, arrival.event_id,
            )
        )  # fmt: skip
        if item.state != SourceState.DELETED:
            result.fresh.append(
                Fresh(
                    item_id=item_id,
                    author_id=author_id,
                    revision_id=revision_id,
                    text=text,
                    kind=item.kind.value,
                    fingerprint=fingerprint,
                    similarity=similarity,
                    likes=_count(item.likes),
                    replies=_count(item.replies),
                    author_is_new=author_id in new_authors,
                    is_edit=False,
                )
            )
    # Rows go in and are locked in one order everywhere, so that workers never wait in a circle.
    added = insert_new(ContentItem, ITEM_COLUMNS, sorted(item_rows, key=itemgetter(3)))
    if len(added) < len(item_rows):
        # Somebody else brought the same items in meanwhile: theirs stand, ours may be an edit.
        result.fresh = [fresh for fresh in result.fresh if fresh.item_id in added]
        revision_rows = [row for row in revision_rows if row[2] in added]
        theirs = _known_items(channel, [row[3] for row in item_rows if row[0] not in added])
        edits += [
            (theirs[arrival.item.external_id], arrival, clean(arrival.item.text))
            for arrival in arrivals
            if arrival.item.external_id in theirs
        ]
    insert_all(ContentRevision, REVISION_COLUMNS, revision_rows)
    result.added = len(added)
    for existing, arrival, text in edits:
        _update(channel, existing, arrival, text, result, by=by, now=now)
    return result


def check_identifiers(item: InboundItem) -> None:
    """Refuse an item whose identifiers cannot be kept as they are; a shortened one names another.

    Raises ValueError with a sentence.
    """
    named: list[tuple[str, str, type[Model]]] = [
        ("comment’s id", item.external_id, ContentItem),
        ("author’s id", item.author.external_id, Author),
        ("parent’s id", item.parent_external_id, ContentItem),
    ]
    if item.post is not None:
        named.append(("post’s id", item.post.external_id, Post))
    for name, value, model in named:
        if not value and name != "parent’s id":
            message = f"The {name} is missing."
            raise ValueError(message)
        if len(value) > LONGEST_IDENTIFIER[model]:
            message = (
                f"The {name} has {len(value):,} characters;"
                f" at most {LONGEST_IDENTIFIER[model]} can be kept."
            )
            raise ValueError(message)
        if clean(value) != value:
            message = f"The {name} has characters that cannot be stored."
            raise ValueError(message)


def clean(text: str) -> str:
    """Return the text as it can be stored: no null characters, no lone surrogates, bounded.

    What is replaced becomes U+FFFD, one for one, so that positions stay; the raw event keeps the
    original.
    """
    text = text[:MAX_TEXT]
    if text.isascii() and "\x00" not in text:
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        text = "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
    return text.replace("\x00", "\ufffd")


def _moment(at: datetime | None, now: datetime) -> datetime | None:
    """Return the time that a platform told; None for one that no clock can have meant."""
    if at is None or at.year < EARLIEST_YEAR or at > now + CLOCK_SKEW:
        return None
    return at


def _count(number: int) -> int:
    return min(max(number, 0), MOST_COUNTED)


def _address(item: InboundItem) -> dict[str, str]:
    return {clean(name): clean(value) for name, value in item.address.items()}


def digest_of(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint_of(text: str) -> int | None:
    """Return a number that texts alike but for case, accents and spacing share; None when short."""
    folded = "".join(fold(text).split())
    if len(folded) < LEAST_FINGERPRINT_LETTERS:
        return None
    return int.from_bytes(hashlib.sha256(folded.encode()).digest()[:8], "big", signed=True)


def _authors(
    channel: Channel, authors: Sequence[InboundAuthor], *, now: datetime
) -> tuple[dict[str, UUID], set[UUID]]:
    wanted = {author.external_id: author for author in authors}
    scope = Author.objects.filter(
        organisation_id=channel.organisation_id, platform=channel.platform
    )
    found = {
        row.external_id: row
        for row in scope.filter(external_id__in=wanted).only(
            "id", "external_id", "handle", "display_name"
        )
    }
    rows = [
        (
            uuid7(),
            channel.organisation_id,
            channel.platform,
            author.external_id,
            clean(author.handle)[:200],
            clean(author.display_name)[:200],
            clean(author.url)[:500],
            now,
        )
        for author in wanted.values()
        if author.external_id not in found
    ]
    columns = (
        "id", "organisation_id", "platform", "external_id", "handle", "display_name", "url", "first_seen_at",
    )  # fmt: skip
    added = insert_new(Author, columns, sorted(rows, key=itemgetter(3)))
    ids = {row[3]: row[0] for row in rows if row[0] in added}
    ids |= {external_id: row.pk for external_id, row in found.items()}
    if missing := wanted.keys() - ids.keys():
        ids |= dict(scope.filter(external_id__in=missing).values_list("external_id", "pk"))
    for external_id, row in sorted(found.items()):
        author = wanted[external_id]
        names = {
            "handle": clean(author.handle)[:200] or row.handle,
            "display_name": clean(author.display_name)[:200] or row.display_name,
        }
        if (row.handle, row.display_name) != tuple(names.values()):
            Author.objects.filter(pk=row.pk).update(**names)
    return ids, added


def _posts(channel: Channel, items: Sequence[InboundItem], *, now: datetime) -> dict[str, UUID]:
    wanted = {item.post.external_id: item.post for item in items if item.post}
    if not wanted:
        return {}
    scope = Post.objects.filter(channel=channel)
    found = {
        row.external_id: row
        for row in scope.filter(external_id__in=wanted).only("id", "external_id", "text")
    }
    columns = ("id", "organisation_id", "channel_id", "external_id", "text", "url", "published_at")
    rows = [
        (
            uuid7(),
            channel.organisation_id,
            channel.pk,
            post.external_id,
            clean(post.text),
            clean(post.url)[:500],
            _moment(post.published_at, now),
        )
        for post in wanted.values()
        if post.external_id not in found
    ]
    added = insert_new(Post, columns, sorted(rows, key=itemgetter(3)))
    ids = {row[3]: row[0] for row in rows if row[0] in added}
    ids |= {external_id: row.pk for external_id, row in found.items()}
    if missing := wanted.keys() - ids.keys():
        ids |= dict(scope.filter(external_id__in=missing).values_list("external_id", "pk"))
    for external_id, row in sorted(found.items()):
        text = clean(wanted[external_id].text)
        if text and text != row.text:
            Post.objects.filter(pk=row.pk).update(text=text)
    return ids


def _known_items(channel: Channel, external_ids: Sequence[str]) -> dict[str, _Known]:
    """Lock the items that are known and return how they stand, with their current texts."""
    if not external_ids:
        return {}
    items = list(
        ContentItem.objects.filter(channel=channel, external_id__in=external_ids)
        # Without the key, so that a decision that refers to the item meanwhile need not wait.
        .select_for_update(of=("self",), no_key=True)
        .order_by("pk")
        .values_list(
            "external_id",
            "pk",
            "author_id",
            "current_revision_id",
            "source_state",
            "source_state_at",
            "likes",
            "replies",
        )
    )
    # In a statement of its own: beside a row that was waited for, a join shows what was there before.
    revisions = {
        pk: (number, digest, event_id)
        for pk, number, digest, event_id in ContentRevision.objects.filter(
            pk__in=[row[3] for row in items]
        ).values_list("pk", "number", "digest", "inbound_event_id")
    }
    return {
        external_id: _Known(
            pk, author_id, revision_id, *revisions.get(revision_id, (0, "", None)), *stands
        )
        for external_id, pk, author_id, revision_id, *stands in items
    }


def _still_new(known: _Known, arrival: Arrival) -> tuple[bool, bool]:
    """Whether the words and the state of an arrival are newer than what is known of the item.

    Events are taken in as they came, so this is in doubt only for one that is read again.
    """
    if arrival.came_at is None:
        return True, True
    words = known.event_id is None or known.event_id < arrival.event_id
    return words, words and (known.state_at is None or known.state_at <= arrival.came_at)


def _update(
    channel: Channel,
    known: _Known,
    arrival: Arrival,
    text: str,
    result: Ingested,
    *,
    by: Actor,
    now: datetime,
) -> None:
    words_are_new, state_is_new = _still_new(known, arrival)
    if not words_are_new:
        return
    item = arrival.item
    is_gone = item.state == SourceState.DELETED
    changes: dict[str, object] = {}
    # A file and the API are not told how an item stands: they show no hidden comment again.
    if state_is_new and item.state is not None and item.state.value != known.state:
        changes |= {"source_state": item.state.value, "source_state_at": now}
        audit.record(
            AuditEventType.CONTENT_STATE_CHANGED,
            actor=by,
            at=now,
            target=ContentItem(pk=known.id, organisation_id=channel.organisation_id),
            before=known.state,
            after=item.state.value,
        )
    counts = {"likes": _count(item.likes), "replies": _count(item.replies)}
    if not is_gone and counts != {"likes": known.likes, "replies": known.replies}:
        changes |= counts
    if item.address and not is_gone:
        changes["address"] = _address(item)
    if text and not is_gone and digest_of(text) != known.digest:
        revision = ContentRevision.objects.create(
            organisation_id=channel.organisation_id,
            content_item_id=known.id,
            number=known.number + 1,
            text=text,
            digest=digest_of(text),
            fingerprint=fingerprint_of(text),
            similarity=signature(text),
            version=clean(item.version)[:400],
            captured_at=now,
            inbound_event_id=arrival.event_id,
        )
        changes["current_revision_id"] = revision.pk
        audit.record(
            AuditEventType.CONTENT_REVISED,
            actor=by,
            at=now,
            target=ContentItem(pk=known.id, organisation_id=channel.organisation_id),
            number=revision.number,
            digest=revision.digest,
        )
        result.fresh.append(
            Fresh(
                item_id=known.id,
                author_id=known.author_id,
                revision_id=revision.pk,
                text=text,
                kind=item.kind.value,
                fingerprint=revision.fingerprint,
                similarity=revision.similarity,
                likes=_count(item.likes),
                replies=_count(item.replies),
                author_is_new=False,
                is_edit=True,
            )
        )
    if changes:
        ContentItem.objects.filter(pk=known.id).update(**changes)
