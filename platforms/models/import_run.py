"""File imports: how far each got, so that an interrupted one goes on."""

from typing import Self

from django.db import models

from accounts.actors import Actor
from accounts.models import Organisation, User
from common.models import TimeStampedModel
from platforms.models.channel import Channel


class ImportStatus(models.TextChoices):
    """The life of a file import."""

    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"
    FAILED = "failed", "Failed"


class ImportRunQuerySet(models.QuerySet["ImportRun"]):
    """File imports."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep the imports of the actor's organisation."""
        return self.filter(organisation_id=actor.organisation_id)


class ImportRun(TimeStampedModel):
    """One file into one channel. The same file (by digest) into the same channel is one run."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="import_runs")
    file_name = models.CharField(max_length=255)
    # Where an uploaded file is kept until it is imported; empty for a file named on the command line.
    stored_as = models.CharField(max_length=255, blank=True)
    digest = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict, blank=True)
    status = models.CharField(
        max_length=10, choices=ImportStatus.choices, default=ImportStatus.RUNNING
    )
    rows_read = models.PositiveBigIntegerField(default=0)
    rows_added = models.PositiveBigIntegerField(default=0)
    rows_known = models.PositiveBigIntegerField(default=0)
    rows_rejected = models.PositiveBigIntegerField(default=0)
    bytes_total = models.PositiveBigIntegerField(default=0)
    bytes_read = models.PositiveBigIntegerField(default=0)
    error = models.TextField(blank=True)
    started_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "digest", "mapping"], name="import_run_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.file_name} into {self.channel_id}"


class RejectedRow(models.Model):
    """One row of a file that could not be taken, with its line and the reason."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="rejected")
    line = models.PositiveBigIntegerField()
    reason = models.TextField()
    excerpt = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "line"], name="rejected_row_once")]

    def __str__(self) -> str:
        return f"Line {self.line}: {self.reason}"
