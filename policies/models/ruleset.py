"""Rule sets and their versions. A published version never changes: the database refuses it."""

from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import Q

from accounts.actors import Actor
from accounts.models import Organisation, User
from common.models import IdentifiedModel, TimeStampedModel
from policies.enums import NoteKind, Outcome, RuleSetStatus, Severity
from policies.models.pack import Clause


class RuleSetQuerySet(models.QuerySet["RuleSet"]):
    """Rule sets."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep the rule sets of the actor's organisation."""
        return self.filter(organisation_id=actor.organisation_id)

    def locked(self, pk: UUID, by: Actor) -> "RuleSet":
        """Return one of the actor's organisation, locked. Lock the rule set before its versions."""
        return self.visible_to(by).select_for_update(no_key=True).get(pk=pk)


class RuleSet(TimeStampedModel):
    """A body's guidelines as rules. What is in force is its published version."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="rule_sets"
    )
    key = models.SlugField()
    name = models.CharField(max_length=200)
    owner = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    objects = RuleSetQuerySet.as_manager()

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

    def scheduled(self) -> Self:
        """Keep the approved ones that come into force on a date."""
        return self.filter(status=RuleSetStatus.APPROVED, effective_at__isnull=False)

    def locked(self, pk: UUID, by: Actor) -> "RuleSetVersion":
        """Return one of the actor's organisation, locked."""
        return self.visible_to(by).select_for_update(of=("self",)).get(pk=pk)


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
    # Counts the saves of a draft, so that what was read on a page can be told from what is there now.
    revision = models.PositiveIntegerField(default=1)
    # What the draft was copied from, and what was in force then: it replaces no other unseen.
    based_on = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    replaces = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    summary = models.TextField(blank=True)
    drafted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    submitted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    # An approved version that comes into force on a date, and who set the date.
    effective_at = models.DateTimeField(null=True)
    scheduled_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
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
            # Two dates for one rule set would leave to chance which version is in force.
            models.UniqueConstraint(
                fields=["rule_set"],
                condition=Q(status="approved", effective_at__isnull=False),
                name="rule_set_one_scheduled_version",
            ),
            models.CheckConstraint(
                name="rule_set_version_submitted_by_and_at",
                condition=Q(submitted_by__isnull=True, submitted_at__isnull=True)
                | Q(submitted_by__isnull=False, submitted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="rule_set_version_scheduled_by_and_at",
                condition=Q(scheduled_by__isnull=True, effective_at__isnull=True)
                | Q(scheduled_by__isnull=False, effective_at__isnull=False),
            ),
            models.CheckConstraint(
                name="rule_set_version_date_is_of_an_approved",
                condition=Q(effective_at__isnull=True)
                | Q(status__in=["approved", "published", "retired"]),
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


class VersionEditor(IdentifiedModel):
    """Somebody who wrote in a draft, and so can never approve it: the database refuses that too."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(RuleSetVersion, on_delete=models.PROTECT, related_name="editors")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    first_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "user"], name="version_editor_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} wrote in {self.version}"


class VersionNoteQuerySet(models.QuerySet["VersionNote"]):
    """What was said about versions."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep what was said in the actor's organisation."""
        return self.filter(organisation_id=actor.organisation_id)


class VersionNote(IdentifiedModel):
    """What editor and approver say to one another about a version, or about one of its rules."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(RuleSetVersion, on_delete=models.PROTECT, related_name="notes")
    rule_key = models.SlugField(max_length=80, blank=True)
    kind = models.CharField(max_length=10, choices=NoteKind.choices, default=NoteKind.COMMENT)
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    text = models.TextField()

    objects = VersionNoteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="version_note_says_something", condition=~Q(text=""))
        ]
        indexes = [models.Index(fields=["version", "written_at"], name="version_note_of_version")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} on {self.version}"
