"""What the published rules said, with evidence; and what people told us."""

from typing import Self

from django.db import models
from django.db.models import Q

from accounts.actors import Actor
from accounts.models import Organisation
from common.models import IdentifiedModel
from moderation.enums import EvaluationStage, ReportSource
from moderation.models.content import ContentItem, ContentRevision
from policies.enums import Outcome, Severity
from policies.models import Clause, Rule, RuleSetVersion


class EvaluationQuerySet(models.QuerySet["Evaluation"]):
    """Evaluations."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep the evaluations of the actor's organisation."""
        return self.filter(organisation_id=actor.organisation_id)


# The organisation of rows that come by the hundred thousand has neither foreign key nor index: the
# fence between organisations compares it with that of the row they belong to, and every query that
# has to be fast seeks by something else. Nor has a key that another index begins with one of its own.


class Evaluation(IdentifiedModel):
    """One revision judged by one rule-set version at one stage: once, and for ever.

    What the rules leave unknown for want of a model's score is judged a second time when the score
    has come. That judgement is a row of its own, about those rules only; the first one stays.
    """

    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    revision = models.ForeignKey(
        ContentRevision, on_delete=models.PROTECT, related_name="evaluations", db_index=False
    )
    version = models.ForeignKey(
        RuleSetVersion, on_delete=models.PROTECT, related_name="evaluations", db_index=False
    )
    stage = models.CharField(
        max_length=6,
        choices=EvaluationStage.choices,
        default=EvaluationStage.RULES,
        db_default=EvaluationStage.RULES.value,
    )
    is_flagged = models.BooleanField()
    severity = models.CharField(max_length=10, choices=Severity.choices, blank=True)
    recommend = models.CharField(max_length=12, choices=Outcome.choices, blank=True)
    human_required = models.BooleanField(default=False)
    # The facts the rules were given, so that the verdict can be run again.
    signals = models.JSONField(default=dict)
    # Rules that could not be decided, and which facts they lacked.
    unknown = models.JSONField(default=list)
    evaluated_at = models.DateTimeField()

    objects = EvaluationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "version", "stage"], name="evaluation_once_a_stage"
            ),
            models.CheckConstraint(
                name="evaluation_flagged_has_severity",
                condition=Q(is_flagged=False, severity="")
                | (Q(is_flagged=True) & ~Q(severity="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.severity or 'clean'} by {self.version_id}"


class FlagQuerySet(models.QuerySet["Flag"]):
    """Flags."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep the flags of the actor's organisation."""
        return self.filter(organisation_id=actor.organisation_id)


class Flag(IdentifiedModel):
    """One rule's mark on one revision: the clause, the sentence, and where in the text."""

    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    evaluation = models.ForeignKey(
        Evaluation, on_delete=models.PROTECT, related_name="flags", db_index=False
    )
    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="flags")
    clause = models.ForeignKey(Clause, on_delete=models.PROTECT, related_name="flags")
    severity = models.CharField(max_length=10, choices=Severity.choices)
    recommend = models.CharField(max_length=12, choices=Outcome.choices)
    # Evidence: [{"start": 0, "end": 4, "label": "...", "source": "..."}], code points of the text.
    spans = models.JSONField(default=list)
    facts = models.JSONField(default=dict)
    because = models.TextField()

    objects = FlagQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "rule"], name="flag_once_per_rule")
        ]

    def __str__(self) -> str:
        return f"{self.clause_id} by {self.rule_id}"


class ReportQuerySet(models.QuerySet["Report"]):
    """Reports."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep the reports made to the actor's organisation."""
        return self.filter(organisation_id=actor.organisation_id)


class Report(IdentifiedModel):
    """Somebody told us about an item (HMPPS-15)."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    content_item = models.ForeignKey(ContentItem, on_delete=models.PROTECT, related_name="reports")
    source = models.CharField(max_length=8, choices=ReportSource.choices)
    reporter = models.CharField(max_length=200, blank=True)
    reason = models.TextField()
    received_at = models.DateTimeField()

    objects = ReportQuerySet.as_manager()

    class Meta:
        constraints = [
            # The same person reporting the same item again is the same report.
            models.UniqueConstraint(
                fields=["content_item", "reporter"],
                condition=~Q(reporter=""),
                name="report_once_per_reporter",
            ),
            models.CheckConstraint(name="report_has_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"Report of {self.content_item_id}"
