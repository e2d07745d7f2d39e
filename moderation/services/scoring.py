"""The model's own stage: score what arrived, keep the score, judge what waited for it.

It runs behind ingest, a batch at a bell, and touches nothing that ingest touches. A score is kept
once per revision and model: whoever inserts its row judges what waited for it, in the same
transaction, so that two workers, or one that crashed, never do it twice and never leave it out.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts import actors
from audit import services as audit
from audit.enums import AuditEventType
from common.bulk import insert_new
from common.ids import uuid7
from moderation.models import ContentRevision, Score, ScoringMark
from moderation.services import evaluation, learning, triage
from moderation.services.evaluation import Scored
from moderation.services.ingestion import Fresh
from moderation.services.pipeline import ready_organisations
from platforms.enums import SourceState
from platforms.models import Channel
from policies.classifier import Classifier, Scores, load
from policies.classifier.explain import words_that_moved

BATCH = 100
# A model that is new here does not raise what is long past.
REACH = timedelta(days=7)
# No transaction that brings revisions stays open for longer.
SETTLED = timedelta(hours=1)
BEGINNING = UUID(int=0)

SCORE_COLUMNS = ("id", "organisation_id", "revision_id", "model", "values", "scored_at")


@dataclass(frozen=True, slots=True)
class ShownScore:
    """One category's score of one text, and the words that moved it, in their order."""

    category: str
    value: float
    band: str
    # Spans of the text; empty where the model is not here to ask, or the score is low.
    moved: tuple[tuple[int, int], ...]


def current_model() -> Classifier | None:
    """Return the model that this installation has, if it has one."""
    return load(Path(settings.CLASSIFIER_FILE))


def score_in_turn(*, now: datetime) -> bool:
    """Score a batch for each organisation with rules in force; return whether more is waiting."""
    model = current_model()
    if model is None:
        return False
    looked_at = [
        score_waiting(
            organisation_id=organisation_id,
            model=learning.in_use(organisation_id=organisation_id, model=model),
            now=now,
        )
        for organisation_id in ready_organisations(now=now)
        .order_by("pk")
        .values_list("pk", flat=True)
    ]
    return any(count == BATCH for count in looked_at)


def shown(revision: ContentRevision) -> tuple[ShownScore, ...]:
    """Return the newest scores of a text, highest first, with the words that moved each."""
    score = Score.objects.filter(revision=revision).order_by("-scored_at", "-pk").first()
    if score is None:
        return ()
    explains = _asked_again(score)
    return tuple(
        ShownScore(
            category=category,
            value=entry["value"],
            band=entry["band"],
            moved=_moved(explains, revision.text, category) if entry["band"] != "low" else (),
        )
        for category, entry in sorted(
            score.values.items(), key=lambda pair: (-pair[1]["value"], pair[0])
        )
    )


def _asked_again(score: Score) -> Classifier | None:
    """Return the model that gave a score, if it is still the one in use."""
    model = current_model()
    if model is None:
        return None
    model = learning.in_use(organisation_id=score.organisation_id, model=model)
    return model if model.version == score.model else None


def _moved(model: Classifier | None, text: str, category: str) -> tuple[tuple[int, int], ...]:
    if model is None:
        return ()
    return tuple(
        sorted((word.start, word.end) for word in words_that_moved(model, text, category))
    )


def score_waiting(
    *, organisation_id: UUID, model: Classifier, now: datetime, limit: int = BATCH
) -> int:
    """Score the oldest texts that this model has not scored, and return how many were looked at.

    The model runs outside any transaction: nothing is held while it thinks.
    """
    mark = _mark(organisation_id, model, now=now)
    waiting = _waiting(organisation_id, model, after=mark.through, since=now - REACH, limit=limit)
    scores = model.score([revision.text for revision in waiting])
    keep(scored=list(zip(waiting, scores, strict=True)), model=model, now=now)
    _move(mark, waiting if len(waiting) == limit else [], now=now)
    return len(waiting)


@transaction.atomic
def keep(
    *, scored: Sequence[tuple[ContentRevision, Scores]], model: Classifier, now: datetime
) -> int:
    """Store scores that are not stored yet and judge what waited for them; return how many were new."""
    rows = {uuid7(): (revision, scores) for revision, scores in scored}
    added = insert_new(
        Score,
        SCORE_COLUMNS,
        [
            (
                key, revision.organisation_id, revision.pk, model.version,
                {name: {"value": score.value, "band": score.band} for name, score in scores.items()},
                now,
            )
            for key, (revision, scores) in rows.items()
        ],
    )  # fmt: skip
    by_channel: dict[UUID, list[Scored]] = defaultdict(list)
    for key in rows:
        revision, scores = rows[key]
        if key in added and _is_current(revision):
            by_channel[revision.content_item.channel_id].append(_entry(revision, scores))
    channels = Channel.objects.in_bulk(by_channel)
    for channel_id, entries in by_channel.items():
        _judge(channels[channel_id], entries, model, now=now)
    return len(added)


def _judge(
    channel: Channel, entries: Sequence[Scored], model: Classifier, *, now: datetime
) -> None:
    by = actors.system(channel.organisation_id)
    judged = evaluation.judge_again(channel=channel, scored=entries, by=by, now=now)
    opened = triage.follow(channel=channel, judged=judged, by=by, now=now)
    if judged:
        audit.record(
            AuditEventType.CONTENT_EVALUATED,
            actor=by,
            at=now,
            target=channel,
            model=model.version,
            revisions=len(judged),
            flagged=sum(entry.is_flagged for entry in judged),
            opened=opened,
        )


def _waiting(
    organisation_id: UUID, model: Classifier, *, after: UUID, since: datetime, limit: int
) -> list[ContentRevision]:
    """Return texts in the order in which they came; revisions sort by time."""
    known = Score.objects.filter(revision=OuterRef("pk"), model=model.version)
    return list(
        ContentRevision.objects.filter(
            organisation_id=organisation_id, pk__gt=after, captured_at__gte=since
        )
        .exclude(Exists(known))
        .select_related("content_item")
        .order_by("pk")[:limit]
    )


def _is_current(revision: ContentRevision) -> bool:
    item = revision.content_item
    return item.current_revision_id == revision.pk and item.source_state != SourceState.DELETED


def _entry(revision: ContentRevision, scores: Scores) -> Scored:
    item = revision.content_item
    fresh = Fresh(
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
        is_edit=False,
    )
    return Scored(fresh, {score.id: score.value for score in scores.values()})


def _mark(organisation_id: UUID, model: Classifier, *, now: datetime) -> ScoringMark:
    mark, _ = ScoringMark.objects.get_or_create(
        organisation_id=organisation_id,
        model=model.version,
        defaults={"through": BEGINNING, "moved_at": now},
    )
    return mark


def _move(mark: ScoringMark, batch: Sequence[ContentRevision], *, now: datetime) -> None:
    """Move a mark past what is scored or too old, and settled; never back."""
    revisions = ContentRevision.objects.filter(
        organisation_id=mark.organisation_id, pk__gt=mark.through, captured_at__lt=now - SETTLED
    )
    if batch:
        revisions = revisions.filter(pk__lte=batch[-1].pk)
    last = revisions.order_by("-pk").values_list("pk", flat=True).first()
    if last is not None:
        ScoringMark.objects.filter(pk=mark.pk, through__lt=last).update(through=last, moved_at=now)
