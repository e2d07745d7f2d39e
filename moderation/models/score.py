"""What the model made of a text, and how far each organisation's texts are scored."""

from typing import Self

from django.db import models
from django.db.models import Q

from accounts.actors import Actor
from accounts.models import Organisation
from common.models import IdentifiedModel
from moderation.models.content import ContentRevision


class ScoreQuerySet(models.QuerySet["Score"]):
    """Scores."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep the scores of the actor's organisation."""
        return self.filter(organisation_id=actor.organisation_id)


class Score(IdentifiedModel):
    """One revision scored by one version of the model: once, and for ever."""

    # Like its revision's, without foreign key or index: rows come by the hundred thousand.
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    revision = models.ForeignKey(
        ContentRevision, on_delete=models.PROTECT, related_name="scores", db_index=False
    )
    model = models.CharField(max_length=40)
    # {"hate": {"value": 0.9312, "band": "high"}, ...}: calibrated, and what it was called then.
    values = models.JSONField()
    scored_at = models.DateTimeField()

    objects = ScoreQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["revision", "model"], name="score_once"),
            models.CheckConstraint(name="score_names_its_model", condition=~Q(model="")),
        ]

    def __str__(self) -> str:
        return f"{self.revision_id} by {self.model}"


class ScoringMark(IdentifiedModel):
    """Up to where an organisation's revisions need not be looked at again, for one model.

    Revisions sort by time, so that looking for what is not scored begins here and not at the
    beginning of everything. A mark moves forward only past what is safely old: a transaction that
    commits late may still bring revisions a little before the newest.
    """

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    model = models.CharField(max_length=40)
    through = models.UUIDField()
    moved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "model"], name="scoring_mark_once")
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} through {self.through}"


class ModelTuningQuerySet(models.QuerySet["ModelTuning"]):
    """Tunings."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep the tunings of the actor's organisation."""
        return self.filter(organisation_id=actor.organisation_id)


class ModelTuning(IdentifiedModel):
    """The model's last numbers, fitted to an organisation's own decisions. The newest is in use."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # The version of the model that was tuned; for another one this says nothing.
    model = models.CharField(max_length=40)
    # {"hate": [slope, shift], ...} and {"hate": [review, priority], ...}, of every category.
    calibration = models.JSONField()
    thresholds = models.JSONField()
    decisions = models.PositiveIntegerField()
    made_at = models.DateTimeField()

    objects = ModelTuningQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "model", "-made_at"], name="model_tuning_in_use")
        ]

    def __str__(self) -> str:
        return f"{self.model} after {self.decisions} decisions"
