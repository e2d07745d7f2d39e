"""From a verdict to a waiting case: which queue, how urgent, due when."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from accounts.actors import Actor
from accounts.working_time import WorkingCalendar, calendar_of
from audit import services as audit
from audit.enums import AuditEventType
from common.bulk import insert_all
from common.ids import uuid7
from moderation.enums import CaseOrigin, CaseStatus
from moderation.models import Case, ContentItem, Decision, Queue, RoutingRule
from moderation.services.evaluation import Judged
from platforms.models import Channel
from policies.engine.types import Match
from policies.engine.types import Outcome as EngineOutcome
from policies.enums import Outcome, Severity

# From least to most severe.
SEVERITIES = tuple(Severity.values)
EXCERPT_LENGTH = 240
WIDEST_REACH = 5


@dataclass
class Routing:
    """An organisation's queues and the rules that fill them, read once a batch."""

    queues: dict[UUID, Queue]
    rules: list[RoutingRule]
    default: Queue
    calendar: WorkingCalendar
    _due: dict[tuple[UUID, str], datetime] = field(default_factory=dict)

    def due_at(self, queue: Queue, severity: str, *, now: datetime) -> datetime:
        """Return when a case that opens now should be decided, counted in working time."""
        key = (queue.pk, severity)
        if key not in self._due:
            self._due[key] = self.calendar.add(now, queue.target_minutes(severity))
        return self._due[key]

    def queue_for(self, channel: Channel, match: Match | None) -> Queue:
        """Return the first queue whose routing rule fits, else the default."""
        if match is not None:
            for rule in self.rules:
                if _fits(rule, channel, match):
                    return self.queues[rule.queue_id]
        return self.default

    def reviewing(self, kind: str) -> Queue | None:
        """Return the queue in which a person reads everything of this kind (PPO-04)."""
        return next((q for q in self.queues.values() if kind in q.reviews_kinds), None)


CASE_COLUMNS = (
    "id", "organisation_id", "content_item_id", "channel_id", "author_id", "queue_id", "evaluation_id",
    "origin", "status", "severity", "recommend", "headline", "excerpt", "clause_reference", "rank",
    "due_at", "opened_at", "revision", "created_at", "updated_at",
)  # fmt: skip


def routing_of(organisation_id: UUID) -> Routing:
    """Return the routing of an organisation that has at least one queue."""
    queues = list(Queue.objects.filter(organisation_id=organisation_id).order_by("position", "pk"))
    return Routing(
        queues={queue.pk: queue for queue in queues},
        rules=list(
            RoutingRule.objects.filter(organisation_id=organisation_id).order_by("position")
        ),
        default=next((queue for queue in queues if queue.is_default), queues[0]),
        calendar=calendar_of(organisation_id),
    )


def route(*, channel: Channel, judged: Sequence[Judged], by: Actor, now: datetime) -> int:
    """Open a case for whatever needs a moderator, or join the open one; return how many opened.

    Clean comments never enter a queue. An edit of an item with an open case joins that case; an
    edit of a decided one opens a new case.
    """
    if not judged:
        return 0
    wanted = [entry for entry in judged if _needs_a_person(entry)]
    edits = [entry for entry in judged if entry.fresh.is_edit]
    routing = routing_of(channel.organisation_id)
    reviewed = [
        entry
        for entry in judged
        if not _needs_a_person(entry) and routing.reviewing(entry.fresh.kind) is not None
    ]
    open_cases = _open_cases([entry.fresh.item_id for entry in edits])
    rows, entries = [], []
    for entry in [*wanted, *reviewed]:
        joined = open_cases.get(entry.fresh.item_id)
        if joined is not None:
            continue
        row = _case_row(channel, entry, routing, now=now)
        rows.append(row)
        entries.append(_opened(channel, dict(zip(CASE_COLUMNS, row, strict=True))))
    insert_all(Case, CASE_COLUMNS, rows)
    audit.record_many(entries, actor=by, at=now)
    for entry in edits:
        case = open_cases.get(entry.fresh.item_id)
        if case is not None:
            _join(channel, case, entry, routing, now=now)
    return len(rows)


