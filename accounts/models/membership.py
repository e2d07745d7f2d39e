"""Who has which role in which organisation, granted and revoked by whom."""

from typing import Self

from django.db import models
from django.db.models import Q

from accounts.enums import RoleName
from accounts.models.organisation import Organisation
from accounts.models.user import User
from common.models import IdentifiedModel


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships."""

    def current(self) -> Self:
        """Keep those not revoked."""
        return self.filter(revoked_at__isnull=True)


class Membership(IdentifiedModel):
    """One role of one person in one organisation."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="memberships"
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=RoleName.choices)
    granted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField()
    revoked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "user", "role"],
                condition=Q(revoked_at__isnull=True),
                name="membership_once",
            ),
            models.CheckConstraint(
                name="membership_revoked_by_and_at",
                condition=Q(revoked_by__isnull=True, revoked_at__isnull=True)
                | Q(revoked_by__isnull=False, revoked_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.get_role_display()} of {self.organisation}"
