"""Backtests: what a version of the rules would flag among the comments that are held already."""

from datetime import datetime
from typing import Self

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.actors import Actor
from accounts.models import Organisation, User
from common.models import IdentifiedModel, TimeStampedModel
from moderation.enums import BacktestScope, BacktestStatus, ChunkStatus
from policies.models import RuleSetVersion


class BacktestQuerySet(models.QuerySet["Backtest"]):
    """Backtests."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep the backtests of the actor's organisation."""
        return self.filter(organisation_id=actor.organisation_id)

    def running(self) -> Self:
        """Keep those that are not over."""
        return self.filter(status=BacktestStatus.RUNNING)


class Backtest(TimeStampedModel):
    """One draft against held comments, compared with what was in force when it began.

    It keeps its own copy of both definitions: whatever becomes of the draft, the answer stays the
    answer to the question that was asked.
    """

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    version = models.ForeignKey(
        RuleSetVersion, null=True, on_delete=models.SET_NULL, related_name="backtests"
    )
    baseline = models.ForeignKey(
        RuleSetVersion, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    rule_set_name = models.CharField(max_length=200)
    version_number = models.PositiveIntegerField()
    baseline_number = models.PositiveIntegerField(null=True)
    definition = models.JSONField()
    digest = models.CharField(max_length=64)
    # Empty where nothing of this rule set was in force: then everything flagged is newly flagged.
    baseline_definition = models.JSONField(null=True)
    scope = models.CharField(max_length=10, choices=BacktestScope.choices)
    # The keys of the rules that are run; of the others it is known that they answer as before.
    rules_run = models.JSONField(default=list)
    rules_same = models.PositiveIntegerField(default=0)
    days = models.PositiveIntegerField(null=True, validators=[MinValueValidator(1)])
    minutes_per_case = models.DecimalField(max_digits=5, decimal_places=2)
    # The texts it is about: ids sort by the time at which a text was taken in.
    after_id = models.UUIDField()
    until_id = models.UUIDField()
    # Up to here texts are handed out, chunk by chunk.
    handed_out_id = models.UUIDField()
    total = models.PositiveBigIntegerField(null=True)
    status = models.CharField(
        max_length=10, choices=BacktestStatus.choices, default=BacktestStatus.RUNNING
    )
    # Merged from the chunks once all are in.
    result = models.JSONField(null=True)
    error = models.TextField(blank=True)
    started_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    cancelled_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    finished_at = models.DateTimeField(null=True)

    objects = BacktestQuerySet.as_manager()

    class Meta:
        constraints = [
            # One question at a time about one version.
            models.UniqueConstraint(
                fields=["version"], condition=Q(status="running"), name="backtest_one_running"
            ),
            models.CheckConstraint(
                name="backtest_over_has_time",
                condition=Q(status="running", finished_at__isnull=True)
                | (~Q(status="running") & Q(finished_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="backtest_finished_has_result",
                condition=~Q(status="finished") | Q(result__isnull=False),
            ),
            models.CheckConstraint(
                name="backtest_minutes_positive", condition=Q(minutes_per_case__gt=0)
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "-started_at", "-id"], name="backtest_newest")
        ]

    def __str__(self) -> str:
        return f"Backtest of {self.rule_set_name} version {self.version_number}"

    def get_absolute_url(self) -> str:
        """Return the page that shows how far it is and what it found."""
        return reverse("moderation:backtest_detail", args=[self.pk])

    @property
    def is_running(self) -> bool:
        """Whether it is not over."""
        return self.status == BacktestStatus.RUNNING


class BacktestChunk(IdentifiedModel):
    """A stretch of texts by id: handed to one worker for a while, counted once.

    Its result is written together with `done`, by whoever still holds the lease; so a worker that
    was killed, or woke up late, adds nothing.
    """

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    backtest = models.ForeignKey(
        Backtest, on_delete=models.CASCADE, related_name="chunks", db_index=False
    )
    after_id = models.UUIDField()
    until_id = models.UUIDField()
    status = models.CharField(
        max_length=6, choices=ChunkStatus.choices, default=ChunkStatus.LEASED
    )
    lease_token = models.UUIDField()
    lease_until = models.DateTimeField()
    # A stretch at which worker after worker dies ends the backtest instead of going on for ever.
    attempts = models.PositiveSmallIntegerField(default=1)
    read = models.PositiveIntegerField(default=0)
    result = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["backtest", "after_id"], name="backtest_chunk_handed_out_once"
            ),
            models.CheckConstraint(
                name="backtest_chunk_done_has_result",
                condition=Q(status="done", result__isnull=False)
                | Q(status="leased", result__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"Texts after {self.after_id} of {self.backtest_id}"

    def is_free_at(self, now: datetime) -> bool:
        """Whether whoever had it lost it."""
        return self.status == ChunkStatus.LEASED and self.lease_until <= now
