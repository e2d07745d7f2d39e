"""Official accounts on platforms."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from accounts.actors import Actor
from accounts.models import Organisation
from common.models import TimeStampedModel
from platforms.enums import ChannelStatus, Platform
from platforms.fields import EncryptedJSONField


class ChannelQuerySet(models.QuerySet["Channel"]):
    """Channels."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep the channels of the actor's organisation."""
        return self.filter(organisation_id=actor.organisation_id)

    def due_for_poll(self, now: datetime) -> Self:
        """Keep active channels whose next poll has come."""
        return self.filter(status=ChannelStatus.ACTIVE, next_poll_at__lte=now)


class Channel(TimeStampedModel):
    """One official account, for which the organisation answers."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="channels"
    )
    platform = models.CharField(max_length=20, choices=Platform.choices)
    name = models.CharField(max_length=200)
    handle = models.CharField(max_length=200, blank=True)
    slug = models.SlugField(max_length=80)
    external_id = models.CharField(max_length=300)
    url = models.URLField(max_length=500, blank=True)
    base_url = models.URLField(max_length=500, blank=True)
    settings = models.JSONField(default=dict, blank=True)
    credentials = EncryptedJSONField(default=dict, blank=True)
    status = models.CharField(
        max_length=20, choices=ChannelStatus.choices, default=ChannelStatus.ACTIVE
    )
    cursor = models.TextField(blank=True)
    poll_every_seconds = models.PositiveIntegerField(default=60)
    next_poll_at = models.DateTimeField(null=True)
    last_polled_at = models.DateTimeField(null=True)
    last_synced_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "platform", "external_id"], name="channel_once"
            ),
            models.UniqueConstraint(fields=["organisation", "slug"], name="channel_slug_once"),
        ]
        indexes = [
            models.Index(
                fields=["next_poll_at"], name="channel_due_for_poll", condition=Q(status="active")
            )
        ]

    def __str__(self) -> str:
        return self.name
