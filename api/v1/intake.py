"""Submitted comments into the pipeline, and what became of each."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from api.v1 import comments
from api.v1.comments import FieldProblem, Submission
from api.v1.shapes import unread
from moderation.models import Case, ContentItem, Evaluation
from moderation.services import pipeline
from moderation.services.ingestion import CLOCK_SKEW, clean, digest_of
from platforms.connectors.base import RawEvent
from platforms.enums import ChannelStatus, InboundSource
from platforms.models import Channel
from policies.enums import Severity


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one comment."""

    item_id: UUID
    channel: str
    external_id: str
    is_new: bool
    is_revised: bool
    is_current: bool
    is_flagged: bool
    severity: str
    case_id: UUID | None
    case_status: str


def submit(
    entries: Sequence[object], *, by: Actor, now: datetime
) -> list[Outcome | list[FieldProblem]]:
    """Take in every entry that can be read; return, entry by entry, what became of it.

    What is wrong with one entry does not stop the rest.
    """
    read = [comments.read(entry, latest=now + CLOCK_SKEW) for entry in entries]
    slugs = {entry.channel for entry in read if isinstance(entry, Submission)}
    channels = {
        channel.slug: channel
        for channel in Channel.objects.visible_to(by).filter(slug__in=slugs).defer(*unread())
    }
    results: list[Outcome | list[FieldProblem]] = []
    groups: dict[str, list[int]] = defaultdict(list)
    for index, entry in enumerate(read):
        if isinstance(entry, Submission):
            refusal = _refusal(channels.get(entry.channel))
            if refusal is None:
                groups[entry.channel].append(index)
                results.append([])
            else:
                results.append([FieldProblem("channel", refusal)])
        else:
            results.append(entry)
    for slug, indexes in groups.items():
        taken = [(entries[index], _read(read[index])) for index in indexes]
        outcomes = _take_in(channels[slug], taken, by=by, now=now)
        for index, outcome in zip(indexes, outcomes, strict=True):
            results[index] = outcome
    return results


def _read(entry: Submission | list[FieldProblem]) -> Submission:
    assert isinstance(entry, Submission)  # noqa: S101 - only read entries are grouped
    return entry


def _refusal(channel: Channel | None) -> str | None:
    if channel is None:
        return "There is no such channel. GET /api/v1/channels/ lists them."
    if channel.status == ChannelStatus.CLOSED:
        return "This channel is closed."
    return None


def _take_in(
    channel: Channel, taken: Sequence[tuple[Any, Submission]], *, by: Actor, now: datetime
) -> list[Outcome]:
    received = [
        pipeline.Received(
            RawEvent(key=comments.event_key(entry.item), payload=_raw(raw), kind="submission"),
            (entry.item,),
        )
        for raw, entry in taken
    ]
    pipeline.take_in(channel=channel, received=received, source=InboundSource.API, by=by, now=now)
    return _outcomes(channel, received, by=by, now=now)


def _raw(entry: object) -> bytes:
    """Return the comment as it was said, every field that came and no other."""
    return json.dumps(entry, separators=(",", ":")).encode()


def _outcomes(
    channel: Channel, received: Sequence[pipeline.Received], *, by: Actor, now: datetime
) -> list[Outcome]:
    wanted = [entry.items[0].external_id for entry in received]
    items = {
        item.external_id: item
        for item in ContentItem.objects.visible_to(by)
        .filter(channel=channel, external_id__in=wanted)
        .select_related("current_revision")
        .only(
            "id",
            "external_id",
            "first_seen_at",
            "current_revision__captured_at",
            "current_revision__digest",
        )
    }
    severities = _severities([item.current_revision_id for item in items.values()], by=by)
    cases = _cases([item.pk for item in items.values()], by=by)
    seen: dict[str, set[str]] = defaultdict(set)
    outcomes = []
    for entry in received:
        external_id = entry.items[0].external_id
        item = items[external_id]
        is_new = not seen[external_id] and item.first_seen_at == now
        revised_at = item.current_revision.captured_at if item.current_revision else None
        is_repeat = entry.event.key in seen[external_id]
        seen[external_id].add(entry.event.key)
        severity = severities.get(item.current_revision_id)
        case_id, case_status = cases.get(item.pk, (None, ""))
        outcomes.append(
            Outcome(
                item_id=item.pk,
                channel=channel.slug,
                external_id=external_id,
                is_new=is_new,
                is_revised=not is_new and not is_repeat and revised_at == now,
                is_current=item.current_revision is not None
                and item.current_revision.digest == digest_of(clean(entry.items[0].text)),
                is_flagged=severity is not None,
                severity=severity or "",
                case_id=case_id,
                case_status=case_status,
            )
        )
    return outcomes


def _severities(revision_ids: Sequence[UUID | None], *, by: Actor) -> dict[UUID | None, str]:
    """Return the highest severity of each flagged revision."""
    rank = list(Severity.values).index
    highest: dict[UUID | None, str] = {}
    rows = (
        Evaluation.objects.visible_to(by)
        .filter(revision_id__in=revision_ids, is_flagged=True)
        .values_list("revision_id", "severity")
    )
    for revision_id, severity in rows:
        if revision_id not in highest or rank(severity) > rank(highest[revision_id]):
            highest[revision_id] = severity
    return highest


def _cases(item_ids: Sequence[UUID], *, by: Actor) -> dict[UUID, tuple[UUID, str]]:
    """Return the newest case of each item; an open one is always the newest."""
    rows = (
        Case.objects.visible_to(by)
        .filter(content_item_id__in=item_ids)
        .order_by("pk")
        .values_list("content_item_id", "pk", "status")
    )
    return {item_id: (case_id, status) for item_id, case_id, status in rows}
