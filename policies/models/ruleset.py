"""Rule sets and their versions. A published version never changes: the database refuses it."""

from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import Q

from accounts.actors import Actor
from accounts.models import Organisation, User
from common.models import IdentifiedModel, TimeStampedModel
from policies.enums import Outcome, RuleSetStatus, Severity
from policies.models.pack import Clause


class RuleSet(TimeStampedModel):
    """A body's guidelines as rules. What is in force is its published version."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="rule_sets"
    )
    key = models.SlugField()
    name = models.CharField(max_length=200)
    owner = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "key"], name="rule_set_once")
        ]

    def __str__(self) -> str:
        return self.name


class RuleSetVersionQuerySet(models.QuerySet["RuleSetVersion"]):
    """Versions of rule sets."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep the versions of the actor's organisation."""
        return self.filter(organisation_id=actor.organisation_id)

    def of_organisation(self, organisation_id: UUID) -> Self:
        """Keep one organisation's."""
        return self.filter(organisation_id=organisation_id)

    def published(self) -> Self:
        """Keep those in force."""
        return self.filter(status=RuleSetStatus.PUBLISHED)


class RuleSetVersion(TimeStampedModel):
    """One version: the whole definition, who wrote, approved and published it, and when."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="rule_set_versions"
    )
    rule_set = models.ForeignKey(RuleSet, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    status = models.CharField(
        max_length=10, choices=RuleSetStatus.choices, default=RuleSetStatus.DRAFT
    )
    definition = models.JSONField()
    digest = models.CharField(max_length=64)
    drafted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    approved_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    review_on = models.DateField(null=True)

    objects = RuleSetVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule_set", "number"], name="rule_set_version_once"),
            models.UniqueConstraint(
                fields=["rule_set"],
                condition=Q(status="published"),
                name="rule_set_one_published_version",
            ),
            models.CheckConstraint(
                name="rule_set_version_approved_by_and_at",
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="rule_set_version_published_by_and_at",
                condition=Q(published_by__isnull=True, published_at__isnull=True)
                | Q(published_by__isnull=False, published_at__isnull=False),
            ),
            models.CheckConstraint(
                name="rule_set_version_published_is_approved",
                condition=~Q(status__in=["published", "retired"])
                | Q(approved_at__isnull=False, published_at__isnull=False),
            ),
            # Nobody approves their own rules.
            models.CheckConstraint(
                name="rule_set_version_approver_is_another",
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=models.F("drafted_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_set} version {self.number}"


class Rule(IdentifiedModel):
    """One rule of one version, as a row that matches can name. Its logic is in the definition."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="rules")
    version = models.ForeignKey(RuleSetVersion, on_delete=models.CASCADE, related_name="rules")
    clause = models.ForeignKey(Clause, on_delete=models.PROTECT, related_name="rules")
    key = models.SlugField(max_length=80)
    name = models.CharField(max_length=200)
    group = models.SlugField(max_length=80)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    recommend = models.CharField(max_length=12, choices=Outcome.choices)
    human_required = models.BooleanField(default=True)
    route = models.SlugField(max_length=40, blank=True)
    because = models.TextField()
    # The condition in plain English, written once when the version is drafted.
    sentence = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "key"], name="rule_once")]

    def __str__(self) -> str:
        return self.name
