"""The append-only record. No foreign keys: the record never holds up, or falls with, live data."""

from typing import Self
from uuid import UUID

from django.db import models

from audit.enums import ActorKind, AuditEventType


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    """Audit events, read only."""

    def of_organisation(self, organisation_id: UUID) -> Self:
        """Keep the events of one organisation."""
        return self.filter(organisation_id=organisation_id)

    def about(self, *target_ids: UUID) -> Self:
        """Keep the events about these rows."""
        return self.filter(target_id__in=target_ids)

    def of_case(self, case_id: UUID) -> Self:
        """Keep everything that belongs to one case's story."""
        return self.filter(case_id=case_id)

    def newest_first(self) -> Self:
        """Order for reading."""
        return self.order_by("-id")


class AuditEvent(models.Model):
    """Who did what, when, why, to what. Insert only: the database refuses change."""

    id = models.BigAutoField(primary_key=True)
    organisation_id = models.UUIDField(null=True)
    type = models.CharField(max_length=40, choices=AuditEventType.choices)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8, choices=ActorKind.choices)
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=200)
    target_kind = models.CharField(max_length=60, blank=True)
    target_id = models.UUIDField(null=True)
    case_id = models.UUIDField(null=True)
    clause = models.CharField(max_length=40, blank=True)
    reason = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        indexes = [
            # The audit page: an organisation's newest events.
            models.Index(fields=["organisation_id", "-id"], name="audit_organisation_newest"),
            # The timeline on a case, an author, a channel.
            models.Index(
                fields=["case_id", "id"],
                name="audit_case",
                condition=models.Q(case_id__isnull=False),
            ),
            models.Index(
                fields=["target_id", "id"],
                name="audit_target",
                condition=models.Q(target_id__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="audit_person_or_token_is_named",
                condition=models.Q(actor_kind="system") | models.Q(actor_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} at {self.at:%Y-%m-%d %H:%M:%S} by {self.actor_label}"
