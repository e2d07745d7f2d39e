"""Held comments read in stretches by id: texts first, what else is known only where it is asked for.

Each stretch is read by one short statement into memory, so that no snapshot of the database is kept
open while rules run: an old one would keep every queue's dead rows from being cleared away.
"""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from moderation.models import ContentItem, ContentRevision, Evaluation
from platforms.models import Channel
from policies.engine import signals
from policies.engine.types import Subject

# Keys in one statement.
BATCH = 500 if connection.vendor == "sqlite" else 5_000
NOTHING = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Texts of one organisation with ids above `after` up to `until`."""

    organisation_id: UUID
    after: UUID
    until: UUID


@dataclass(frozen=True, slots=True)
class Held:
    """A text that is the present wording of an item, ready to be judged."""

    revision_id: UUID
    channel_id: UUID
    subject: Subject


def first_id_at(moment: datetime) -> UUID:
    """Return the id below which everything was made before `moment`."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def newest_id(organisation_id: UUID) -> UUID:
    """Return the id of the text that was taken in last."""
    texts = ContentRevision.objects.filter(organisation_id=organisation_id)
    return texts.order_by("-pk").values_list("pk", flat=True).first() or NOTHING


def count(stretch: Stretch) -> int:
    """Return how many texts there are."""
    return int(_within(stretch).count())


def end_of_chunk(stretch: Stretch, size: int) -> UUID:
    """Return the id at which the next `size` texts end; the stretch's own end for the last ones."""
    ids = _within(stretch).order_by("pk").values_list("pk", flat=True)
    found: list[UUID] = list(ids[size - 1 : size])
    return found[0] if found else stretch.until


def texts(stretch: Stretch) -> tuple[list[str], list[str]]:
    """Return the ids (as text) and the texts of a stretch, in the same order."""
    if connection.vendor == "postgresql":
        return _copied(stretch)
    rows = list(_within(stretch).order_by("pk").values_list("pk", "text"))
    return [str(pk) for pk, _ in rows], [text for _, text in rows]


def known(
    organisation_id: UUID, wanted: Sequence[tuple[UUID, str]], channels: dict[UUID, Channel]
) -> Iterator[Held]:
    """Yield the texts that are present wordings, with the facts they were judged by.

    The facts are those kept when the text was judged; for one that never was, what its item says.
    Wordings that were edited since are left out.
    """
    for start in range(0, len(wanted), BATCH):
        batch = dict(wanted[start : start + BATCH])
        items = ContentItem.objects.filter(
            organisation_id=organisation_id, current_revision_id__in=list(batch)
        ).values_list("current_revision_id", "kind", "channel_id", "likes", "replies")
        facts = _facts(organisation_id, list(batch))
        for revision_id, kind, channel_id, likes, replies in items:
            if revision_id is None:
                continue
            channel = channels[channel_id]
            yield Held(
                revision_id,
                channel_id,
                Subject(
                    text=batch[revision_id],
                    kind=kind,
                    platform=channel.platform,
                    channel=channel.slug,
                    signals=facts.get(revision_id)
                    or {signals.CONTENT_LIKES: likes, signals.CONTENT_REPLIES: replies},
                ),
            )


def channels_of(organisation_id: UUID) -> dict[UUID, Channel]:
    """Return the organisation's channels by id."""
    found = Channel.objects.filter(organisation_id=organisation_id)
    return {channel.pk: channel for channel in found}


def _facts(organisation_id: UUID, revision_ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    judged = (
        Evaluation.objects.filter(organisation_id=organisation_id, revision_id__in=revision_ids)
        .order_by("evaluated_at", "pk")
        .values_list("revision_id", "signals")
    )
    return dict(judged)


def _within(stretch: Stretch) -> Any:  # a query of texts
    return ContentRevision.objects.filter(
        organisation_id=stretch.organisation_id, pk__gt=stretch.after, pk__lte=stretch.until
    )


def _copied(stretch: Stretch) -> tuple[list[str], list[str]]:
    # UUIDs, not words of people: nothing here needs quoting. COPY takes no parameters.
    statement = (
        f"COPY (SELECT id, text FROM moderation_contentrevision"
        f" WHERE organisation_id = '{stretch.organisation_id}' AND id > '{stretch.after}'"
        f" AND id <= '{stretch.until}' ORDER BY id) TO STDOUT"
    )
    buffer = io.BytesIO()
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.cursor.copy_expert(statement, buffer)
    lines = buffer.getvalue().split(b"\n")
    lines.pop()
    ids = [line[:36].decode() for line in lines]
    return ids, [_unescaped(line[37:].decode()) for line in lines]


_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MEANT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPED.sub(lambda found: _MEANT.get(found[1], found[1]), text)
