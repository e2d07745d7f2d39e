"""Shadow runs: a version judges everything live without effect; only the differences are kept."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q

from accounts.actors import Actor
from accounts.models import Organisation, User
from common.models import IdentifiedModel, TimeStampedModel
from moderation.enums import ShadowEnd
from moderation.models.content import ContentRevision
from platforms.models import Channel
from policies.models import RuleSetVersion


class ShadowRunQuerySet(models.QuerySet["ShadowRun"]):
    """Shadow runs."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep the runs of the actor's organisation."""
        return self.filter(organisation_id=actor.organisation_id)

    def running(self) -> Self:
        """Keep those that nobody and nothing ended."""
        return self.filter(ended_at__isnull=True)


class ShadowRun(TimeStampedModel):
    """One version beside the live rules, from a moment to a moment."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    version = models.ForeignKey(
        RuleSetVersion, on_delete=models.PROTECT, related_name="shadow_runs"
    )
    # What it judges by. A version that no longer has this digest is another question.
    digest = models.CharField(max_length=64)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    started_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    ended_how = models.CharField(max_length=10, choices=ShadowEnd.choices, blank=True)

    objects = ShadowRunQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version"], condition=Q(ended_at__isnull=True), name="shadow_one_running"
            ),
            models.CheckConstraint(
                name="shadow_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(
                name="shadow_ended_at_and_how",
                condition=Q(ended_at__isnull=True, ended_how="")
                | (Q(ended_at__isnull=False) & ~Q(ended_how="")),
            ),
        ]
        indexes = [
            # Asked once a batch of arriving comments: the few that run.
            models.Index(
                fields=["organisation", "ends_at"],
                name="shadow_running",
                condition=Q(ended_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.version} in shadow"

    def is_over_at(self, now: datetime) -> bool:
        """Whether it judges no more at `now`."""
        return self.ended_at is not None or self.ends_at <= now


class ShadowTally(IdentifiedModel):
    """How many texts of one channel a run judged in one batch. Added, never changed.

    A counter on the run would make all workers that take in comments wait for one another.
    """

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    run = models.ForeignKey(ShadowRun, on_delete=models.CASCADE, related_name="tallies")
    channel = models.ForeignKey(
        Channel, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    judged = models.PositiveIntegerField()
    flagged_live = models.PositiveIntegerField()
    flagged_shadow = models.PositiveIntegerField()
    unknown = models.PositiveIntegerField(default=0)
    judged_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.judged} texts by {self.run_id}"


class ShadowDifference(IdentifiedModel):
    """One text about which the shadow version and the live one say different things."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    run = models.ForeignKey(
        ShadowRun, on_delete=models.CASCADE, related_name="differences", db_index=False
    )
    revision = models.ForeignKey(ContentRevision, on_delete=models.PROTECT, related_name="+")
    channel = models.ForeignKey(
        Channel, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # Over all rule sets in force: another one may flag it whatever this one says.
    flagged_live = models.BooleanField()
    flagged_shadow = models.BooleanField()
    # Keys of the rules that hold in one only.
    rules_new = models.JSONField(default=list)
    rules_gone = models.JSONField(default=list)
    # Evidence of either: [{"start": 0, "end": 4, "label": "..."}], code points of the text.
    spans = models.JSONField(default=list)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "revision"], name="shadow_difference_once")
        ]
        indexes = [models.Index(fields=["run", "-id"], name="shadow_difference_newest")]

    def __str__(self) -> str:
        return f"{self.revision_id} in {self.run_id}"
