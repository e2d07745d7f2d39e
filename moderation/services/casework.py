"""Claims and hand-overs: who is on which case."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from accounts.actors import Actor, system
from accounts.enums import Permission
from accounts.models import User
from accounts.permissions import check_may
from audit import services as audit
from audit.enums import AuditEventType
from common.errors import DomainError
from common.ids import uuid7
from moderation import permissions
from moderation.enums import CaseStatus, ClaimEnd
from moderation.models import Assignment, Case, Escalation, Queue
from policies.models import Clause


class ClaimCapReached(DomainError):
    """One person holds only so many cases at once."""

    code = "claim_cap_reached"


class CaseNotOpen(DomainError):
    """The case is decided or closed."""

    code = "case_not_open"


class NoClaimToRelease(DomainError):
    """Somebody else, or nobody, is on this case."""

    code = "no_claim_to_release"


class EscalationNeedsReason(DomainError):
    """Whoever takes the case on has to know why it comes to them."""

    code = "reason_missing"


class NoEscalationRoute(DomainError):
    """There is nowhere to hand the case to."""

    code = "no_escalation_route"


# Seeking the head of a busy queue passes over every entry that was claimed since the oldest open
# snapshot, and a report or a backup can hold one for minutes. So each process starts where its own
# last claim was, for at most this long: a more urgent case that arrives meanwhile waits no longer.
WATERMARK_LIFE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class _Watermark:
    position: tuple[int, datetime, UUID]
    set_at: datetime


_watermarks: dict[UUID, _Watermark] = {}
_watermarks_lock = threading.Lock()


def claim_next(*, queue: Queue, by: Actor, now: datetime) -> Case | None:
    """Give `by` the most urgent waiting case of the queue, or None when there is none.

    One statement finds and takes the case, passing over rows that a colleague is just taking: no
    two people get the same case and nobody waits for anybody. Raises ClaimCapReached.
    """
    permissions.check_can_claim_from(by, queue)
    _person(by)
    take = _take_at_once if connection.vendor == "postgresql" else _take_in_steps
    mark = _watermarks.get(queue.pk)
    if mark is not None and not timedelta(0) <= now - mark.set_at <= WATERMARK_LIFE:
        mark = None
    case = take(queue, by, now, after=mark)
    if case is None and mark is not None:
        mark = None
        case = take(queue, by, now, after=None)
    if case is None and release_expired(now=now, queue=queue):
        # Nothing else is left, so there is time to do what the schedule does by itself.
        case = take(queue, by, now, after=None)
    if case is None:
        return None
    with _watermarks_lock:
        # The clock of the first claim in a run counts, so that no run outlives the mark.
        _watermarks[queue.pk] = _Watermark(
            (case.rank, case.due_at, case.pk), mark.set_at if mark is not None else now
        )
    return case


@transaction.atomic
def claim(*, case: Case, by: Actor, now: datetime) -> Case:
    """Claim one particular case, or renew a claim already held. Raises when somebody else is on it."""
    _one_claim_at_a_time(by)
    case = Case.objects.locked(case.pk)
    permissions.check_can_claim_from(by, case.queue)
    if case.status != CaseStatus.WAITING:
        message = "This case is no longer open."
        raise CaseNotOpen(message)
    if by.user is not None and case.claimed_by_id == by.user.pk:
        Case.objects.filter(pk=case.pk).update(claim_expires_at=_expiry(now))
        case.claim_expires_at = _expiry(now)
        return case
    permissions.check_can_decide(by, case, now=now)
    _check_cap(by, now=now)
    if case.claimed_by_id is not None:
        _let_go(case, ClaimEnd.EXPIRED, system(case.organisation_id), now)
    case.claimed_by, case.claimed_at, case.claim_expires_at = by.user, now, _expiry(now)
    case.save(update_fields=["claimed_by", "claimed_at", "claim_expires_at", "updated_at"])
    _open_assignment(case.pk, by, now)
    return case


@transaction.atomic
def release(*, case: Case, by: Actor, now: datetime) -> Case:
    """Let go of a case, so that it waits for the next person at its old place."""
    case = Case.objects.locked(case.pk)
    if by.user is None or case.claimed_by_id != by.user.pk:
        message = "Your claim on this case has ended."
        raise NoClaimToRelease(message)
    _let_go(case, ClaimEnd.RELEASED, by, now)
    return case


@transaction.atomic
def release_all(*, by: Actor, now: datetime) -> int:
    """Let go of everything this person holds, for example on sign-out."""
    if by.user is None:
        return 0
    held = Case.objects.visible_to(by).claimed_by(by.user).order_by("pk")
    count = 0
    for case in held.select_for_update(of=("self",)):
        _let_go(case, ClaimEnd.RELEASED, by, now)
        count += 1
    return count


def release_expired(*, now: datetime, queue: Queue | None = None, limit: int = 500) -> int:
    """Return cases whose claim ran out to their queues, or to this queue."""
    ran_out = Case.objects.filter(claimed_by__isnull=False, claim_expires_at__lte=now)
    with transaction.atomic():
        expired = list(
            (ran_out if queue is None else ran_out.in_queue(queue))
            .select_for_update(skip_locked=True, of=("self",))
            .order_by("claim_expires_at")[:limit]
        )
        for case in expired:
            _let_go(case, ClaimEnd.EXPIRED, system(case.organisation_id), now)
    return len(expired)


@transaction.atomic
def escalate(
    *, case: Case, by: Actor, reason: str, now: datetime, clause: Clause | None = None
) -> Case:
    """Hand a case to the senior reviewers' queue. Whoever escalates does not decide it there."""
    check_may(by, Permission.CASE_ESCALATE)
    if not reason.strip():
        message = "Say why you hand this case on."
        raise EscalationNeedsReason(message)
    permissions.check_own_clause(by, clause)
    case = Case.objects.locked(case.pk)
    permissions.check_same_organisation(by, case)
    if case.status != CaseStatus.WAITING:
        message = "This case is no longer open."
        raise CaseNotOpen(message)
    permissions.check_can_decide(by, case, now=now)
    target = (
        Queue.objects.visible_to(by)
        .filter(is_senior=True)
        .exclude(pk=case.queue_id)
        .order_by("position")
        .first()
    )
    if target is None:
        message = "There is no queue of senior reviewers to hand this to."
        raise NoEscalationRoute(message)
    Escalation.objects.create(
        organisation_id=case.organisation_id,
        case=case,
        from_queue_id=case.queue_id,
        to_queue=target,
        clause=clause,
        reason=reason,
        made_by=by.user,
        made_at=now,
    )
    _end_assignment(case, ClaimEnd.ESCALATED, now)
    case.queue = target
    case.claimed_by = case.claimed_at = case.claim_expires_at = None
    case.revision += 1
    case.save()
    audit.record(
        AuditEventType.CASE_ESCALATED,
        actor=by,
        at=now,
        target=case,
        case_id=case.pk,
        clause=clause.reference if clause else "",
        reason=reason,
        queue=target.name,
    )
    return case


