"""Judgements. A decision is never edited: it is replaced by another that says why."""

from typing import Self

from django.db import models
from django.db.models import Q

from accounts.actors import Actor
from accounts.models import ApiToken, Organisation, User
from common.models import IdentifiedModel
from moderation.models.case import Case
from moderation.models.content import ContentRevision
from policies.enums import Outcome
from policies.models import Clause, RuleSetVersion


class DecisionQuerySet(models.QuerySet["Decision"]):
    """Decisions."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep the decisions of the actor's organisation."""
        return self.filter(organisation_id=actor.organisation_id)


class Decision(IdentifiedModel):
    """What was concluded about which text, under which clause, by whom and why."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="decisions")
    revision = models.ForeignKey(ContentRevision, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    clause = models.ForeignKey(Clause, null=True, on_delete=models.PROTECT, related_name="+")
    # The version in force when it was made.
    rule_set_version = models.ForeignKey(
        RuleSetVersion, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField()
    # What is said to the author, where the outcome says something.
    message = models.TextField(blank=True)
    replaces = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="replaced_by"
    )
    made_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    made_by_token = models.ForeignKey(
        ApiToken, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField()
    # From the form or the API call: the same submission twice is one decision.
    submission_key = models.CharField(max_length=64)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "submission_key"], name="decision_submitted_once"
            ),
            models.CheckConstraint(name="decision_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="decision_made_by_one",
                condition=Q(made_by__isnull=False, made_by_token__isnull=True)
                | Q(made_by__isnull=True, made_by_token__isnull=False),
            ),
            # Principle 1: whatever is done rests on a clause.
            models.CheckConstraint(
                name="decision_cites_a_clause",
                condition=Q(outcome__in=["no_breach", "reply", "no_reply"])
                | Q(clause__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["case", "made_at", "id"], name="decision_of_case")]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} on {self.case_id}"
