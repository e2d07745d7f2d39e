"""From a text to the rules' verdict: gather the facts, ask the engine, keep the evidence."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from accounts.actors import Actor
from common.bulk import insert_all, insert_new
from common.ids import uuid7
from moderation.enums import CaseStatus, EvaluationStage
from moderation.models import Author, Case, ContentRevision, EnforcementAction, Evaluation, Flag
from moderation.services import shadow
from moderation.services.ingestion import Fresh
from platforms.models import Channel
from policies.engine import evaluate as evaluate_one
from policies.engine import evaluate_many, signals
from policies.engine.types import Match, Subject, Verdict
from policies.enums import Outcome
from policies.services import rulesets

# Outcomes that say a guideline was breached.
BREACHES = frozenset(
    {
        Outcome.HIDE.value,
        Outcome.DELETE.value,
        Outcome.WARN.value,
        Outcome.BLOCK.value,
        Outcome.REPORT.value,
    }
)
# How far back the same words count as repetition (HMPPS-11).
REPEAT_WINDOW = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Judged:
    """A fresh text and what the published rules said."""

    fresh: Fresh
    evaluation_id: UUID
    version_id: UUID
    verdict: Verdict

    @property
    def is_flagged(self) -> bool:
        """Whether any rule held."""
        return self.verdict.is_flagged


@dataclass(frozen=True, slots=True)
class Scored:
    """A text that has been judged by the rules, and what a model makes of it."""

    fresh: Fresh
    # "classifier.hate" and so on, to the calibrated value.
    signals: Mapping[str, float]


EVALUATION_COLUMNS = (
    "id", "organisation_id", "revision_id", "version_id", "stage", "is_flagged", "severity", "recommend",
    "human_required", "signals", "unknown", "evaluated_at",
)  # fmt: skip
FLAG_COLUMNS = (
    "id", "organisation_id", "evaluation_id", "rule_id", "clause_id", "severity", "recommend",
    "spans", "facts", "because",
)  # fmt: skip


def evaluate(
    *, channel: Channel, fresh: Sequence[Fresh], by: Actor, now: datetime
) -> list[Judged]:
    """Judge fresh texts by every rule set in force and keep each verdict once.

    Call inside the transaction that brought the texts in, for an organisation with rules in force.
    Where several rule sets are in force the most severe verdict leads.
    """
    if not fresh:
        return []
    versions = rulesets.in_force(channel.organisation_id, now=now)
    facts = _gather(channel, fresh, now=now)
    subjects = [
        Subject(
            text=entry.text,
            kind=entry.kind,
            platform=channel.platform,
            channel=channel.slug,
            signals=facts[index],
        )
        for index, entry in enumerate(fresh)
    ]
    best: dict[int, Judged] = {}
    live: dict[UUID, shadow.Live] = {}
    evaluations: list[tuple[Any, ...]] = []
    flags: list[tuple[Any, ...]] = []
    for version_id in versions:
        rows = rulesets.rule_rows(version_id)
        verdicts = evaluate_many(subjects, rulesets.compiled(version_id))
        live[version_id] = shadow.Live(rulesets.rule_set_of(version_id), verdicts)
        for index, verdict in enumerate(verdicts):
            evaluation_id = uuid7()
            entry = fresh[index]
            evaluations.append(
                _evaluation(
                    channel, Judged(entry, evaluation_id, version_id, verdict),
                    EvaluationStage.RULES, facts[index], now=now,
                )
            )  # fmt: skip
            flags += [_flag(channel, evaluation_id, match, rows) for match in verdict.matches]
            if index not in best or _leads(verdict, best[index].verdict):
                best[index] = Judged(entry, evaluation_id, version_id, verdict)
    insert_all(Evaluation, EVALUATION_COLUMNS, evaluations)
    insert_all(Flag, FLAG_COLUMNS, flags)
    shadow.judge(
        channel=channel,
        subjects=subjects,
        revision_ids=[entry.revision_id for entry in fresh],
        live=live,
        now=now,
    )
    return [best[index] for index in range(len(fresh))]


def judge_again(
    *, channel: Channel, scored: Sequence[Scored], by: Actor, now: datetime
) -> list[Judged]:
    """Judge what rules in force left unknown for want of a model's score, now that there is one.

    Only those rules: what held on arrival stands as it was recorded. Judged once per version, in an
    evaluation of its own. Call inside the transaction that keeps the scores.
    """
    versions = rulesets.in_force(channel.organisation_id, now=now)
    entries = {entry.fresh.revision_id: entry for entry in scored}
    waiting = (
        Evaluation.objects.filter(
            revision_id__in=entries, version_id__in=versions, stage=EvaluationStage.RULES
        )
        .exclude(unknown=[])
        .order_by("pk")
    )
    again: list[tuple[Judged, dict[str, Any]]] = []
    for first in waiting:
        asked = {gap["rule"] for gap in first.unknown if wants_a_score(gap["missing"])}
        if not asked:
            continue
        fresh = entries[first.revision_id].fresh
        facts = {**first.signals, **entries[first.revision_id].signals}
        subject = Subject(
            text=fresh.text,
            kind=fresh.kind,
            platform=channel.platform,
            channel=channel.slug,
            signals=facts,
        )
        verdict = _only(evaluate_one(subject, rulesets.compiled(first.version_id)), asked)
        again.append((Judged(fresh, uuid7(), first.version_id, verdict), facts))
    # Another version of the model may have come before: what it settled stays settled.
    added = insert_new(
        Evaluation,
        EVALUATION_COLUMNS,
        [
            _evaluation(channel, judged, EvaluationStage.SCORES, facts, now=now)
            for judged, facts in again
        ],
    )
    kept = [judged for judged, _ in again if judged.evaluation_id in added]
    flags = [
        _flag(channel, judged.evaluation_id, match, rulesets.rule_rows(judged.version_id))
        for judged in kept
        for match in judged.verdict.matches
    ]
    insert_all(Flag, FLAG_COLUMNS, flags)
    return _leading(kept)


def _leading(judged: Sequence[Judged]) -> list[Judged]:
    """Return, of several versions' judgements of a text, the most severe."""
    best: dict[UUID, Judged] = {}
    for entry in judged:
        known = best.get(entry.fresh.revision_id)
        if known is None or _leads(entry.verdict, known.verdict):
            best[entry.fresh.revision_id] = entry
    return list(best.values())


