"""What the queue pages read: one page of waiting cases by keyset, and counts that never run away.

Reads only. SQL by hand, because this is the page that everybody has open: row comparison seeks in
one index, whatever the depth, where the ORM's spelling of it scans; and rows stay narrow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.actors import Actor
from accounts.models import User
from moderation.enums import CaseStatus
from moderation.models import Case, Queue
from policies.enums import Severity

PAGE_SIZE = 25
# What is counted at most; beyond it a number says nothing that "1,000+" does not.
COUNT_CAP = 1_000
NEWS_CAP = 100


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a queue's order."""

    rank: int
    due_at: datetime
    case_id: UUID


@dataclass(frozen=True, slots=True)
class Filters:
    """What of a queue is wanted. `claimed` is "", "yes", "no" or "mine"."""

    severity: str = ""
    clause: str = ""
    channel_id: UUID | None = None
    claimed: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether everything is wanted."""
        return self == Filters()


@dataclass(frozen=True, slots=True)
class Row:
    """One waiting case, as the list shows it."""

    case_id: UUID
    rank: int
    due_at: datetime
    opened_at: datetime
    severity: str
    headline: str
    excerpt: str
    clause: str
    channel_id: UUID
    claimed_by_id: UUID | None
    claim_expires_at: datetime | None
    claimed_by: str

    @property
    def position(self) -> Position:
        """Where it stands."""
        return Position(self.rank, self.due_at, self.case_id)


@dataclass(frozen=True, slots=True)
class Page:
    """Up to 25 cases, and whether there are more on either side."""

    rows: tuple[Row, ...]
    has_previous: bool
    has_next: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """How much waits, counted to the cap: `late` and `oldest_at` are of those counted."""

    waiting: int
    late: int
    oldest_at: datetime | None

    @property
    def is_capped(self) -> bool:
        """Whether there are more than were counted."""
        return self.waiting > COUNT_CAP


def waiting_page(
    *,
    queue: Queue,
    by: Actor,
    filters: Filters,
    after: Position | None = None,
    before: Position | None = None,
) -> Page:
    """Return one page of what waits in a queue, from the start or next to a position.

    Whoever calls has found the queue among those the actor may see; its cases are of the same
    organisation, by the database's own rule.
    """
    where, values = _conditions(queue, by, filters)
    if before is not None:
        where.append("(c.rank, c.due_at, c.id) < (%s, %s, %s)")
        values += [before.rank, before.due_at, before.case_id]
    elif after is not None:
        where.append("(c.rank, c.due_at, c.id) > (%s, %s, %s)")
        values += [after.rank, after.due_at, after.case_id]
    order = " DESC" if before is not None else ""
    statement = f"""
        SELECT c.id, c.rank, c.due_at, c.opened_at, c.severity, c.headline, c.excerpt,
               c.clause_reference, c.channel_id, c.claimed_by_id, c.claim_expires_at, u.name
        FROM {Case._meta.db_table} c LEFT JOIN {User._meta.db_table} u ON u.id = c.claimed_by_id
        WHERE {" AND ".join(where)}
        ORDER BY c.rank{order}, c.due_at{order}, c.id{order} LIMIT {PAGE_SIZE + 1}"""
    found = [_row(record) for record in _fetch(statement, values)]
    rows = found[:PAGE_SIZE]
    has_more = len(found) > PAGE_SIZE
    if before is not None:
        return Page(tuple(reversed(rows)), has_previous=has_more, has_next=True)
    return Page(tuple(rows), has_previous=after is not None, has_next=has_more)


def tally(*, queue: Queue, by: Actor, filters: Filters, now: datetime) -> Tally:
    """Count what waits, and what is past its target, in the first thousand of the queue's order."""
    where, values = _conditions(queue, by, filters)
    # Without the opening time this is answered from the index alone; `oldest_at` stays empty.
    (counted,) = _fetch(_tally_statement(where, oldest="NULL"), [now, *values])
    return _tally(counted)


