"""Fit the model's last numbers to an organisation's own decisions: shown first, changed only on request.

For each category the output of the network is given a new slope and shift, and new thresholds. The
network itself stays as it is. Four fifths of the decisions teach; the figures are of the other fifth.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.actors import Actor
from audit import services as audit
from audit.enums import AuditEventType
from moderation.models import Decision, ModelTuning
from moderation.services.evaluation import BREACHES
from policies.classifier import CATEGORIES, Classifier
from policies.classifier.model import calibrated
from policies.engine.signals import CLASSIFIER
from policies.enums import Outcome
from policies.services import rulesets

# With fewer, chance would teach more than people did.
LEAST_BREACHES = 40
LEAST_HARMLESS = 100
MOST_DECISIONS = 20_000
# As in training: so few harmless comments reach the two thresholds.
REVIEW_FALSE_POSITIVES = 0.05
PRIORITY_FALSE_POSITIVES = 0.01
ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Lesson:
    """What decisions say about one category: each network output, and whether it was a breach."""

    learnt_from: tuple[tuple[float, bool], ...]
    held_back: tuple[tuple[float, bool], ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """How well one set of numbers does on the decisions that were held back."""

    loss: float
    review: float
    priority: float
    breaches: int
    found: int
    harmless: int
    disturbed: int


@dataclass(frozen=True, slots=True)
class Study:
    """What could change for one category, before and after; or why nothing can."""

    category: str
    breaches: int
    harmless: int
    calibration: tuple[float, float] | None = None
    thresholds: tuple[float, float] | None = None
    before: Figures | None = None
    after: Figures | None = None

    @property
    def is_better(self) -> bool:
        """Whether the new numbers do better on what they have not seen."""
        return bool(self.before and self.after and self.after.loss < self.before.loss)


def study(*, organisation_id: UUID, model: Classifier, now: datetime) -> list[Study]:
    """Compare the numbers in use with numbers fitted to the organisation's decisions. Changes nothing."""
    lessons = _lessons(organisation_id, model, now=now)
    return [_studied(category, lessons[category], model) for category in CATEGORIES]


@transaction.atomic
def apply(
    *, studies: Sequence[Study], model: Classifier, by: Actor, now: datetime
) -> ModelTuning | None:
    """Put the better numbers in use from now on and record it; None where nothing is better."""
    better = [entry for entry in studies if entry.is_better]
    if not better:
        return None
    tuning = ModelTuning.objects.create(
        organisation_id=by.organisation_id,
        model=model.version.partition("+")[0],
        # Whole, so that what an earlier tuning made better is kept.
        calibration={
            **{name: list(pair) for name, pair in model.calibration.items()},
            **{entry.category: list(entry.calibration or ()) for entry in better},
        },
        thresholds={
            **{name: list(pair) for name, pair in model.thresholds.items()},
            **{entry.category: list(entry.thresholds or ()) for entry in better},
        },
        decisions=sum(e.breaches + e.harmless for e in better),
        made_at=now,
    )
    audit.record(
        AuditEventType.MODEL_TUNED,
        actor=by,
        at=now,
        target=tuning,
        model=tuning.model,
        categories=[entry.category for entry in better],
        decisions=tuning.decisions,
    )
    return tuning


def in_use(*, organisation_id: UUID, model: Classifier) -> Classifier:
    """Return the model with the organisation's own last numbers, where it has some."""
    tuning = (
        ModelTuning.objects.filter(organisation_id=organisation_id, model=model.version)
        .order_by("-made_at", "-pk")
        .first()
    )
    if tuning is None:
        return model
    return model.tuned(
        version=f"{model.version}+{tuning.pk.hex[:12]}",
        calibration=tuning.calibration,
        thresholds=tuning.thresholds,
    )


def _lessons(organisation_id: UUID, model: Classifier, *, now: datetime) -> dict[str, Lesson]:
    """Read standing decisions: a breach of a clause that a category answers for, or no breach."""
    answers = _clauses(organisation_id, now=now)
    decisions = list(
        Decision.objects.filter(organisation_id=organisation_id, standing_in__isnull=False)
        .select_related("revision", "clause")
        .order_by("-pk")[:MOST_DECISIONS]
    )
    outputs = model.raw([decision.revision.text for decision in decisions])
    sides: dict[str, tuple[list[tuple[float, bool]], list[tuple[float, bool]]]] = {
        category: ([], []) for category in CATEGORIES
    }
    for decision, row in zip(decisions, outputs, strict=True):
        held_back = (
            int(hashlib.sha256(decision.revision.text.encode()).hexdigest()[:8], 16) % 5 == 0
        )
        for category, output in zip(CATEGORIES, row, strict=True):
            clause = decision.clause.reference if decision.clause else ""
            if decision.outcome in BREACHES and clause in answers.get(category, ()):
                sides[category][held_back].append((output, True))
            elif decision.outcome in (Outcome.NO_BREACH, Outcome.REPLY, Outcome.NO_REPLY):
                sides[category][held_back].append((output, False))
    return {name: Lesson(tuple(pair[0]), tuple(pair[1])) for name, pair in sides.items()}


