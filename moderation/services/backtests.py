"""Backtests: ask what a version would flag among held comments, in chunks that survive anything.

A chunk is handed to one worker for a while: the hand-over is committed first, the work is done outside
any transaction, and its sums are written together with the note that it is done. A worker that was
killed has written nothing; its chunk is handed out again once the lease is over.
"""

import logging
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from accounts import actors
from accounts.actors import Actor
from accounts.enums import Permission
from accounts.permissions import check_may
from audit import services as audit
from audit.enums import AuditEventType
from common import nudge
from common.errors import DomainError, InvalidTransition
from common.shares import Share
from moderation.enums import BacktestScope, BacktestStatus, ChunkStatus
from moderation.models import Backtest, BacktestChunk
from moderation.services import backtest_judging, held_content, measures
from moderation.services.backtest_counts import Counts, merged
from policies.engine import RuleSetProblems
from policies.engine.difference import differing_rules
from policies.models import RuleSetVersion

logger = logging.getLogger(__name__)

BELL = "moderation.tasks.continue_backtests"
CHUNK = 20_000
# Chunks of one backtest that are worked on at the same time.
AT_ONCE = 2
LEASE = timedelta(minutes=2)
# Workers that may die at the same chunk before the backtest is given up.
MOST_ATTEMPTS = 5
MOST_DAYS = 3_650


class BacktestRefused(DomainError):
    """This cannot be backtested; the message says why."""

    code = "backtest_refused"


class NothingDiffers(BacktestRefused):
    """The version says the same as what is in force."""

    code = "nothing_differs"


@transaction.atomic
def start(
    *,
    version: RuleSetVersion,
    by: Actor,
    now: datetime,
    days: int | None = None,
    scope: BacktestScope = BacktestScope.CHANGES,
) -> Backtest:
    """Begin a backtest of a version against what is in force of its rule set.

    Over the comments taken in during the last `days`, or over all that are held. Raises
    BacktestRefused while one of the same version runs, and NothingDiffers.
    """
    check_may(by, Permission.RULES_EDIT)
    if days is not None and not 1 <= days <= MOST_DAYS:
        message = f"Choose between 1 and {MOST_DAYS:,} days."
        raise BacktestRefused(message)
    version = RuleSetVersion.objects.visible_to(by).select_related("rule_set").get(pk=version.pk)
    baseline = (
        RuleSetVersion.objects.visible_to(by)
        .published()
        .filter(rule_set_id=version.rule_set_id)
        .exclude(pk=version.pk)
        .first()
    )
    rules = _rules_run(version, baseline, scope)
    until = held_content.newest_id(by.organisation_id)
    after = held_content.first_id_at(now - timedelta(days=days)) if days else held_content.NOTHING
    after = min(after, until)
    try:
        with transaction.atomic():
            backtest = Backtest.objects.create(
                organisation_id=by.organisation_id,
                version=version,
                baseline=baseline,
                rule_set_name=version.rule_set.name,
                version_number=version.number,
                baseline_number=baseline.number if baseline else None,
                definition=version.definition,
                digest=version.digest,
                baseline_definition=baseline.definition if baseline else None,
                scope=scope,
                rules_run=sorted(rules),
                rules_same=_rules_same(version, rules),
                days=days,
                minutes_per_case=measures.settings_of(by.organisation_id).minutes_per_case,
                after_id=after,
                until_id=until,
                handed_out_id=after,
                started_by=by.user,
                started_at=now,
            )
    except IntegrityError as error:
        message = "A backtest of this version is running already. Wait for it, or cancel it."
        raise BacktestRefused(message) from error
    audit.record(
        AuditEventType.BACKTEST_STARTED,
        actor=by,
        at=now,
        target=backtest,
        number=version.number,
        digest=version.digest,
        days=days,
        rules=len(rules),
    )
    for _ in range(AT_ONCE):
        nudge.after_commit(BELL)
    return backtest