def follow(*, channel: Channel, judged: Sequence[Judged], by: Actor, now: datetime) -> int:
    """Bring a later judgement of texts already judged to their cases; return how many opened.

    An open case takes the new reason and may rise, never fall. A text that a person has decided
    about is left alone: the score comes too late to ask again.
    """
    wanted = {entry.fresh.item_id: entry for entry in judged if _needs_a_person(entry)}
    if not wanted:
        return 0
    decided = set(
        Decision.objects.filter(
            revision_id__in=[entry.fresh.revision_id for entry in wanted.values()]
        ).values_list("revision_id", flat=True)
    )
    open_cases = _open_cases(list(wanted))
    routing = routing_of(channel.organisation_id)
    rows, entries = [], []
    for item_id, entry in wanted.items():
        case = open_cases.get(item_id)
        if case is not None:
            _raise(channel, case, entry, routing, now=now)
        elif entry.fresh.revision_id not in decided:
            row = _case_row(channel, entry, routing, now=now)
            rows.append(row)
            entries.append(_opened(channel, dict(zip(CASE_COLUMNS, row, strict=True))))
    insert_all(Case, CASE_COLUMNS, rows)
    audit.record_many(entries, actor=by, at=now)
    return len(rows)


def urgency(severity: str, reach: int) -> int:
    """Return the rank of a case: tens by severity (critical first), units by reach (widest first)."""
    band = min(WIDEST_REACH, int(math.log10(reach + 1) * 2))
    return (len(SEVERITIES) - 1 - SEVERITIES.index(severity)) * 10 + (WIDEST_REACH - band)


def excerpt_of(text: str, first: int = 0) -> str:
    """Return one line of the text, around the first thing that was flagged."""
    start = max(0, first - 80) if first > EXCERPT_LENGTH - 60 else 0
    piece = " ".join(text[start : start + EXCERPT_LENGTH].split())
    head = "…" if start else ""
    tail = "…" if start + EXCERPT_LENGTH < len(text) else ""
    return head + piece + tail


def _needs_a_person(entry: Judged) -> bool:
    return entry.is_flagged and (
        entry.verdict.human_required or entry.verdict.recommend != EngineOutcome.NO_BREACH
    )


def leading_match(entry: Judged) -> Match | None:
    """Return the match that the case is about: the most severe."""
    return max(
        entry.verdict.matches,
        key=lambda match: (match.severity.rank, match.recommend == entry.verdict.recommend),
        default=None,
    )


def _case_row(
    channel: Channel, entry: Judged, routing: Routing, *, now: datetime
) -> tuple[object, ...]:
    fresh = entry.fresh
    match = leading_match(entry)
    if match is not None and entry.verdict.severity:
        queue = routing.queue_for(channel, match)
        severity = entry.verdict.severity.value
        recommend = entry.verdict.recommend.value if entry.verdict.recommend else ""
        headline, clause = match.name, match.clause
        origin = CaseOrigin.EDIT if fresh.is_edit else CaseOrigin.FLAG
        first = min((span.start for span in match.spans), default=0)
    else:
        queue = routing.reviewing(fresh.kind) or routing.default
        severity, recommend = Severity.LOW.value, Outcome.NO_REPLY.value
        headline, clause, origin, first = "To be read", "", CaseOrigin.REVIEW, 0
    return (
        uuid7(), channel.organisation_id, fresh.item_id, channel.pk, fresh.author_id, queue.pk,
        entry.evaluation_id, origin.value, CaseStatus.WAITING.value, severity, recommend,
        headline[:200], excerpt_of(fresh.text, first), clause,
        urgency(severity, fresh.likes + fresh.replies),
        routing.due_at(queue, severity, now=now), now, 1, now, now,
    )  # fmt: skip


