"""Blind samples: items drawn by chance, labelled by people who see neither flags nor each other."""

from typing import Self

from django.db import models
from django.db.models import Q

from accounts.actors import Actor
from accounts.models import Organisation, User
from common.models import IdentifiedModel, TimeStampedModel
from moderation.enums import LabelAnswer, Stratum
from moderation.models.content import ContentRevision
from policies.models import RuleSet, RuleSetVersion


class MeasureSettings(TimeStampedModel):
    """What one organisation counts with: the time a case takes, the precision it expects."""

    organisation = models.OneToOneField(
        Organisation, on_delete=models.CASCADE, related_name="measure_settings"
    )
    minutes_per_case = models.DecimalField(max_digits=5, decimal_places=2)
    # A rule whose precision lies wholly below this is shown to its owner; in hundredths.
    lowest_precision = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="measure_minutes_positive", condition=Q(minutes_per_case__gt=0)
            ),
            models.CheckConstraint(
                name="measure_precision_is_a_share", condition=Q(lowest_precision__lte=100)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.minutes_per_case} minutes a case"


class SampleQuerySet(models.QuerySet["Sample"]):
    """Samples."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep the samples of the actor's organisation."""
        return self.filter(organisation_id=actor.organisation_id)


class Sample(TimeStampedModel):
    """One drawing by chance among what a version judged, and how many there were to draw from."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    rule_set = models.ForeignKey(RuleSet, on_delete=models.PROTECT, related_name="samples")
    version = models.ForeignKey(RuleSetVersion, on_delete=models.PROTECT, related_name="samples")
    # How many judged texts there were, of each sort.
    flagged = models.PositiveBigIntegerField()
    unflagged = models.PositiveBigIntegerField()
    drawn_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    drawn_at = models.DateTimeField()

    objects = SampleQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["rule_set", "-drawn_at"], name="sample_newest")]

    def __str__(self) -> str:
        return f"Sample of {self.version_id}"


class SampledItem(IdentifiedModel):
    """One drawn text. Why it was drawn is never shown to whoever labels it."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    sample = models.ForeignKey(
        Sample, on_delete=models.CASCADE, related_name="items", db_index=False
    )
    revision = models.ForeignKey(ContentRevision, on_delete=models.PROTECT, related_name="+")
    stratum = models.CharField(max_length=10, choices=Stratum.choices)
    # The rule from whose flags it was drawn, where it was drawn for one rule.
    rule_key = models.SlugField(max_length=80, blank=True)
    # The order of labelling: by chance, so that flagged and unflagged come mixed.
    place = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sample", "place"], name="sampled_item_place_once"),
            models.UniqueConstraint(
                fields=["sample", "revision", "stratum", "rule_key"], name="sampled_item_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.revision_id} in {self.sample_id}"


class Label(IdentifiedModel):
    """One person's answer about one text for one group of guidelines. Never changes."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    sample = models.ForeignKey(Sample, on_delete=models.CASCADE, related_name="labels")
    revision = models.ForeignKey(ContentRevision, on_delete=models.PROTECT, related_name="+")
    group = models.SlugField(max_length=80)
    answer = models.CharField(max_length=6, choices=LabelAnswer.choices)
    labelled_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    labelled_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sample", "revision", "group", "labelled_by"], name="label_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.group}: {self.answer}"
