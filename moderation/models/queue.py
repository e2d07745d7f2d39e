"""Where cases wait, and what sends them there."""

from typing import Self

from django.db import models

from accounts.actors import Actor
from accounts.models import Organisation
from common.models import TimeStampedModel
from policies.enums import Severity


class QueueQuerySet(models.QuerySet["Queue"]):
    """Queues."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep the queues of the actor's organisation."""
        return self.filter(organisation_id=actor.organisation_id)


class Queue(TimeStampedModel):
    """A line of waiting cases."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="queues")
    key = models.SlugField()
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_default = models.BooleanField(default=False)
    # Cases here are decided by senior reviewers only; moderators escalate into it.
    is_senior = models.BooleanField(default=False)
    # Kinds of content that a person always reads here, flagged or not (PPO-04).
    reviews_kinds = models.JSONField(default=list)
    # Minutes of working time until a case of each severity should be decided.
    targets = models.JSONField(default=dict)

    objects = QueueQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "key"], name="queue_once"),
            models.UniqueConstraint(
                fields=["organisation"],
                condition=models.Q(is_default=True),
                name="queue_one_default",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def target_minutes(self, severity: str) -> int:
        """Return the working minutes in which a case of this severity should be decided."""
        return int(self.targets.get(severity, DEFAULT_TARGETS[severity]))


DEFAULT_TARGETS = {
    Severity.CRITICAL.value: 60,
    Severity.HIGH.value: 4 * 60,
    Severity.MEDIUM.value: 8 * 60,
    Severity.LOW.value: 2 * 8 * 60,
}


class RoutingRule(TimeStampedModel):
    """Sends a case to a queue; the first that fits, by position, else the default queue.

    Every criterion that is set must hold: the route that a matched rule names, a clause, a least
    severity, a platform.
    """

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="routing_rules"
    )
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="routing_rules")
    position = models.PositiveSmallIntegerField()
    route = models.SlugField(max_length=40, blank=True)
    clause_reference = models.CharField(max_length=40, blank=True)
    least_severity = models.CharField(max_length=10, choices=Severity.choices, blank=True)
    platform = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "position"], name="routing_rule_position_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.position}: to {self.queue_id}"
