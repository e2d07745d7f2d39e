"""Source documents and their numbered sentences."""

from typing import Self

from django.db import models

from accounts.actors import Actor
from accounts.models import Organisation
from common.models import TimeStampedModel


class Pack(TimeStampedModel):
    """A body's published policy, as imported."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="packs")
    key = models.SlugField()
    title = models.CharField(max_length=200)
    version = models.CharField(max_length=40)
    source_title = models.CharField(max_length=200)
    source_publisher = models.CharField(max_length=200, blank=True)
    source_url = models.URLField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "key", "version"], name="pack_once")
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


class ClauseQuerySet(models.QuerySet["Clause"]):
    """Clauses."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep the clauses of the actor's organisation."""
        return self.filter(organisation_id=actor.organisation_id)

    def current(self) -> Self:
        """Keep those of the newest version of each pack."""
        return self.filter(is_current=True)


class Clause(TimeStampedModel):
    """One sentence of a policy that flags and decisions cite."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="clauses"
    )
    pack = models.ForeignKey(Pack, on_delete=models.PROTECT, related_name="clauses")
    reference = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    text = models.TextField()
    # HMPPS-04: the only clause under which a block needs no earlier warning.
    is_zero_tolerance = models.BooleanField(default=False)
    is_current = models.BooleanField(default=True)

    objects = ClauseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pack", "reference"], name="clause_once"),
            models.UniqueConstraint(
                fields=["organisation", "reference"],
                condition=models.Q(is_current=True),
                name="clause_current_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"
