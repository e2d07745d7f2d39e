"""What is to be done outside, and what became of it."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from accounts.actors import Actor
from accounts.models import Organisation
from common.models import TimeStampedModel
from platforms.enums import DeliveryStatus
from platforms.models.channel import Channel

# Ended without the wish fulfilled.
FAILED = (DeliveryStatus.DEAD, DeliveryStatus.REFUSED)


class OutboxMessageQuerySet(models.QuerySet["OutboxMessage"]):
    """Outbox messages."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep the messages of the actor's organisation."""
        return self.filter(organisation_id=actor.organisation_id)

    def due(self, now: datetime) -> Self:
        """Keep those to work on now: to send, to look up, or to read back."""
        return self.filter(next_attempt_at__lte=now)

    def dead(self) -> Self:
        """Keep those that were refused or gave up, and are still wished for: a person has to look."""
        return self.filter(status__in=FAILED, withdrawn_at__isnull=True)


class OutboxMessage(TimeStampedModel):
    """One command for a platform. Retry lives here, so that it can be seen and changed by hand.

    `next_attempt_at` is set as long as there is something to do: send (requested), look whether a
    lost answer took effect (sending after a crash, unknown), or read back (accepted).
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="outbox_messages")
    kind = models.CharField(max_length=12)
    idempotency_key = models.CharField(max_length=64, unique=True)
    target_external_id = models.CharField(max_length=400, blank=True)
    author_external_id = models.CharField(max_length=400, blank=True)
    text = models.TextField(blank=True)
    address = models.JSONField(default=dict, blank=True)
    receipt = models.JSONField(default=dict, blank=True)
    status = models.CharField(
        max_length=10, choices=DeliveryStatus.choices, default=DeliveryStatus.REQUESTED
    )
    # Moves the same thing, asked for just before: this one waits for it.
    after = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="followers"
    )
    attempts = models.PositiveIntegerField(default=0)
    checks = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    last_error = models.TextField(blank=True)
    last_error_code = models.CharField(max_length=40, blank=True)
    seen = models.TextField(blank=True)
    requested_at = models.DateTimeField()
    # The decision behind it was taken back: what is under way is followed, nothing is sent again.
    withdrawn_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    # When the item was found not to be there any more, which fulfils a wish to hide or delete it.
    gone_at = models.DateTimeField(null=True)

    objects = OutboxMessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="outbox_message_lease_and_until",
                condition=Q(lease__isnull=True, leased_until__isnull=True)
                | Q(lease__isnull=False, leased_until__isnull=False),
            ),
            models.CheckConstraint(
                name="outbox_message_verified_has_time",
                condition=~Q(status="verified") | Q(verified_at__isnull=False),
            ),
        ]
        indexes = [
            # The delivery task: what is due.
            models.Index(
                fields=["next_attempt_at"],
                name="outbox_message_due",
                condition=Q(next_attempt_at__isnull=False),
            ),
            # The status page: what failed and is still wished for.
            models.Index(
                fields=["organisation", "-id"],
                name="outbox_message_dead",
                condition=Q(status__in=["dead", "refused"], withdrawn_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.target_external_id or self.author_external_id}"