def wants_a_score(missing: Sequence[str]) -> bool:
    """Tell whether a model's score is among the facts that a rule lacked."""
    return any(name.startswith(signals.CLASSIFIER) for name in missing)


def _only(verdict: Verdict, rules: set[str]) -> Verdict:
    """Return what the verdict says about some of the rules."""
    matches = tuple(match for match in verdict.matches if match.rule in rules)
    return Verdict(
        matches=matches,
        unknown=tuple(gap for gap in verdict.unknown if gap.rule in rules),
        severity=max(
            (match.severity for match in matches), key=lambda level: level.rank, default=None
        ),
        recommend=matches[0].recommend if matches else None,
        human_required=any(match.human_required for match in matches),
    )


def _evaluation(
    channel: Channel,
    judged: Judged,
    stage: EvaluationStage,
    facts: dict[str, Any],
    *,
    now: datetime,
) -> tuple[Any, ...]:  # the columns of EVALUATION_COLUMNS
    verdict = judged.verdict
    return (
        judged.evaluation_id, channel.organisation_id, judged.fresh.revision_id, judged.version_id,
        stage.value, verdict.is_flagged, verdict.severity.value if verdict.severity else "",
        verdict.recommend.value if verdict.recommend else "", verdict.human_required, facts,
        [{"rule": gap.rule, "missing": list(gap.missing)} for gap in verdict.unknown], now,
    )  # fmt: skip


def _leads(verdict: Verdict, other: Verdict) -> bool:
    ours = verdict.severity.rank if verdict.severity else -1
    theirs = other.severity.rank if other.severity else -1
    return ours > theirs


def _flag(
    channel: Channel, evaluation_id: UUID, match: Match, rows: Any
) -> tuple[Any, ...]:  # the columns of FLAG_COLUMNS
    rule_id, clause_id = rows[match.rule]
    spans = [
        {"start": span.start, "end": span.end, "label": span.label, "source": span.source}
        for span in match.spans
    ]
    return (
        uuid7(), channel.organisation_id, evaluation_id, rule_id, clause_id, match.severity.value,
        match.recommend.value, spans, dict(match.facts), match.because,
    )  # fmt: skip