def tallies(*, queues: Sequence[Queue], by: Actor, now: datetime) -> dict[UUID, Tally]:
    """Count what waits in several queues with one statement."""
    if not queues:
        return {}
    statements, values = [], []
    for place, queue in enumerate(queues):
        where, wanted = _conditions(queue, by, Filters())
        counting = _tally_statement(where, oldest="c.opened_at")
        statements.append(f"SELECT {place}, t.* FROM ({counting}) t")
        values += [now, *wanted]
    counted = _fetch(" UNION ALL ".join(statements), values)
    return {queues[place].pk: _tally(record) for place, *record in counted}


def news(*, queue: Queue, by: Actor, since: datetime) -> int:
    """Count the cases that were opened in a queue after a moment and still wait, to a small cap."""
    statement = f"""
        SELECT count(*) FROM (
            SELECT 1 FROM {Case._meta.db_table}
            WHERE organisation_id = %s AND opened_at > %s AND status = 'waiting' AND queue_id = %s
            LIMIT {NEWS_CAP}
        ) newer"""
    ((count,),) = _fetch(statement, [by.organisation_id, since, queue.pk])
    return int(count)


def held_by(actor: Actor) -> list[Case]:
    """Return the open cases that the actor has claimed, most urgent first."""
    if actor.user is None:
        return []
    return list(Case.objects.visible_to(actor).claimed_by(actor.user).most_urgent_first())


def _conditions(queue: Queue, by: Actor, filters: Filters) -> tuple[list[str], list[object]]:
    # The index that is meant covers waiting cases only, so the status stands in the text.
    where = ["c.queue_id = %s", f"c.status = '{CaseStatus.WAITING}'"]
    values: list[object] = [queue.pk]
    if filters.severity:
        # A severity is a stretch of ranks (triage.urgency), so that the same index serves.
        base = (len(Severity.values) - 1 - Severity.values.index(filters.severity)) * 10
        where.append("c.rank >= %s AND c.rank < %s AND c.severity = %s")
        values += [base, base + 10, filters.severity]
    if filters.clause:
        where.append("c.clause_reference = %s")
        values.append(filters.clause)
    if filters.channel_id:
        where.append("c.channel_id = %s")
        values.append(filters.channel_id)
    if filters.claimed == "no":
        where.append("c.claimed_by_id IS NULL")
    elif filters.claimed == "yes":
        where.append("c.claimed_by_id IS NOT NULL")
    elif filters.claimed == "mine":
        where.append("c.claimed_by_id = %s")
        values.append(by.user.pk if by.user else None)
    return where, values


def _tally_statement(where: Sequence[str], *, oldest: str) -> str:
    return f"""
        SELECT count(*), sum(CASE WHEN due_at <= %s THEN 1 ELSE 0 END), min(oldest) FROM (
            SELECT c.due_at, {oldest} AS oldest FROM {Case._meta.db_table} c WHERE {" AND ".join(where)}
            ORDER BY c.rank, c.due_at, c.id LIMIT {COUNT_CAP + 1}
        ) counted"""


def _tally(record: Sequence[Any]) -> Tally:
    waiting, late, oldest = record
    return Tally(int(waiting), int(late or 0), _moment(oldest) if oldest is not None else None)


def _row(record: Sequence[Any]) -> Row:
    (
        case_id, rank, due_at, opened_at, severity, headline, excerpt, clause, channel_id,
        claimed_by_id, claim_expires_at, claimed_by,
    ) = record  # fmt: skip
    return Row(
        _key(case_id), rank, _moment(due_at), _moment(opened_at), severity, headline, excerpt,
        clause, _key(channel_id), _key(claimed_by_id) if claimed_by_id else None,
        _moment(claim_expires_at) if claim_expires_at else None, claimed_by or "",
    )  # fmt: skip


def _fetch(statement: str, values: Sequence[object]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [_bound(value) for value in values])
        rows: list[Any] = cursor.fetchall()
        return rows


def _bound(value: object) -> Any:  # whatever the driver takes
    """Bind a value as the database stores it: SQLite keeps UUIDs and times as text."""
    if connection.vendor == "postgresql":
        return value
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value


def _key(value: object) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))


def _moment(value: object) -> datetime:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.fromisoformat(str(value)).replace(tzinfo=UTC)