def _rules_run(
    version: RuleSetVersion, baseline: RuleSetVersion | None, scope: BacktestScope
) -> frozenset[str]:
    before = baseline.definition if baseline else None
    if scope == BacktestScope.EVERYTHING or before is None:
        return differing_rules(version.definition, None) | (
            differing_rules(before, None) if before else frozenset()
        )
    rules = differing_rules(version.definition, before)
    if not rules:
        message = (
            "Every rule of this version answers as the version in force does, so there is nothing to"
            " compare. To see what all of its rules flag, choose “Every rule”."
        )
        raise NothingDiffers(message)
    return rules


def _rules_same(version: RuleSetVersion, rules: frozenset[str]) -> int:
    return sum(rule["key"] not in rules for rule in version.definition["rules"])


@transaction.atomic
def cancel(*, backtest: Backtest, by: Actor, now: datetime) -> Backtest:
    """Stop a backtest. What is counted so far is kept and shown as what it is: a part."""
    check_may(by, Permission.RULES_EDIT)
    backtest = Backtest.objects.visible_to(by).select_for_update(of=("self",)).get(pk=backtest.pk)
    if not backtest.is_running:
        message = "This backtest is over already."
        raise InvalidTransition(message)
    _end(backtest, BacktestStatus.CANCELLED, now=now)
    backtest.cancelled_by = by.user
    backtest.save()
    audit.record(AuditEventType.BACKTEST_CANCELLED, actor=by, at=now, target=backtest)
    return backtest


def progress(backtest: Backtest) -> int:
    """Return how many texts are counted."""
    if backtest.result is not None:
        return int(backtest.result["read"])
    done = backtest.chunks.filter(status=ChunkStatus.DONE).values_list("read", flat=True)
    return sum(done)


def figures(backtest: Backtest) -> Counts | None:
    """Return what was counted, once it is over."""
    return None if backtest.result is None else Counts.from_json(backtest.result)


def predicted(version_id: UUID) -> dict[str, Share]:
    """Return, by rule, how many of how many texts the newest finished backtest of a version flagged.

    Only rules that were run are there; those that flagged nothing with a share of nothing.
    """
    backtest = (
        Backtest.objects.filter(version_id=version_id, status=BacktestStatus.FINISHED)
        .defer("definition", "baseline_definition")
        .order_by("-finished_at", "-pk")
        .first()
    )
    if backtest is None or backtest.result is None:
        return {}
    counts = Counts.from_json(backtest.result)
    return {key: Share(counts.of_rule(key)["draft"], counts.read) for key in backtest.rules_run}


def hours(texts: int, minutes_per_case: Decimal) -> Decimal:
    """Return the time of moderators that so many cases take."""
    return texts * minutes_per_case / 60


def advance(*, now: datetime, size: int = CHUNK) -> bool:
    """Count one chunk of the running backtest that has waited longest; False when there is none."""
    for backtest_id in (
        Backtest.objects.running().order_by("updated_at", "pk").values_list("pk", flat=True)
    ):
        chunk = hand_out(backtest_id, now=now, size=size)
        if chunk is not None:
            take(chunk, now=now)
            return True
    return False


def hand_out(backtest_id: UUID, *, now: datetime, size: int = CHUNK) -> BacktestChunk | None:
    """Lease the next chunk of a backtest, one whose worker was lost first; None when there is none.

    Ends the backtest when nothing is left to hand out and everything is in.
    """
    with transaction.atomic():
        backtest = (
            Backtest.objects.select_for_update(of=("self",))
            .defer("definition", "baseline_definition")
            .filter(pk=backtest_id, status=BacktestStatus.RUNNING)
            .first()
        )
        if backtest is None:
            return None
        leased = list(backtest.chunks.filter(status=ChunkStatus.LEASED).order_by("pk"))
        lost = next((chunk for chunk in leased if chunk.is_free_at(now)), None)
        if lost is not None:
            return _hand_out_again(backtest, lost, now=now)
        if len(leased) >= AT_ONCE:
            return None
        rest = held_content.Stretch(
            backtest.organisation_id, backtest.handed_out_id, backtest.until_id
        )
        total = held_content.count(rest) if backtest.total is None else backtest.total
        if backtest.handed_out_id == backtest.until_id:
            if not leased:
                backtest.total = total
                _finish(backtest, now=now)
            return None
        end = held_content.end_of_chunk(rest, size)
        chunk = BacktestChunk.objects.create(
            organisation_id=backtest.organisation_id,
            backtest=backtest,
            after_id=rest.after,
            until_id=end,
            lease_token=uuid4(),
            lease_until=now + LEASE,
        )
        Backtest.objects.filter(pk=backtest.pk).update(
            handed_out_id=end, total=total, updated_at=now
        )
        return chunk