def _gather(channel: Channel, fresh: Sequence[Fresh], *, now: datetime) -> list[dict[str, Any]]:
    """Collect the facts that rules may ask for, a few queries a batch."""
    known_authors = {entry.author_id for entry in fresh if not entry.author_is_new}
    breaches = _breaches(known_authors)
    warnings = _warnings(known_authors)
    ages = _ages(known_authors, now=now)
    repeats = _repeats(channel, fresh, now=now)
    return [
        {
            signals.AUTHOR_IS_KNOWN: int(not entry.author_is_new),
            signals.AUTHOR_AGE_DAYS: ages.get(entry.author_id, 0),
            signals.AUTHOR_BREACHES: breaches.get(entry.author_id, 0),
            signals.AUTHOR_WARNINGS: warnings.get(entry.author_id, 0),
            signals.CONTENT_LIKES: entry.likes,
            signals.CONTENT_REPLIES: entry.replies,
            **repeats[index],
        }
        for index, entry in enumerate(fresh)
    ]


def _breaches(author_ids: set[UUID]) -> dict[UUID, int]:
    if not author_ids:
        return {}
    return dict(
        Case.objects.filter(
            author_id__in=author_ids,
            status=CaseStatus.DECIDED,
            standing_decision__outcome__in=BREACHES,
        )
        .values_list("author_id")
        .annotate(count=Count("pk"))
        .order_by()
    )


def _warnings(author_ids: set[UUID]) -> dict[UUID, int]:
    if not author_ids:
        return {}
    return dict(
        EnforcementAction.objects.delivered_warnings()
        .filter(author_id__in=author_ids)
        .values_list("author_id")
        .annotate(count=Count("pk"))
        .order_by()
    )


def _ages(author_ids: set[UUID], *, now: datetime) -> dict[UUID, int]:
    """Return the days since each author was first seen, which is all that platforms tell alike."""
    if not author_ids:
        return {}
    rows = Author.objects.filter(pk__in=author_ids).values_list("pk", "first_seen_at")
    return {author_id: (now - first_seen_at).days for author_id, first_seen_at in rows}


def _repeats(channel: Channel, fresh: Sequence[Fresh], *, now: datetime) -> list[dict[str, int]]:
    """Count, for each text, how often it was written lately: by anybody and by its author.

    The text itself counts, so 1 means it was not repeated. Texts too short to mean anything by
    being repeated ("well done") always count 1.
    """
    wanted = {entry.fingerprint for entry in fresh if entry.fingerprint is not None}
    same_text: Counter[int] = Counter()
    same_author: Counter[tuple[int, UUID]] = Counter()
    authors: dict[int, set[UUID]] = defaultdict(set)
    if wanted:
        # The fresh texts are stored already, in this transaction: they count themselves.
        rows = (
            ContentRevision.objects.filter(
                Q(organisation_id=channel.organisation_id),
                Q(fingerprint__in=wanted),
                captured_at__gt=now - REPEAT_WINDOW,
                number=1,
            )
            .values_list("fingerprint", "content_item__author_id")
            .annotate(count=Count("pk"))
            .order_by()
        )
        for fingerprint, author_id, count in rows:
            if fingerprint is None:
                continue
            same_text[fingerprint] += count
            same_author[fingerprint, author_id] += count
            authors[fingerprint].add(author_id)
    similar, similar_authors = _similar(channel, fresh, now=now)
    return [
        {
            signals.REPEAT_SAME_TEXT: max(same_text[entry.fingerprint or 0], 1),
            signals.REPEAT_SAME_AUTHOR: max(
                same_author[entry.fingerprint or 0, entry.author_id], 1
            ),
            signals.REPEAT_DISTINCT_AUTHORS: max(len(authors[entry.fingerprint or 0]), 1),
            signals.REPEAT_SIMILAR_TEXT: max(similar[entry.similarity or 0], 1),
            signals.REPEAT_SIMILAR_AUTHORS: max(len(similar_authors[entry.similarity or 0]), 1),
        }
        for entry in fresh
    ]


def _similar(
    channel: Channel, fresh: Sequence[Fresh], *, now: datetime
) -> tuple[Counter[int], dict[int, set[UUID]]]:
    """Count how often nearly these texts were written lately, and by whom."""
    wanted = {entry.similarity for entry in fresh if entry.similarity is not None}
    texts: Counter[int] = Counter()
    authors: dict[int, set[UUID]] = defaultdict(set)
    if wanted:
        rows = (
            ContentRevision.objects.filter(
                Q(organisation_id=channel.organisation_id),
                Q(similarity__in=wanted),
                captured_at__gt=now - REPEAT_WINDOW,
                number=1,
            )
            .values_list("similarity", "content_item__author_id")
            .annotate(count=Count("pk"))
            .order_by()
        )
        for similarity, author_id, count in rows:
            if similarity is not None:
                texts[similarity] += count
                authors[similarity].add(author_id)
    return texts, authors
