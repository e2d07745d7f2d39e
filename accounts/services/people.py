"""People: add one, and give one a new password. They are known to the console as a whole, by address."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from accounts.actors import Actor
from accounts.enums import Permission, RoleName
from accounts.models import Membership, User
from accounts.permissions import actor_for, check_may
from accounts.services import memberships
from audit import services as audit
from audit.enums import AuditEventType
from common.errors import DomainError, NotPermitted

LONGEST_NAME = 200


class PersonRefused(DomainError):
    """The address, the name or the password will not do; the message says why."""

    code = "person_refused"


class PersonExists(DomainError):
    """The address belongs to somebody already."""

    code = "person_exists"


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Who is added. The password is shown nowhere."""

    email: str
    name: str
    password: str = field(repr=False)


@transaction.atomic
def add(*, person: NewPerson, roles: Sequence[RoleName], by: Actor, now: datetime) -> User:
    """Make an account for somebody new and give them roles in the actor's organisation."""
    check_may(by, Permission.MEMBERSHIP_MANAGE)
    email, name = person.email.strip().lower(), " ".join(person.name.split())
    try:
        validate_email(email)
    except ValidationError:
        message = f"“{person.email}” is not an e-mail address."
        raise PersonRefused(message) from None
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        message = f"Give the person a name of 1 to {LONGEST_NAME} characters."
        raise PersonRefused(message)
    if not roles:
        message = "Give the person at least one role."
        raise PersonRefused(message)
    if User.objects.filter(email__iexact=email).exists():
        message = f"{email} is known already. Give the person a role with grant_role."
        raise PersonExists(message)
    _check_password(person.password, User(email=email, name=name))
    user = User.objects.create_user(email, person.password, name=name)
    audit.record(
        AuditEventType.PERSON_ADDED, actor=by, at=now, target=user, person=name, email=email
    )
    for role in roles:
        memberships.grant(user=user, role=role, by=by, now=now)
    return user


@transaction.atomic
def set_password(*, user: User, password: str, by: Actor, now: datetime) -> None:
    """Give somebody a new password, which ends every session of theirs."""
    check_may(by, Permission.MEMBERSHIP_MANAGE)
    theirs = Membership.objects.current().filter(user=user)
    organisations = set(theirs.values_list("organisation_id", flat=True))
    if by.organisation_id not in organisations:
        message = f"{user} has no role in your organisation."
        raise NotPermitted(message)
    # A new password opens every organisation where the person works.
    for organisation_id in organisations - {by.organisation_id}:
        there = actor_for(by.user, organisation_id) if by.user else None
        if there is None or not there.may(Permission.MEMBERSHIP_MANAGE):
            message = f"{user} works for another organisation too, whose roles you do not manage."
            raise NotPermitted(message)
    _check_password(password, user)
    user = User.objects.select_for_update().get(pk=user.pk)
    user.set_password(password)
    user.save()
    audit.record(AuditEventType.PASSWORD_SET, actor=by, at=now, target=user, person=user.name)


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise PersonRefused(" ".join(error.messages)) from None
