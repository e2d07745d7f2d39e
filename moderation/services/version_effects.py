"""What a version of a rule set brought about, and taking all of it back, one decision at a time."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q, QuerySet

from accounts.actors import Actor, system
from accounts.enums import Permission
from accounts.permissions import actor_for, check_may
from audit import services as audit
from audit.enums import AuditEventType
from common import nudge
from common.errors import DomainError
from moderation.enums import RunStatus, UndoOutcome
from moderation.models import Decision, Flag, UndoneDecision, VersionUndo
from moderation.services import decisions, enforcement
from moderation.services.evaluation import BREACHES
from policies.models import RuleSetVersion

logger = logging.getLogger(__name__)

BELL = "moderation.tasks.continue_version_undos"
# The run goes on once its lease is over.
DATABASE_IS_AWAY = (OperationalError, InterfaceError)
# Decisions taken back in one turn; the bell rings again for the rest.
STEP = 25
# Examples on the preview.
SHOWN = 20


class UndoRefused(DomainError):
    """This version cannot be undone now."""

    code = "version_undo_refused"


@dataclass(frozen=True, slots=True)
class RuleEffect:
    """What stands because of one rule: decisions, and those of them that did what no undo takes back."""

    key: str
    name: str
    decisions: int


@dataclass(frozen=True, slots=True)
class Effects:
    """What a version brought about that still stands."""

    decisions: int
    by_rule: tuple[RuleEffect, ...]
    by_outcome: dict[str, int]
    # Acts, by kind, that no reversal takes back: a deletion, a warning, a reply, a report.
    irreversible: dict[str, int]
    examples: tuple[Decision, ...]


def effects_of(version: RuleSetVersion, *, by: Actor, rule_keys: Sequence[str] = ()) -> Effects:
    """Look at what stands because of a version, or of some of its rules. Changes nothing."""
    check_may(by, Permission.RULES_READ)
    standing = _standing(version, by, rule_keys)
    outcomes = Counter(standing.order_by().values_list("outcome", flat=True))
    flags = (
        Flag.objects.visible_to(by)
        .filter(evaluation__version=version, evaluation__cases__standing_decision__in=standing)
        .values_list("rule__key", "rule__name", "evaluation__cases__standing_decision")
        .distinct()
    )
    rules: Counter[tuple[str, str]] = Counter((key, name) for key, name, _ in flags)
    kinds = Counter(
        standing.filter(
            ~Q(actions__kind__in=enforcement.UNDO), actions__outbox_message__isnull=False
        )
        .exclude(actions__status__in=["cancelled", "not_possible"])
        .order_by()
        .values_list("actions__kind", flat=True)
    )
    return Effects(
        decisions=sum(outcomes.values()),
        by_rule=tuple(
            RuleEffect(key, name, count)
            for (key, name), count in sorted(rules.items(), key=lambda pair: (-pair[1], pair[0]))
        ),
        by_outcome=dict(outcomes),
        irreversible=dict(kinds),
        examples=tuple(
            standing.select_related("case__content_item", "case__channel", "made_by", "revision")[
                :SHOWN
            ]
        ),
    )


@transaction.atomic
def start(
    *,
    version: RuleSetVersion,
    by: Actor,
    reason: str,
    now: datetime,
    rule_keys: Sequence[str] = (),
) -> VersionUndo:
    """Begin to reverse every standing decision that rests on the version's flags.

    Each is reversed by the ordinary service in the name of the person who asks, so whoever starts
    it must be allowed to reverse other people's decisions. Raises UndoRefused.
    """
    check_may(by, Permission.DECISION_REVERSE)
    check_may(by, Permission.CASE_DECIDE_ESCALATED)
    version = _own_version(version.pk, by)
    if by.user is None:
        message = "A person has to answer for undoing a version."
        raise UndoRefused(message)
    if not reason.strip():
        message = "Say why what this version did is taken back."
        raise UndoRefused(message)
    if VersionUndo.objects.running().filter(version=version).exists():
        message = "What this version did is being taken back already."
        raise UndoRefused(message)
    total = _standing(version, by, rule_keys).count()
    if not total:
        message = "Nothing stands that this version brought about."
        raise UndoRefused(message)
    undo = VersionUndo.objects.create(
        organisation_id=by.organisation_id,
        version=version,
        reason=reason.strip(),
        rule_keys=sorted(set(rule_keys)),
        asked_by=by.user,
        asked_at=now,
        total=total,
    )
    audit.record(
        AuditEventType.VERSION_UNDO_STARTED,
        actor=by,
        at=now,
        target=version,
        reason=undo.reason,
        rules=undo.rule_keys,
        total=total,
    )
    nudge.after_commit(BELL)
    return undo


@transaction.atomic
def cancel(*, undo: VersionUndo, by: Actor, now: datetime) -> VersionUndo:
    """Stop taking back; what was reversed already stays reversed."""
    check_may(by, Permission.DECISION_REVERSE)
    check_may(by, Permission.CASE_DECIDE_ESCALATED)
    undo = VersionUndo.objects.visible_to(by).select_for_update(of=("self",)).get(pk=undo.pk)
    if undo.status != RunStatus.RUNNING:
        message = "This has ended already."
        raise UndoRefused(message)
    _end(undo, RunStatus.CANCELLED, by=by, now=now)
    return undo


def continue_due(*, now: datetime) -> bool:
    """Take every running undo a step further; True when there is more to do."""
    more = False
    for pk in list(VersionUndo.objects.free(now).order_by("pk").values_list("pk", flat=True)):
        if VersionUndo.objects.all().lease(pk, now=now):
            more = _try(pk, now=now) or more
    return more


def _try(pk: UUID, *, now: datetime) -> bool:
    """Take a step; a mistake of the console's own ends the run, where people see it."""
    try:
        return _step(pk, now=now)
    except DATABASE_IS_AWAY:
        raise
    except Exception:
        logger.exception("version_undo_mistaken", extra={"run": str(pk)})
        with transaction.atomic():
            undo = VersionUndo.objects.select_for_update(of=("self",)).get(pk=pk)
            undo.error = "The console itself failed to do this; its log says where."
            _end(undo, RunStatus.FAILED, by=system(undo.organisation_id), now=now)
        return False


