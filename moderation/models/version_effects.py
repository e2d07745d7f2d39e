"""Long pieces of work about one version of a rule set: taking back what it did, and judging again by it."""

from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import Q

from accounts.actors import Actor
from accounts.models import Organisation, User
from common.models import IdentifiedModel
from moderation.enums import RunStatus, UndoOutcome
from moderation.models.decision import Decision
from policies.models import RuleSetVersion

# A worker that says nothing for this long is taken for dead, and another goes on.
LEASE = timedelta(minutes=2)


class RunQuerySet(models.QuerySet["Run"]):
    """Runs, oldest first by key."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep the runs of the actor's organisation."""
        return self.filter(organisation_id=actor.organisation_id)

    def running(self) -> Self:
        """Keep those not at their end."""
        return self.filter(status=RunStatus.RUNNING)

    def free(self, now: datetime) -> Self:
        """Keep running ones that no worker is on."""
        return self.running().filter(Q(leased_until__isnull=True) | Q(leased_until__lt=now))

    def lease(self, pk: UUID, *, now: datetime) -> bool:
        """Take a run for one turn of work; False when another worker has it."""
        return self.free(now).filter(pk=pk).update(leased_until=now + LEASE) == 1


class Run(IdentifiedModel):
    """Work in small steps that a worker takes on, drops and takes up again where the cursor is."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(RuleSetVersion, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=RunStatus.choices, default=RunStatus.RUNNING)
    # The last row dealt with; the next step begins after it.
    cursor = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        abstract = True


class VersionUndo(Run):
    """Taking back, one by one, the standing decisions that rest on one version's flags."""

    # Of these rules only; of all of the version's where it is empty.
    rule_keys = models.JSONField(default=list, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version"], condition=Q(status="running"), name="version_undo_one_running"
            ),
            models.CheckConstraint(name="version_undo_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="version_undo_ended_has_time",
                condition=Q(status="running", finished_at__isnull=True)
                | (~Q(status="running") & Q(finished_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"Undo of {self.version_id}"


class UndoneDecisionQuerySet(models.QuerySet["UndoneDecision"]):
    """Decisions dealt with."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep those of the actor's organisation."""
        return self.filter(organisation_id=actor.organisation_id)


class UndoneDecision(IdentifiedModel):
    """What became of one decision when its version was undone."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    undo = models.ForeignKey(VersionUndo, on_delete=models.PROTECT, related_name="decisions")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=10, choices=UndoOutcome.choices)
    note = models.TextField(blank=True)

    objects = UndoneDecisionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["undo", "decision"], name="undone_decision_once")
        ]

    def __str__(self) -> str:
        return f"{self.decision_id}: {self.get_outcome_display()}"


class Rejudging(Run):
    """Judging held, undecided content again by a version in force."""

    # Content first seen before this is left alone.
    since = models.DateTimeField(null=True)
    closes_unflagged = models.BooleanField(default=False)
    opened = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    closed = models.PositiveIntegerField(default=0)

    objects = RunQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version"], condition=Q(status="running"), name="rejudging_one_running"
            ),
            models.CheckConstraint(name="rejudging_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="rejudging_ended_has_time",
                condition=Q(status="running", finished_at__isnull=True)
                | (~Q(status="running") & Q(finished_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"Judging again by {self.version_id}"
