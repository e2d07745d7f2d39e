"""Shadow runs: a version judges what arrives, beside the live rules and without any effect.

It is asked in the evaluation step of ingest, with the same facts, in the same transaction; only what
it says otherwise is kept. Whatever goes wrong with it stays here: a comment never waits for a shadow.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import F, Sum

from accounts import actors
from accounts.actors import Actor
from accounts.enums import Permission
from accounts.permissions import check_may
from audit import services as audit
from audit.enums import AuditEventType
from common.bulk import insert_all, insert_new
from common.errors import DomainError, InvalidTransition
from common.ids import uuid7
from moderation.enums import ShadowEnd
from moderation.models import ShadowDifference, ShadowRun, ShadowTally
from platforms.models import Channel
from policies.engine import CompiledRuleSet, compile_rule_set, evaluate_many
from policies.engine.types import Match, Subject, Verdict
from policies.enums import RuleSetStatus
from policies.models import RuleSetVersion

logger = logging.getLogger(__name__)

# A version judges in shadow once its text no longer changes, and not after it judges for real.
SETTLED = frozenset({"submitted", RuleSetStatus.APPROVED.value})
LONGEST = timedelta(days=92)
DEFAULT_DAYS = 14
SPANS = 20

TALLY_COLUMNS = (
    "id", "organisation_id", "run_id", "channel_id", "judged", "flagged_live", "flagged_shadow",
    "unknown", "judged_at",
)  # fmt: skip
DIFFERENCE_COLUMNS = (
    "id", "organisation_id", "run_id", "revision_id", "channel_id", "flagged_live",
    "flagged_shadow", "rules_new", "rules_gone", "spans", "seen_at",
)  # fmt: skip


class ShadowRefused(DomainError):
    """This version cannot judge in shadow; the message says why."""

    code = "shadow_refused"


@dataclass(frozen=True, slots=True)
class Live:
    """What one version in force says about a batch."""

    rule_set_id: UUID
    verdicts: Sequence[Verdict]


@transaction.atomic
def start(*, version: RuleSetVersion, ends_at: datetime, by: Actor, now: datetime) -> ShadowRun:
    """Let a version that is in review or approved judge everything that arrives until `ends_at`.

    Raises ShadowRefused for any other version, for one that runs already, and for an end that is
    past or more than three months away.
    """
    check_may(by, Permission.RULES_EDIT)
    version = (
        RuleSetVersion.objects.visible_to(by).select_for_update(of=("self",)).get(pk=version.pk)
    )
    if version.status not in SETTLED:
        message = (
            "Only a version that is in review or approved can judge in shadow: its rules no longer"
            " change, and it does not judge for real yet."
        )
        raise ShadowRefused(message)
    if ends_at <= now:
        message = "Choose an end date in the future."
        raise ShadowRefused(message)
    if ends_at - now > LONGEST:
        message = "Choose an end date within three months, so that nothing is forgotten."
        raise ShadowRefused(message)
    try:
        with transaction.atomic():
            run = ShadowRun.objects.create(
                organisation_id=by.organisation_id,
                version=version,
                digest=version.digest,
                starts_at=now,
                ends_at=ends_at,
                started_by=by.user,
            )
    except IntegrityError as error:
        message = "This version judges in shadow already."
        raise ShadowRefused(message) from error
    audit.record(
        AuditEventType.SHADOW_STARTED,
        actor=by,
        at=now,
        target=version,
        number=version.number,
        ends_at=ends_at.isoformat(),
    )
    return run


@transaction.atomic
def stop(*, run: ShadowRun, by: Actor, now: datetime) -> ShadowRun:
    """End a run before its time. What it noted is kept."""
    check_may(by, Permission.RULES_EDIT)
    run = ShadowRun.objects.visible_to(by).select_for_update(of=("self",)).get(pk=run.pk)
    if run.ended_at is not None:
        message = "This shadow run is over already."
        raise InvalidTransition(message)
    run.ended_by = by.user
    _end(run, ShadowEnd.STOPPED, by=by, now=now)
    return run


def end_due(*, now: datetime) -> int:
    """End every run whose date has come or whose version changed; return how many."""
    ended = 0
    for pk in ShadowRun.objects.running().values_list("pk", flat=True):
        with transaction.atomic():
            run = (
                ShadowRun.objects.running()
                .select_for_update(skip_locked=True, of=("self",))
                .select_related("version")
                .filter(pk=pk)
                .first()
            )
            how = _over(run, now) if run is not None else None
            if run is not None and how is not None:
                _end(run, how, by=actors.system(run.organisation_id), now=now)
                ended += 1
    return ended


def judge(
    *,
    channel: Channel,
    subjects: Sequence[Subject],
    revision_ids: Sequence[UUID],
    live: Mapping[UUID, Live],
    now: datetime,
) -> None:
    """Let every running shadow of the organisation judge a batch, and keep what it says otherwise.

    Call inside the transaction of the batch, with the verdicts of the versions in force by their
    ids. Never raises for what is wrong with a shadow; only where the database itself is away.
    """
    runs = list(
        ShadowRun.objects.running()
        .filter(
            organisation_id=channel.organisation_id,
            ends_at__gt=now,
            version__digest=F("digest"),
            version__status__in=SETTLED,
        )
        .values_list("pk", "version_id", "version__rule_set_id", "digest")
    )
    for run_id, version_id, rule_set_id, digest in runs:
        try:
            with transaction.atomic():
                verdicts = evaluate_many(subjects, _compiled(version_id, digest))
                _note(channel, run_id, rule_set_id, revision_ids, verdicts, live, now=now)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("shadow_failed", extra={"run": str(run_id)})


def _note(
    channel: Channel,
    run_id: UUID,
    rule_set_id: UUID,
    revision_ids: Sequence[UUID],
    verdicts: Sequence[Verdict],
    live: Mapping[UUID, Live],
    *,
    now: datetime,
) -> None:
    mine = next((each.verdicts for each in live.values() if each.rule_set_id == rule_set_id), None)
    others = [each.verdicts for each in live.values() if each.rule_set_id != rule_set_id]
    differences: list[tuple[Any, ...]] = []
    flagged_live = flagged_shadow = unknown = 0
    for index, verdict in enumerate(verdicts):
        before = mine[index] if mine else None
        elsewhere = any(each[index].is_flagged for each in others)
        was = elsewhere or (before is not None and before.is_flagged)
        would = elsewhere or verdict.is_flagged
        flagged_live += was
        flagged_shadow += would
        unknown += bool(verdict.unknown)
        ours = {match.rule: match for match in verdict.matches}
        theirs = {match.rule: match for match in before.matches} if before else {}
        if ours.keys() == theirs.keys():
            continue
        new = sorted(ours.keys() - theirs.keys())
        gone = sorted(theirs.keys() - ours.keys())
        spans = _spans([*(ours[key] for key in new), *(theirs[key] for key in gone)])
        differences.append(
            (
                uuid7(), channel.organisation_id, run_id, revision_ids[index], channel.pk, was, would,
                new, gone, spans, now,
            )
        )  # fmt: skip
    insert_new(ShadowDifference, DIFFERENCE_COLUMNS, differences)
    insert_all(
        ShadowTally,
        TALLY_COLUMNS,
        [
            (
                uuid7(), channel.organisation_id, run_id, channel.pk, len(verdicts), flagged_live,
                flagged_shadow, unknown, now,
            )
        ],
    )  # fmt: skip


def _spans(matches: Sequence[Match]) -> list[dict[str, Any]]:
    spans = [
        {"start": span.start, "end": span.end, "label": match.name}
        for match in matches
        for span in match.spans[:SPANS]
    ]
    return spans[:SPANS]


@lru_cache(maxsize=16)
def _compiled(version_id: UUID, digest: str) -> CompiledRuleSet:
    """Return a version compiled; by its digest too, because one returned to draft may change."""
    definition = RuleSetVersion.objects.values_list("definition", flat=True).get(
        pk=version_id, digest=digest
    )
    return compile_rule_set(definition)


def _over(run: ShadowRun, now: datetime) -> ShadowEnd | None:
    version = run.version
    if version.status in {RuleSetStatus.PUBLISHED, RuleSetStatus.RETIRED}:
        return ShadowEnd.PUBLISHED
    if version.digest != run.digest or version.status not in SETTLED:
        return ShadowEnd.CHANGED
    return ShadowEnd.DUE if run.ends_at <= now else None


def _end(run: ShadowRun, how: ShadowEnd, *, by: Actor, now: datetime) -> None:
    run.ended_at, run.ended_how = now, how
    run.save()
    audit.record(AuditEventType.SHADOW_ENDED, actor=by, at=now, target=run.version, how=how.value)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a run judged, added up."""

    texts: int
    flagged_live: int
    flagged_shadow: int
    new: int
    gone: int
    unknown: int
    by_channel: Mapping[UUID, int]


def judged_by(run: ShadowRun) -> Judged:
    """Add up what a run judged and where it differed."""
    sums = dict.fromkeys(("texts", "flagged_live", "flagged_shadow", "unknown"), 0)
    by_channel = {}
    rows = run.tallies.values_list("channel_id").annotate(
        Sum("judged"), Sum("flagged_live"), Sum("flagged_shadow"), Sum("unknown")
    )
    for channel_id, *counts in rows.order_by():
        by_channel[channel_id] = counts[0]
        for name, count in zip(sums, counts, strict=True):
            sums[name] += count
    return Judged(
        **sums,
        new=run.differences.filter(flagged_shadow=True, flagged_live=False).count(),
        gone=run.differences.filter(flagged_shadow=False, flagged_live=True).count(),
        by_channel=by_channel,
    )
