"""Who came and went: sign-in and sign-out on the record of every organisation concerned."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import Membership, User
from audit import services as audit
from audit.enums import ActorKind, AuditEventType


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody before it is settled for whom they act."""

    id: UUID
    label: str
    organisation_id: UUID | None
    kind: str = ActorKind.PERSON.value


def signed_in(*, user: User, now: datetime) -> None:
    """Record a sign-in for every organisation where the person has a role."""
    _record(AuditEventType.SIGNED_IN, user, now)


def signed_out(*, user: User, now: datetime, how: str = "asked") -> None:
    """Record a sign-out. `how`: asked, idle or too_long."""
    _record(AuditEventType.SIGNED_OUT, user, now, how=how)


@transaction.atomic
def _record(kind: AuditEventType, user: User, now: datetime, **data: Any) -> None:  # Any: JSON
    organisations: list[UUID | None] = list(
        Membership.objects.current()
        .filter(user=user)
        .order_by("organisation_id")
        .values_list("organisation_id", flat=True)
        .distinct()
    )
    for organisation_id in organisations or [None]:
        actor = Person(id=user.pk, label=user.name, organisation_id=organisation_id)
        audit.record(kind, actor=actor, at=now, **data)