def _step(pk: UUID, *, now: datetime) -> bool:
    undo = VersionUndo.objects.select_related("version", "asked_by").get(pk=pk)
    by = actor_for(undo.asked_by, undo.organisation_id)
    if by is None:
        with transaction.atomic():
            undo.error = f"{undo.asked_by} no longer works for this organisation."
            _end(undo, RunStatus.FAILED, by=system(undo.organisation_id), now=now)
        return False
    # What is dealt with is remembered by its row, so a step that died is repeated without harm.
    batch = list(
        _standing(undo.version, by, undo.rule_keys)
        .exclude(pk__in=UndoneDecision.objects.filter(undo=undo).values("decision"))
        .order_by("pk")[:STEP]
    )
    for decision in batch:
        if VersionUndo.objects.running().filter(pk=pk).exists():
            _take_back(undo, decision, by=by, now=now)
    with transaction.atomic():
        undo = VersionUndo.objects.select_for_update(of=("self",)).get(pk=pk)
        if undo.status != RunStatus.RUNNING:
            return False
        undo.done = undo.decisions.count()
        undo.leased_until = None
        if len(batch) < STEP:
            _end(undo, RunStatus.FINISHED, by=system(undo.organisation_id), now=now)
            return False
        undo.save()
    return True


def _take_back(undo: VersionUndo, decision: Decision, *, by: Actor, now: datetime) -> None:
    """Reverse one decision and note what became of it, together or not at all."""
    try:
        with transaction.atomic():
            _, undoing = decisions.reverse(
                decision=decision,
                by=by,
                reason=undo.reason,
                submission_key=f"undo:{undo.pk.hex[:24]}:{decision.pk.hex}",
                now=now,
            )
            stays = [action.get_kind_display().lower() for action in undoing.irreversible]
            _note(
                undo,
                decision,
                UndoOutcome.PARTLY if stays else UndoOutcome.REVERSED,
                f"Cannot be taken back: {', '.join(stays)}." if stays else "",
            )
    except DomainError as refusal:
        # A colleague was quicker, or may do what this person may not: the next one all the same.
        _note(undo, decision, UndoOutcome.REFUSED, refusal.message)


def _note(undo: VersionUndo, decision: Decision, outcome: UndoOutcome, note: str) -> None:
    UndoneDecision.objects.get_or_create(
        undo=undo,
        decision=decision,
        defaults={"organisation_id": undo.organisation_id, "outcome": outcome, "note": note},
    )


def _end(undo: VersionUndo, status: RunStatus, *, by: Actor, now: datetime) -> None:
    undo.status, undo.finished_at, undo.leased_until = status, now, None
    undo.done = undo.decisions.count()
    undo.save()
    audit.record(
        AuditEventType.VERSION_UNDO_ENDED,
        actor=by,
        at=now,
        target=undo.version,
        status=status.value,
        done=undo.done,
        total=undo.total,
    )


def _own_version(pk: UUID, by: Actor) -> RuleSetVersion:
    return RuleSetVersion.objects.visible_to(by).select_for_update(of=("self",)).get(pk=pk)


def _standing(version: RuleSetVersion, by: Actor, rule_keys: Sequence[str]) -> QuerySet[Decision]:
    """Return standing decisions that found a breach where the version had flagged the text.

    The decision must be about the very text that was flagged: after an edit it rests on something else.
    """
    found = Decision.objects.visible_to(by).filter(
        standing_in__isnull=False,
        outcome__in=BREACHES,
        case__evaluation__version=version,
        case__evaluation__is_flagged=True,
        case__evaluation__revision=F("revision"),
    )
    if rule_keys:
        flagged = Flag.objects.visible_to(by).filter(
            evaluation__version=version, rule__key__in=list(rule_keys)
        )
        found = found.filter(case__evaluation__in=flagged.values("evaluation"))
    return found