def _expiry(now: datetime) -> datetime:
    return now + timedelta(minutes=settings.CLAIM_LEASE_MINUTES)


def _person(by: Actor) -> User:
    if by.user is None:
        message = "Only a person claims cases; a tool decides them directly."
        raise DomainError(message, code="claims_are_for_people")
    return by.user


# Two claims of one person at the same moment would each count without the other. The lock is taken
# in a statement before the count, because a statement sees what was committed when it began; it
# ends with the transaction, so that it is safe behind a pool of connections, too.
_LOCK_CLAIMS_OF = "SELECT pg_advisory_xact_lock(%s)"


def _lock_number(user: User) -> int:
    return int.from_bytes(user.pk.bytes[-8:], "big", signed=True)


def _one_claim_at_a_time(by: Actor) -> None:
    """Let other claims of the same person wait until this transaction ends."""
    if connection.vendor == "postgresql":  # SQLite has one writer at a time anyway
        with connection.cursor() as cursor:
            cursor.execute(_LOCK_CLAIMS_OF, [_lock_number(_person(by))])


def _check_cap(by: Actor, *, now: datetime) -> None:
    held = Case.objects.claimed_by(_person(by)).filter(
        organisation_id=by.organisation_id, claim_expires_at__gt=now
    )
    _check_held(held.count())


def _check_held(held: int) -> None:
    if held >= settings.CLAIM_CAP:
        message = f"You already hold {held} cases. Decide or release one before you take another."
        raise ClaimCapReached(message)


def _candidates(queue: Queue, by: Actor, after: _Watermark | None) -> tuple[str, list[object]]:
    """Return the condition on a `candidate` for `by` in the queue, and its values."""
    conditions = ["queue_id = %s", "status = 'waiting'", "claimed_by_id IS NULL"]
    values: list[object] = [queue.pk]
    if after is not None:
        conditions.append("(rank, due_at, id) > (%s, %s, %s)")
        values += after.position
    if queue.is_senior:
        conditions.append(
            f"NOT EXISTS (SELECT 1 FROM {Escalation._meta.db_table} e"
            " WHERE e.case_id = candidate.id AND e.made_by_id = %s)"
        )
        values.append(by.id)
    return " AND ".join(conditions), values


