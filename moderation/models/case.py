"""Cases: the unit of a person's work about one content item, and who has claimed it."""

from datetime import datetime
from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.actors import Actor
from accounts.models import Organisation, User
from common.models import IdentifiedModel, TimeStampedModel
from moderation.enums import CaseOrigin, CaseStatus, ClaimEnd
from moderation.models.content import Author, ContentItem
from moderation.models.evaluation import Evaluation
from moderation.models.queue import Queue
from platforms.models import Channel
from policies.enums import Outcome, Severity
from policies.models import Clause

# The organisation of rows that come by the hundred thousand has neither foreign key nor index: the
# fence between organisations compares it with that of the row they belong to, and every query that
# has to be fast seeks by something else. Nor has a key that another index begins with one of its own.


class CaseQuerySet(models.QuerySet["Case"]):
    """Cases: `Case.objects.visible_to(actor).in_queue(queue).waiting().most_urgent_first()`."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep the cases of the actor's organisation."""
        return self.filter(organisation_id=actor.organisation_id)

    def in_queue(self, queue: Queue) -> Self:
        """Keep the cases of one queue."""
        return self.filter(queue=queue)

    def waiting(self) -> Self:
        """Keep open cases, claimed or not."""
        return self.filter(status=CaseStatus.WAITING)

    def claimed_by(self, user: User) -> Self:
        """Keep open cases that this person has claimed."""
        return self.filter(status=CaseStatus.WAITING, claimed_by=user)

    def most_urgent_first(self) -> Self:
        """Most severe and widest reach first, then the nearest due time, then the oldest."""
        return self.order_by("rank", "due_at", "id")

    def locked(self, pk: UUID) -> "Case":
        """Lock one case. Lock order everywhere: author, item, case, decision."""
        return self.select_for_update(of=("self",)).get(pk=pk)


class Case(TimeStampedModel):
    """One open question about one content item.

    `rank` puts urgency in one ascending number: severity first, reach within it. With `due_at`
    (working time) and `id` it is the whole order, so that pages and claims seek by one index.
    """

    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    content_item = models.ForeignKey(ContentItem, on_delete=models.PROTECT, related_name="cases")
    channel = models.ForeignKey(
        Channel, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    author = models.ForeignKey(
        Author, on_delete=models.PROTECT, related_name="cases", db_index=False
    )
    queue = models.ForeignKey(
        Queue, on_delete=models.PROTECT, related_name="cases", db_index=False
    )
    # What the case rests on; empty for one opened by a report or a colleague on unflagged content.
    evaluation = models.ForeignKey(
        Evaluation, null=True, on_delete=models.PROTECT, related_name="cases"
    )
    origin = models.CharField(max_length=8, choices=CaseOrigin.choices, default=CaseOrigin.FLAG)
    status = models.CharField(max_length=8, choices=CaseStatus.choices, default=CaseStatus.WAITING)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    recommend = models.CharField(max_length=12, choices=Outcome.choices, blank=True)
    # What the queue page shows on one line, kept here so that the page is one narrow query.
    headline = models.CharField(max_length=200, blank=True)
    excerpt = models.CharField(max_length=280, blank=True)
    clause_reference = models.CharField(max_length=40, blank=True)
    rank = models.SmallIntegerField()
    due_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    claimed_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    claimed_at = models.DateTimeField(null=True)
    claim_expires_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    standing_decision = models.OneToOneField(
        "moderation.Decision", null=True, on_delete=models.PROTECT, related_name="standing_in"
    )
    # Counts every change a moderator should know about before deciding.
    revision = models.PositiveIntegerField(default=1)

    objects = CaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["content_item"],
                condition=Q(status="waiting"),
                name="case_one_open_per_item",
            ),
            models.CheckConstraint(
                name="case_claimed_by_and_at",
                condition=Q(
                    claimed_by__isnull=True, claimed_at__isnull=True, claim_expires_at__isnull=True
                )
                | Q(
                    claimed_by__isnull=False,
                    claimed_at__isnull=False,
                    claim_expires_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="case_only_waiting_is_claimed",
                condition=Q(status="waiting") | Q(claimed_by__isnull=True),
            ),
            models.CheckConstraint(
                name="case_decided_has_one_standing_decision",
                condition=Q(
                    status="decided", standing_decision__isnull=False, decided_at__isnull=False
                )
                | (
                    ~Q(status="decided")
                    & Q(standing_decision__isnull=True, decided_at__isnull=True)
                ),
            ),
            models.CheckConstraint(
                name="case_closed_has_time",
                condition=Q(status="closed", closed_at__isnull=False)
                | (~Q(status="closed") & Q(closed_at__isnull=True)),
            ),
        ]
        indexes = [
            # Claim-next: the most urgent unclaimed case of a queue.
            models.Index(
                fields=["queue", "rank", "due_at", "id"],
                name="case_claimable",
                condition=Q(status="waiting", claimed_by__isnull=True),
            ),
            # The queue page, which also shows claimed cases.
            models.Index(
                fields=["queue", "rank", "due_at", "id"],
                name="case_waiting",
                condition=Q(status="waiting"),
            ),
            # The oldest waiting case, for the status page.
            models.Index(
                fields=["organisation", "opened_at"],
                name="case_oldest",
                condition=Q(status="waiting"),
            ),
            # What somebody holds, and claims that ran out: few rows at any time.
            models.Index(
                fields=["claimed_by", "claim_expires_at"],
                name="case_claim_expiry",
                condition=Q(claimed_by__isnull=False),
            ),
            # The author's record.
            models.Index(fields=["author", "-opened_at", "-id"], name="case_author"),
        ]

    def __str__(self) -> str:
        return f"{self.headline or 'Case'} ({self.get_status_display().lower()})"

    def get_absolute_url(self) -> str:
        """Return the page on which the case is decided."""
        return reverse("moderation:case_detail", args=[self.pk])

    def is_claimed_at(self, now: datetime) -> bool:
        """Whether somebody's claim on the case holds at `now`."""
        return self.claim_expires_at is not None and self.claim_expires_at > now


class Assignment(IdentifiedModel):
    """One claim by one person, from its start to its end: the history behind `claimed_by`."""

    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="assignments")
    claimed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    claimed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_how = models.CharField(max_length=10, choices=ClaimEnd.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(ended_at__isnull=True), name="assignment_one_open"
            ),
            models.CheckConstraint(
                name="assignment_ended_at_and_how",
                condition=Q(ended_at__isnull=True, ended_how="")
                | (Q(ended_at__isnull=False) & ~Q(ended_how="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.claimed_by_id} on {self.case_id}"


class Escalation(IdentifiedModel):
    """A case handed to another queue, with the reason. Never changes."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="escalations")
    from_queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+")
    to_queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+")
    clause = models.ForeignKey(Clause, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    made_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="escalation_has_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} to {self.to_queue_id}"
