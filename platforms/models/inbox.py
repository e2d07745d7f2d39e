"""What came in, exactly as received."""

from typing import Self

from django.db import models
from django.db.models import Q

from accounts.actors import Actor
from accounts.models import Organisation
from common.models import IdentifiedModel
from platforms.enums import InboundSource, InboundStatus
from platforms.models.channel import Channel


class InboundEventQuerySet(models.QuerySet["InboundEvent"]):
    """Inbound events."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep the events of the actor's organisation."""
        return self.filter(organisation_id=actor.organisation_id)

    def pending(self) -> Self:
        """Keep those still to be ingested."""
        return self.filter(status=InboundStatus.PENDING)


class InboundEvent(IdentifiedModel):
    """One raw event. `payload` is byte for byte what arrived; `key` makes a repeat harmless."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="inbound_events")
    key = models.CharField(max_length=400)
    source = models.CharField(max_length=10, choices=InboundSource.choices)
    kind = models.CharField(max_length=60, blank=True)
    payload = models.BinaryField()
    received_at = models.DateTimeField()
    status = models.CharField(
        max_length=10, choices=InboundStatus.choices, default=InboundStatus.PENDING
    )
    settled_at = models.DateTimeField(null=True)
    # A person had it read again: what came later may have been taken in before it.
    retried_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, default="")

    objects = InboundEventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "key"], name="inbound_event_once"),
            models.CheckConstraint(
                name="inbound_event_settled_has_time",
                condition=Q(status="pending", settled_at__isnull=True)
                | (~Q(status="pending") & Q(settled_at__isnull=False)),
            ),
        ]
        indexes = [
            # The ingest task and the status page: the few that wait or failed.
            models.Index(
                fields=["id"], name="inbound_event_pending", condition=Q(status="pending")
            ),
            models.Index(
                fields=["organisation", "id"],
                name="inbound_event_failed",
                condition=Q(status="failed"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} on {self.channel_id}"