def take(chunk: BacktestChunk, *, now: datetime) -> bool:
    """Count a leased chunk; False if the lease was lost or the backtest ended meanwhile."""
    stretch = held_content.Stretch(chunk.organisation_id, chunk.after_id, chunk.until_id)
    try:
        counts = backtest_judging.comparison(chunk.backtest_id).count(stretch)
    except RuleSetProblems as problems:
        _give_up(chunk.backtest_id, f"The rules cannot be run: {problems}", now=now)
        return False
    return settle(chunk, counts, now=now)


def settle(chunk: BacktestChunk, counts: Counts, *, now: datetime) -> bool:
    """Write a chunk's sums, if the lease still holds; the last one ends the backtest."""
    with transaction.atomic():
        backtest = (
            Backtest.objects.select_for_update(of=("self",))
            .defer("definition", "baseline_definition")
            .filter(pk=chunk.backtest_id, status=BacktestStatus.RUNNING)
            .first()
        )
        if backtest is None:
            return False
        settled = backtest.chunks.filter(
            pk=chunk.pk, status=ChunkStatus.LEASED, lease_token=chunk.lease_token
        ).update(status=ChunkStatus.DONE, read=counts.read, result=counts.as_json())
        if not settled:
            return False
        is_last = backtest.handed_out_id == backtest.until_id
        if is_last and not backtest.chunks.filter(status=ChunkStatus.LEASED).exists():
            _finish(backtest, now=now)
        return True


def _hand_out_again(
    backtest: Backtest, chunk: BacktestChunk, *, now: datetime
) -> BacktestChunk | None:
    if chunk.attempts >= MOST_ATTEMPTS:
        _give_up(backtest.pk, "Its workers stopped again and again at the same place.", now=now)
        return None
    chunk.lease_token, chunk.lease_until = uuid4(), now + LEASE
    chunk.attempts += 1
    chunk.save()
    return chunk


def _finish(backtest: Backtest, *, now: datetime) -> None:
    """End a backtest whose chunks are all in. Call with it locked."""
    counts = _end(backtest, BacktestStatus.FINISHED, now=now)
    backtest.save()
    audit.record(
        AuditEventType.BACKTEST_FINISHED,
        actor=actors.system(backtest.organisation_id),
        at=now,
        target=backtest,
        read=counts.read,
        new=counts.texts["new"],
        gone=counts.texts["gone"],
    )


def _give_up(backtest_id: UUID, reason: str, *, now: datetime) -> None:
    with transaction.atomic():
        backtest = Backtest.objects.select_for_update(of=("self",)).get(pk=backtest_id)
        if not backtest.is_running:
            return
        _end(backtest, BacktestStatus.FAILED, now=now)
        backtest.error = reason
        backtest.save()
        audit.record(
            AuditEventType.BACKTEST_FINISHED,
            actor=actors.system(backtest.organisation_id),
            at=now,
            target=backtest,
            error=reason,
        )
    logger.error("backtest_failed", extra={"backtest": str(backtest_id)})


def _end(backtest: Backtest, status: BacktestStatus, *, now: datetime) -> Counts:
    """Merge the chunks that are in, and let go of them."""
    done = backtest.chunks.filter(status=ChunkStatus.DONE).values_list("result", flat=True)
    parts = done.order_by("pk").iterator(chunk_size=20)
    counts = merged(part for part in parts if part is not None)
    backtest.result = counts.as_json()
    backtest.status, backtest.finished_at = status, now
    backtest.chunks.all().delete()
    return counts