def _clauses(organisation_id: UUID, *, now: datetime) -> Mapping[str, set[str]]:
    """Return, by category, the clauses of the rules in force that ask for its score."""
    found: dict[str, set[str]] = {}
    for version_id in rulesets.in_force(organisation_id, now=now):
        for rule in rulesets.compiled(version_id).rules:
            for name in rule.condition.thresholds():
                if name.startswith(CLASSIFIER):
                    found.setdefault(name.removeprefix(CLASSIFIER), set()).add(rule.clause)
    return found


def _studied(category: str, lesson: Lesson, model: Classifier) -> Study:
    pairs = (*lesson.learnt_from, *lesson.held_back)
    breaches = sum(is_breach for _, is_breach in pairs)
    harmless = len(pairs) - breaches
    if breaches < LEAST_BREACHES or harmless < LEAST_HARMLESS or not lesson.held_back:
        return Study(category, breaches, harmless)
    slope, shift = model.calibration[category]
    fitted = fit(lesson.learnt_from, slope, shift)
    thresholds = _thresholds(lesson.learnt_from, fitted)
    review, priority = model.thresholds[category]
    return Study(
        category,
        breaches,
        harmless,
        calibration=fitted,
        thresholds=thresholds,
        before=_figures(lesson.held_back, (slope, shift), (review, priority)),
        after=_figures(lesson.held_back, fitted, thresholds),
    )


def fit(pairs: Sequence[tuple[float, bool]], slope: float, shift: float) -> tuple[float, float]:
    """Fit slope and shift by Newton's method, held a little to where they were."""
    start = (slope, shift)
    for _ in range(ROUNDS):
        first_slope, first_shift = slope - start[0], shift - start[1]
        curve_slope, curve_both, curve_shift = 1.0, 0.0, 1.0
        for output, is_breach in pairs:
            p = 1 / (1 + math.exp(-max(-30.0, min(30.0, slope * output + shift))))
            miss, weight = p - is_breach, p * (1 - p)
            first_slope += miss * output
            first_shift += miss
            curve_slope += weight * output * output
            curve_both += weight * output
            curve_shift += weight
        spread = curve_slope * curve_shift - curve_both * curve_both
        step_slope = (curve_shift * first_slope - curve_both * first_shift) / spread
        step_shift = (curve_slope * first_shift - curve_both * first_slope) / spread
        slope -= max(-1.0, min(1.0, step_slope))
        shift -= max(-1.0, min(1.0, step_shift))
    # A score that falls where the network is surer would mean the decisions and the network disagree.
    return round(max(slope, 0.05), 4), round(shift, 4)


def _thresholds(
    pairs: Sequence[tuple[float, bool]], calibration: tuple[float, float]
) -> tuple[float, float]:
    harmless = sorted(
        calibrated(output, calibration) for output, is_breach in pairs if not is_breach
    )
    review, priority = (
        min(
            0.98,
            round(harmless[min(len(harmless) - 1, int(len(harmless) * (1 - share)))] + 0.01, 2),
        )
        for share in (REVIEW_FALSE_POSITIVES, PRIORITY_FALSE_POSITIVES)
    )
    return review, max(priority, round(review + 0.01, 2))


def _figures(
    pairs: Sequence[tuple[float, bool]],
    calibration: Sequence[float],
    thresholds: Sequence[float],
) -> Figures:
    slope, shift = calibration
    scored = [(calibrated(output, (slope, shift)), is_breach) for output, is_breach in pairs]
    loss = sum(
        -math.log(max(value if is_breach else 1 - value, 1e-6)) for value, is_breach in scored
    ) / len(scored)
    review, priority = thresholds
    return Figures(
        loss=loss,
        review=review,
        priority=priority,
        breaches=sum(is_breach for _, is_breach in scored),
        found=sum(is_breach and value >= review for value, is_breach in scored),
        harmless=sum(not is_breach for _, is_breach in scored),
        disturbed=sum(not is_breach and value >= review for value, is_breach in scored),
    )
