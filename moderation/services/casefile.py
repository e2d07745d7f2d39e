"""Everything that the page of one case shows, read with a constant number of queries. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from accounts.actors import Actor
from audit.models import AuditEvent
from moderation.enums import CaseStatus, EvaluationStage
from moderation.models import (
    Case,
    ContentItem,
    ContentRevision,
    EnforcementAction,
    Escalation,
    Evaluation,
    Flag,
    Queue,
    Report,
)
from moderation.services import authors, evaluation, scoring
from moderation.services.scoring import ShownScore
from policies.models import Clause

# Comments shown on either side of the one judged: enough to understand it, and no more abuse than
# that needs. Then, when more are asked for.
NEIGHBOURS = 3
MORE_NEIGHBOURS = 50
EVENTS = 100


@dataclass(frozen=True, slots=True)
class Thread:
    """What was said around the comment, oldest first."""

    parent: ContentItem | None
    before: tuple[ContentItem, ...]
    after: tuple[ContentItem, ...]
    more_before: bool
    more_after: bool


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One case with all that belongs to it."""

    case: Case
    # The text that the rules judged, which an edit may have left behind.
    judged: ContentRevision | None
    flags: tuple[Flag, ...]
    # What the model made of that text; empty where there is none, or it has not come to it.
    scores: tuple[ShownScore, ...]
    # Names of the rules that could not be decided, and the facts that each lacked.
    undecided: tuple[tuple[str, tuple[str, ...]], ...]
    clauses: tuple[Clause, ...]
    reports: tuple[Report, ...]
    thread: Thread
    actions: tuple[EnforcementAction, ...]
    events: tuple[AuditEvent, ...]
    author_record: authors.Record
    author_cases: tuple[Case, ...]
    senior_queues: tuple[Queue, ...]
    # Who handed an open case on to the queue in which it waits now, or None.
    handed_on: Escalation | None


def find(by: Actor) -> QuerySet[Case]:
    """Return the cases that `by` may know of, each with the rows that its page needs."""
    return Case.objects.visible_to(by).select_related(
        "queue",
        "claimed_by",
        "channel",
        "author",
        "content_item__post",
        "content_item__author",
        "content_item__channel",
        "content_item__current_revision",
        "evaluation__revision",
        "evaluation__version__rule_set",
        "standing_decision__clause",
        "standing_decision__made_by",
        "standing_decision__made_by_token",
        "standing_decision__replaces",
    )


def read(case: Case, *, by: Actor, with_whole_thread: bool = False) -> CaseFile:
    """Gather what the page of a case shows; `case` comes from `find`."""
    item = case.content_item
    judged = case.evaluation.revision if case.evaluation else item.current_revision
    return CaseFile(
        case=case,
        judged=judged,
        flags=tuple(_flags(judged)) if judged else (),
        scores=scoring.shown(judged) if judged else (),
        undecided=_undecided(case),
        clauses=tuple(Clause.objects.visible_to(by).filter(is_current=True).order_by("reference")),
        reports=tuple(
            Report.objects.visible_to(by).filter(content_item=item).order_by("-received_at", "-pk")
        ),
        thread=_thread(item, by, MORE_NEIGHBOURS if with_whole_thread else NEIGHBOURS),
        actions=tuple(actions_of(case, by=by)),
        events=tuple(_events(case, item, by)),
        author_record=authors.record_of(case.author, by=by),
        author_cases=tuple(authors.decided_cases(case.author, by=by, but=case.pk)),
        senior_queues=tuple(
            Queue.objects.visible_to(by)
            .filter(is_senior=True)
            .exclude(pk=case.queue_id)
            .order_by("position")
        ),
        handed_on=_handed_on(case),
    )


def _handed_on(case: Case) -> Escalation | None:
    # Only a senior queue is handed to: no question to the database about the others.
    if case.status != CaseStatus.WAITING or not case.queue.is_senior:
        return None
    return (
        case.escalations.filter(to_queue_id=case.queue_id)
        .select_related("made_by")
        .order_by("-made_at", "-pk")
        .first()
    )


def actions_of(case: Case, *, by: Actor) -> Sequence[EnforcementAction]:
    """Return what the standing decision of a case asked for, in order."""
    if case.standing_decision_id is None:
        return ()
    return list(
        EnforcementAction.objects.visible_to(by)
        .filter(decision_id=case.standing_decision_id)
        .select_related("channel", "author", "outbox_message", "undoes")
        .order_by("pk")
    )


def _flags(judged: ContentRevision) -> QuerySet[Flag]:
    return (
        Flag.objects.filter(evaluation__revision=judged)
        .select_related("rule", "clause__pack", "evaluation__version__rule_set")
        .order_by("pk")
    )


def _undecided(case: Case) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the rules that no judgement of this text by this version could decide."""
    if case.evaluation is None:
        return ()
    stages = {
        judgement.stage: judgement.unknown
        for judgement in Evaluation.objects.filter(
            revision_id=case.evaluation.revision_id, version_id=case.evaluation.version_id
        )
    }
    gaps = stages.get(EvaluationStage.RULES, [])
    if EvaluationStage.SCORES in stages:
        gaps = [gap for gap in gaps if not evaluation.wants_a_score(gap["missing"])]
        gaps += stages[EvaluationStage.SCORES]
    if not gaps:
        return ()
    missing = {gap["rule"]: tuple(gap["missing"]) for gap in gaps}
    names = case.evaluation.version.rules.filter(key__in=missing).order_by("key")
    return tuple((name, missing[key]) for key, name in names.values_list("key", "name"))


def _thread(item: ContentItem, by: Actor, limit: int) -> Thread:
    parent = _parent(item, by)
    if item.post_id is None:
        return Thread(parent, (), (), more_before=False, more_after=False)
    others = (
        ContentItem.objects.visible_to(by)
        .filter(post_id=item.post_id)
        .select_related("author", "current_revision")
    )
    at, key = item.published_at, item.pk
    # The plain bound beside the exact one lets the index seek.
    before = others.filter(
        Q(published_at__lt=at) | Q(published_at=at, pk__lt=key), published_at__lte=at
    ).order_by("-published_at", "-id")[: limit + 1]
    after = others.filter(
        Q(published_at__gt=at) | Q(published_at=at, pk__gt=key), published_at__gte=at
    ).order_by("published_at", "id")[: limit + 1]
    above, below = list(before), list(after)
    return Thread(
        parent=parent,
        before=tuple(reversed(above[:limit])),
        after=tuple(below[:limit]),
        more_before=len(above) > limit,
        more_after=len(below) > limit,
    )


def _parent(item: ContentItem, by: Actor) -> ContentItem | None:
    if not item.parent_external_id:
        return None
    return (
        ContentItem.objects.visible_to(by)
        .filter(channel_id=item.channel_id, external_id=item.parent_external_id)
        .select_related("author", "current_revision")
        .first()
    )


def _events(case: Case, item: ContentItem, by: Actor) -> QuerySet[AuditEvent]:
    return (
        AuditEvent.objects.of_organisation(by.organisation_id)
        .filter(Q(case_id=case.pk) | Q(target_id=item.pk))
        .newest_first()[:EVENTS]
    )
