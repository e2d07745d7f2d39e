"""Judging held content again by newer rules. What a person decided is never touched."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, OuterRef, QuerySet

from accounts import actors
from accounts.actors import Actor
from accounts.enums import Permission
from accounts.permissions import check_may
from audit import services as audit
from audit.enums import AuditEventType
from common import nudge
from common.errors import DomainError
from moderation import transitions
from moderation.enums import CaseOrigin, CaseStatus, RunStatus
from moderation.models import Case, ContentItem, Evaluation, Rejudging, Report
from moderation.services import evaluation, triage
from moderation.services.evaluation import Judged
from moderation.services.ingestion import Fresh
from platforms.enums import SourceState
from platforms.models import Channel
from policies.enums import RuleSetStatus
from policies.models import RuleSetVersion

logger = logging.getLogger(__name__)

BELL = "moderation.tasks.continue_rejudgings"
# The run goes on once its lease is over.
DATABASE_IS_AWAY = (OperationalError, InterfaceError)
# Items looked at in one transaction.
STEP = 500
# Steps in one turn; the bell rings again for the rest.
STEPS = 20


class RejudgingRefused(DomainError):
    """Held content cannot be judged again by this version."""

    code = "rejudging_refused"


@dataclass(slots=True)
class _Tally:
    opened: int = 0
    changed: int = 0
    closed: int = 0


@transaction.atomic
def start(
    *,
    version: RuleSetVersion,
    by: Actor,
    reason: str,
    now: datetime,
    since: datetime | None = None,
    closes_unflagged: bool = False,
) -> Rejudging:
    """Queue held, undecided content to be judged again by a version in force.

    `since` leaves older content alone. With `closes_unflagged`, open cases that nothing but a rule
    brought up, nobody is on and no rule flags any more are closed. Raises RejudgingRefused.
    """
    check_may(by, Permission.RULES_EDIT)
    version = (
        RuleSetVersion.objects.visible_to(by).select_for_update(of=("self",)).get(pk=version.pk)
    )
    if by.user is None:
        message = "A person has to answer for judging content again."
        raise RejudgingRefused(message)
    if version.status != RuleSetStatus.PUBLISHED:
        message = "Only a version in force judges held content again."
        raise RejudgingRefused(message)
    if not reason.strip():
        message = "Say why held content is judged again."
        raise RejudgingRefused(message)
    if Rejudging.objects.running().filter(version=version).exists():
        message = "Held content is being judged again by this version already."
        raise RejudgingRefused(message)
    run = Rejudging(
        organisation_id=by.organisation_id,
        version=version,
        reason=reason.strip(),
        asked_by=by.user,
        asked_at=now,
        since=since,
        closes_unflagged=closes_unflagged,
    )
    run.total = _held(run).count()
    run.save(force_insert=True)
    audit.record(
        AuditEventType.REJUDGING_STARTED,
        actor=by,
        at=now,
        target=version,
        reason=run.reason,
        total=run.total,
        closes_unflagged=closes_unflagged,
    )
    nudge.after_commit(BELL)
    return run


@transaction.atomic
def cancel(*, run: Rejudging, by: Actor, now: datetime) -> Rejudging:
    """Stop judging again; what was judged stays judged."""
    check_may(by, Permission.RULES_EDIT)
    run = Rejudging.objects.visible_to(by).select_for_update(of=("self",)).get(pk=run.pk)
    if run.status != RunStatus.RUNNING:
        message = "This has ended already."
        raise RejudgingRefused(message)
    _end(run, RunStatus.CANCELLED, by=by, now=now)
    return run


def continue_due(*, now: datetime) -> bool:
    """Take every running one some steps further; True when there is more to do."""
    more = False
    for pk in list(Rejudging.objects.free(now).order_by("pk").values_list("pk", flat=True)):
        for _ in range(STEPS):
            if not Rejudging.objects.all().lease(pk, now=now) or not _try(pk, now=now):
                break
        else:
            more = True
    return more


def _try(pk: UUID, *, now: datetime) -> bool:
    """Take a step; a mistake of the console's own ends the run, where people see it."""
    try:
        return _step(pk, now=now)
    except DATABASE_IS_AWAY:
        raise
    except Exception:
        logger.exception("rejudging_mistaken", extra={"run": str(pk)})
        with transaction.atomic():
            run = Rejudging.objects.select_for_update(of=("self",)).get(pk=pk)
            run.error = "The console itself failed to do this; its log says where."
            _end(run, RunStatus.FAILED, by=actors.system(run.organisation_id), now=now)
        return False


def _step(pk: UUID, *, now: datetime) -> bool:
    """Judge the next items; the cursor moves in the same transaction, so none is judged for nothing."""
    with transaction.atomic():
        run = Rejudging.objects.select_for_update(of=("self",)).get(pk=pk)
        if run.status != RunStatus.RUNNING:
            return False
        by = actors.system(run.organisation_id)
        version = RuleSetVersion.objects.get(pk=run.version_id)
        if version.status != RuleSetStatus.PUBLISHED:
            run.error = "The version was retired meanwhile."
            _end(run, RunStatus.FAILED, by=by, now=now)
            return False
        waiting = _held(run)
        if run.cursor is not None:
            waiting = waiting.filter(pk__gt=run.cursor)
        items = list(
            waiting.order_by("pk")
            .select_related("current_revision")
            .select_for_update(of=("self",), no_key=True)[:STEP]
        )
        tally = _judge(run, version, items, by=by, now=now)
        run.opened += tally.opened
        run.changed += tally.changed
        run.closed += tally.closed
        run.done += len(items)
        run.leased_until = None
        if len(items) < STEP:
            _end(run, RunStatus.FINISHED, by=by, now=now)
            return False
        run.cursor = items[-1].pk
        run.save()
    return True


