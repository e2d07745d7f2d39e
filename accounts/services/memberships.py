"""Who is what: grant and revoke roles."""

from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from accounts.enums import Permission, RoleName
from accounts.models import Membership, Organisation, User
from accounts.permissions import check_may
from accounts.roles import ROLE_PERMISSIONS
from audit import services as audit
from audit.enums import AuditEventType
from common.errors import DomainError, NotPermitted

ADMINISTRATING = [
    role.value
    for role, permissions in ROLE_PERMISSIONS.items()
    if Permission.MEMBERSHIP_MANAGE in permissions
]


class OnlyAPerson(NotPermitted):
    """Roles are given and taken by people, whose name stays with them."""


class LastAdministrator(DomainError):
    """Somebody must be left who can give roles."""

    code = "last_administrator"


@transaction.atomic
def grant(*, user: User, role: RoleName, by: Actor, now: datetime) -> Membership:
    """Give somebody a role in the actor's organisation; one they hold already stays as it is."""
    check_may(by, Permission.MEMBERSHIP_MANAGE)
    _lock(by)
    existing = (
        Membership.objects.current()
        .filter(user=user, organisation_id=by.organisation_id, role=role)
        .first()
    )
    if existing is not None:
        return existing
    membership = Membership.objects.create(
        organisation_id=by.organisation_id,
        user=user,
        role=role,
        granted_by=by.user,
        granted_at=now,
    )
    audit.record(
        AuditEventType.MEMBERSHIP_GRANTED,
        actor=by,
        at=now,
        target=membership,
        person=user.name,
        role=role.value,
    )
    return membership


@transaction.atomic
def revoke(*, membership: Membership, by: Actor, now: datetime, reason: str) -> None:
    """Take a role away from now on; the row stays as history."""
    check_may(by, Permission.MEMBERSHIP_MANAGE)
    if by.user is None:
        message = "A role is taken away by a person."
        raise OnlyAPerson(message)
    _lock(by)
    current = Membership.objects.current().filter(organisation_id=by.organisation_id)
    administrators = current.filter(role__in=ADMINISTRATING, user__is_active=True)
    if (
        administrators.filter(pk=membership.pk).exists()
        and not administrators.exclude(pk=membership.pk).exists()
    ):
        message = (
            "Nobody would be left who can give roles. Make somebody else administrator first."
        )
        raise LastAdministrator(message)
    if current.filter(pk=membership.pk).update(revoked_at=now, revoked_by=by.user):
        audit.record(
            AuditEventType.MEMBERSHIP_REVOKED,
            actor=by,
            at=now,
            target=membership,
            reason=reason,
            person=membership.user.name,
            role=membership.role,
        )


def _lock(by: Actor) -> None:
    """Change one organisation's roles one after the other."""
    Organisation.objects.select_for_update(no_key=True).get(pk=by.organisation_id)