def _opened(channel: Channel, case: Mapping[str, Any]) -> audit.Entry:  # Any: a row's columns
    return audit.Entry(
        type=AuditEventType.CASE_OPENED,
        target=audit.Target(Case, case["id"]),
        organisation_id=channel.organisation_id,
        case_id=case["id"],
        clause=case["clause_reference"],
        data={
            "severity": case["severity"],
            "queue": str(case["queue_id"]),
            "headline": case["headline"],
        },
    )


def _open_cases(item_ids: Sequence[UUID]) -> dict[UUID, Case]:
    if not item_ids:
        return {}
    cases = Case.objects.waiting().filter(content_item_id__in=item_ids)
    return {case.content_item_id: case for case in cases.select_for_update(of=("self",))}


def _join(channel: Channel, case: Case, entry: Judged, routing: Routing, *, now: datetime) -> None:
    """Let an open case follow an edit: the new text, never a lower severity than before."""
    changes: dict[str, object] = {
        "excerpt": excerpt_of(entry.fresh.text),
        "updated_at": now,
        "revision": F("revision") + 1,
        **_rise(channel, case, entry, routing, now=now),
    }
    if entry.is_flagged:
        changes["evaluation_id"] = entry.evaluation_id
    Case.objects.filter(pk=case.pk).update(**changes)


def _raise(
    channel: Channel, case: Case, entry: Judged, routing: Routing, *, now: datetime
) -> None:
    """Let an open case follow a later judgement of the same text; it rests on what it rested on."""
    changes: dict[str, object] = {
        "updated_at": now,
        "revision": F("revision") + 1,
        **_rise(channel, case, entry, routing, now=now),
    }
    if case.evaluation_id is None:
        changes["evaluation_id"] = entry.evaluation_id
    Case.objects.filter(pk=case.pk).update(**changes)


def _rise(
    channel: Channel, case: Case, entry: Judged, routing: Routing, *, now: datetime
) -> dict[str, object]:
    """Return what changes about a case when what was found now is more severe."""
    match = leading_match(entry)
    if match is None or entry.verdict.severity is None:
        return {}
    severity = entry.verdict.severity.value
    if urgency(severity, 0) >= urgency(case.severity, 0):
        return {}
    # What a colleague handed to the senior reviewers stays with them.
    queue = routing.queues[case.queue_id]
    if not queue.is_senior:
        queue = routing.queue_for(channel, match)
    return {
        "queue_id": queue.pk,
        "due_at": min(case.due_at, routing.due_at(queue, severity, now=now)),
        "severity": severity,
        "headline": match.name[:200],
        "clause_reference": match.clause,
        "recommend": entry.verdict.recommend.value if entry.verdict.recommend else "",
        "rank": urgency(severity, entry.fresh.likes + entry.fresh.replies),
    }


def open_for_item(
    *,
    item: ContentItem,
    text: str,
    origin: CaseOrigin,
    headline: str,
    severity: Severity,
    by: Actor,
    now: datetime,
) -> Case:
    """Open a case about an item that no rule flagged, or return the open one."""
    existing = Case.objects.waiting().filter(content_item=item).first()
    if existing is not None:
        return existing
    routing = routing_of(item.organisation_id)
    case = Case.objects.create(
        organisation_id=item.organisation_id,
        content_item=item,
        channel_id=item.channel_id,
        author_id=item.author_id,
        queue=routing.default,
        origin=origin,
        severity=severity,
        headline=headline,
        excerpt=excerpt_of(text),
        rank=urgency(severity.value, item.likes + item.replies),
        due_at=routing.due_at(routing.default, severity.value, now=now),
        opened_at=now,
    )
    audit.record(
        AuditEventType.CASE_OPENED,
        actor=by,
        at=now,
        target=case,
        case_id=case.pk,
        severity=severity.value,
        headline=headline,
    )
    return case


def _fits(rule: RoutingRule, channel: Channel, match: Match) -> bool:
    return (
        (not rule.route or rule.route == match.route)
        and (not rule.clause_reference or rule.clause_reference == match.clause)
        and (not rule.platform or rule.platform == channel.platform)
        and (
            not rule.least_severity
            or SEVERITIES.index(match.severity.value) >= SEVERITIES.index(rule.least_severity)
        )
    )