def _held(run: Rejudging) -> QuerySet[ContentItem]:
    """Return what may be judged again: still there, never decided by anybody."""
    decided = Case.objects.filter(content_item=OuterRef("pk"), status=CaseStatus.DECIDED)
    held = ContentItem.objects.filter(
        ~Exists(decided), organisation_id=run.organisation_id, current_revision__isnull=False
    ).exclude(source_state=SourceState.DELETED)
    return held.filter(first_seen_at__gte=run.since) if run.since else held


def _judge(
    run: Rejudging,
    version: RuleSetVersion,
    items: Sequence[ContentItem],
    *,
    by: Actor,
    now: datetime,
) -> _Tally:
    """Judge items whose text this version has not judged, and bring their cases up to it."""
    judged_already = set(
        Evaluation.objects.filter(
            version=version, revision__in=[item.current_revision_id for item in items]
        ).values_list("revision_id", flat=True)
    )
    fresh_items = [item for item in items if item.current_revision_id not in judged_already]
    cases = {
        case.content_item_id: case
        for case in Case.objects.waiting()
        .filter(content_item__in=fresh_items)
        .select_related("queue")
        .order_by("pk")
        .select_for_update(of=("self",))
    }
    by_channel: dict[UUID, list[Fresh]] = defaultdict(list)
    for item in fresh_items:
        by_channel[item.channel_id].append(_fresh(item, has_case=item.pk in cases))
    tally = _Tally()
    for channel in Channel.objects.filter(pk__in=by_channel).order_by("pk"):
        judged = evaluation.evaluate(
            channel=channel,
            fresh=by_channel[channel.pk],
            by=by,
            now=now,
            versions=[version.pk],
        )
        tally.opened += triage.route(
            channel=channel, judged=[entry for entry in judged if entry.is_flagged], by=by, now=now
        )
        tally.changed += sum(e.is_flagged and e.fresh.item_id in cases for e in judged)
        if run.closes_unflagged:
            tally.closed += _close_unflagged(judged, cases, version, by=by, now=now)
    return tally


def _fresh(item: ContentItem, *, has_case: bool) -> Fresh:
    revision = item.current_revision
    assert revision is not None  # noqa: S101 - `_held` keeps items with a text
    return Fresh(
        item_id=item.pk,
        author_id=item.author_id,
        revision_id=revision.pk,
        text=revision.text,
        kind=item.kind,
        fingerprint=revision.fingerprint,
        similarity=revision.similarity,
        likes=item.likes,
        replies=item.replies,
        author_is_new=False,
        # Joins the open case, where there is one.
        is_edit=has_case,
    )


def _close_unflagged(
    judged: Sequence[Judged],
    cases: dict[UUID, Case],
    version: RuleSetVersion,
    *,
    by: Actor,
    now: datetime,
) -> int:
    """Close open cases that only a rule brought up and that no rule in force flags any more."""
    clean = [
        cases[e.fresh.item_id] for e in judged if not e.is_flagged and e.fresh.item_id in cases
    ]
    reported = set(
        Report.objects.filter(
            content_item__in=[case.content_item_id for case in clean]
        ).values_list("content_item_id", flat=True)
    )
    others = _flagged_by_others(clean, version)
    count = 0
    for case in clean:
        if (
            case.origin not in {CaseOrigin.FLAG, CaseOrigin.EDIT}
            or case.is_claimed_at(now)
            or case.queue.is_senior
            or case.content_item_id in reported
            or case.content_item_id in others
        ):
            continue
        transitions.check_case(case.status, CaseStatus.CLOSED)
        case.claimed_by = case.claimed_at = case.claim_expires_at = None
        case.status, case.closed_at = CaseStatus.CLOSED, now
        case.revision += 1
        case.save()
        audit.record(
            AuditEventType.CASE_CLOSED,
            actor=by,
            at=now,
            target=case,
            case_id=case.pk,
            reason=f"No rule of {version} flags this any more.",
        )
        count += 1
    return count


def _flagged_by_others(cases: Sequence[Case], version: RuleSetVersion) -> set[UUID]:
    """Return items that another rule set in force flagged."""
    items = ContentItem.objects.filter(pk__in=[case.content_item_id for case in cases])
    flagged = Evaluation.objects.filter(
        revision__in=items.values("current_revision"),
        is_flagged=True,
        version__status=RuleSetStatus.PUBLISHED,
    ).exclude(version=version)
    return set(flagged.values_list("revision__content_item_id", flat=True))


def _end(run: Rejudging, status: RunStatus, *, by: Actor, now: datetime) -> None:
    run.status, run.finished_at, run.leased_until = status, now, None
    run.save()
    audit.record(
        AuditEventType.REJUDGING_ENDED,
        actor=by,
        at=now,
        target=run.version,
        status=status.value,
        done=run.done,
        total=run.total,
    )