def _take_at_once(
    queue: Queue, by: Actor, now: datetime, *, after: _Watermark | None
) -> Case | None:
    """Count what `by` holds, take the case, open the assignment and record it, in one statement.

    PostgreSQL only. One way there and back, and a transaction of its own, instead of seven: the
    driver sends the lock and the statement together, and the server runs both in one transaction.
    """
    condition, sought = _candidates(queue, by, after)
    recording, recorded = audit.insertion(
        AuditEventType.CASE_CLAIMED, actor=by, at=now, target=Case, cases="taken"
    )
    case, columns = Case._meta.db_table, [field.column for field in Case._meta.concrete_fields]
    statement = f"""
        {_LOCK_CLAIMS_OF};
        WITH held AS (
            SELECT count(*) AS number FROM {case}
            WHERE claimed_by_id = %s AND claim_expires_at > %s AND status = 'waiting'
                AND organisation_id = %s
        ), picked AS (
            SELECT id FROM {case} candidate
            WHERE {condition} AND (SELECT number FROM held) < %s
            ORDER BY rank, due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
        ), taken AS (
            UPDATE {case} SET claimed_by_id = %s, claimed_at = %s, claim_expires_at = %s,
                updated_at = %s
            WHERE id = (SELECT id FROM picked) AND claimed_by_id IS NULL RETURNING *
        ), assigned AS (
            INSERT INTO {Assignment._meta.db_table}
                (id, organisation_id, case_id, claimed_by_id, claimed_at, ended_how)
            SELECT %s, taken.organisation_id, taken.id, taken.claimed_by_id, taken.claimed_at, ''
            FROM taken
        ), recorded AS ({recording})
        SELECT held.number, {", ".join(f"taken.{column}" for column in columns)}
        FROM held LEFT JOIN taken ON true"""
    values = [
        _lock_number(_person(by)), by.id, now, by.organisation_id, *sought, settings.CLAIM_CAP,
        by.id, now, _expiry(now), now, uuid7(), *recorded,
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        held, *row = cursor.fetchone()
    _check_held(held)
    if row[0] is None:
        return None
    names = [field.attname for field in Case._meta.concrete_fields]
    taken = Case.from_db(connection.alias, names, row)
    taken.queue = queue
    return taken


@transaction.atomic
def _take_in_steps(
    queue: Queue, by: Actor, now: datetime, *, after: _Watermark | None
) -> Case | None:
    """Do the same statement by statement: SQLite has one writer at a time and no ways to save."""
    _check_cap(by, now=now)
    condition, sought = _candidates(queue, by, after)
    case = Case._meta.db_table
    statement = f"""
        UPDATE {case} SET claimed_by_id = %s, claimed_at = %s, claim_expires_at = %s, updated_at = %s
        WHERE id = (
            SELECT id FROM {case} candidate WHERE {condition} ORDER BY rank, due_at, id LIMIT 1
        ) AND claimed_by_id IS NULL
        RETURNING id"""
    values = [by.id, now, _expiry(now), now, *sought]
    with connection.cursor() as cursor:
        cursor.execute(statement, [_adapt(value) for value in values])
        row = cursor.fetchone()
    if row is None:
        return None
    case_id = UUID(hex=row[0])
    _open_assignment(case_id, by, now)
    return Case.objects.select_related("queue").get(pk=case_id)


def _adapt(value: object) -> Any:  # whatever the driver takes
    """Bind a value as SQLite stores it: UUIDs and times as text."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value


def _open_assignment(case_id: UUID, by: Actor, now: datetime) -> None:
    Assignment.objects.create(
        organisation_id=by.organisation_id, case_id=case_id, claimed_by=_person(by), claimed_at=now
    )
    audit.record(
        AuditEventType.CASE_CLAIMED,
        actor=by,
        at=now,
        target=Case(pk=case_id, organisation_id=by.organisation_id),
        case_id=case_id,
    )


def _end_assignment(case: Case, how: ClaimEnd, now: datetime) -> None:
    Assignment.objects.filter(case=case, ended_at__isnull=True).update(ended_at=now, ended_how=how)


def _let_go(case: Case, how: ClaimEnd, by: Actor, now: datetime) -> None:
    _end_assignment(case, how, now)
    case.claimed_by = case.claimed_at = case.claim_expires_at = None
    case.save(update_fields=["claimed_by", "claimed_at", "claim_expires_at", "updated_at"])
    with _watermarks_lock:
        _watermarks.pop(case.queue_id, None)
    audit.record(
        AuditEventType.CASE_RELEASED,
        actor=by,
        at=now,
        target=case,
        case_id=case.pk,
        how=how.value,
    )


def end_claim_on_decision(case: Case, *, now: datetime) -> None:
    """Close the claim of a case that is being decided. Call with the case locked."""
    has_run_out = case.claimed_by_id is not None and not case.is_claimed_at(now)
    _end_assignment(case, ClaimEnd.EXPIRED if has_run_out else ClaimEnd.DECIDED, now)
    case.claimed_by = case.claimed_at = case.claim_expires_at = None
