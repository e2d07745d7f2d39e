"""What is done about content and authors, and how far each act has really come."""

from typing import Self

from django.db import models
from django.db.models import Q

from accounts.actors import Actor
from accounts.models import Organisation
from common.models import IdentifiedModel
from moderation.enums import ActionKind, ActionStatus
from moderation.models.content import Author, ContentItem
from moderation.models.decision import Decision
from platforms.models import Channel, OutboxMessage


class EnforcementActionQuerySet(models.QuerySet["EnforcementAction"]):
    """Enforcement actions."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep the actions of the actor's organisation."""
        return self.filter(organisation_id=actor.organisation_id)

    def unsettled(self) -> Self:
        """Keep those on their way."""
        return self.filter(
            status__in=[ActionStatus.REQUESTED, ActionStatus.ACCEPTED, ActionStatus.UNKNOWN]
        )

    def delivered_warnings(self) -> Self:
        """Keep warnings that verifiably reached their author and were not overturned since."""
        return self.filter(
            kind=ActionKind.WARN,
            status=ActionStatus.VERIFIED,
            decision__replaced_by__isnull=True,
        )


class EnforcementAction(IdentifiedModel):
    """One act that a decision asked for, on one channel.

    Where the platform cannot do it, the row says so (`not_possible`, `note`) and has no message.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="actions")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+")
    content_item = models.ForeignKey(
        ContentItem, on_delete=models.PROTECT, related_name="enforcement_actions"
    )
    author = models.ForeignKey(
        Author, on_delete=models.PROTECT, related_name="enforcement_actions"
    )
    kind = models.CharField(max_length=10, choices=ActionKind.choices)
    status = models.CharField(
        max_length=12, choices=ActionStatus.choices, default=ActionStatus.REQUESTED
    )
    note = models.TextField(blank=True)
    undoes = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="undone_by"
    )
    outbox_message = models.OneToOneField(
        OutboxMessage, null=True, on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    objects = EnforcementActionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "kind", "channel"], name="enforcement_action_once"
            ),
            models.CheckConstraint(
                name="enforcement_action_verified_has_time",
                condition=Q(status="verified", verified_at__isnull=False)
                | (~Q(status="verified") & Q(verified_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="enforcement_action_has_message_or_note",
                condition=Q(outbox_message__isnull=False) | ~Q(note=""),
            ),
        ]
        indexes = [
            # Settling: actions on their way.
            models.Index(
                fields=["outbox_message"],
                name="enforcement_unsettled",
                condition=Q(status__in=["requested", "accepted", "unknown"]),
            ),
            # The author's record.
            models.Index(fields=["author", "kind"], name="enforcement_author"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_status_display().lower()})"
