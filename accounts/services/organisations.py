"""Organisations: the first steps of a new one, and when it works."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import actors
from accounts.actors import Actor
from accounts.enums import Nation, Permission, RoleName, Weekday
from accounts.models import OfficeHours, Organisation
from accounts.permissions import check_may
from accounts.services import people
from accounts.services.people import NewPerson
from audit import services as audit
from audit.enums import AuditEventType
from common.errors import DomainError


class OrganisationRefused(DomainError):
    """What describes the organisation will not do; the message says why."""

    code = "organisation_refused"


class OfficeHoursRefused(DomainError):
    """The hours make no sense; the message says why."""

    code = "office_hours_refused"


@dataclass(frozen=True, slots=True)
class Body:
    """What is known of a public body from the start."""

    name: str
    short_name: str
    slug: str
    nation: Nation = Nation.ENGLAND
    guidelines_url: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """One stretch of one weekday."""

    weekday: Weekday
    opens_at: time
    closes_at: time

    def __str__(self) -> str:
        return f"{self.weekday.label} {self.opens_at:%H:%M} to {self.closes_at:%H:%M}"


@transaction.atomic
def create(*, body: Body, administrator: NewPerson, now: datetime) -> Organisation:
    """Make an organisation and its first administrator, who gives everybody else their roles.

    Nobody can be asked for a permission before there is anybody: it is recorded for the console.
    """
    if Organisation.objects.filter(slug=body.slug).exists():
        message = f"There is an organisation “{body.slug}” already."
        raise OrganisationRefused(message)
    organisation = Organisation(
        name=body.name,
        short_name=body.short_name,
        slug=body.slug,
        nation=body.nation,
        guidelines_url=body.guidelines_url,
    )
    try:
        organisation.full_clean()
    except ValidationError as error:
        said = [f"{name}: {' '.join(why)}" for name, why in error.message_dict.items()]
        raise OrganisationRefused(" ".join(said)) from None
    organisation.save()
    by = actors.system(organisation.pk)
    audit.record(
        AuditEventType.ORGANISATION_CREATED, actor=by, at=now, target=organisation, name=body.name
    )
    people.add(person=administrator, roles=[RoleName.ADMINISTRATOR], by=by, now=now)
    return organisation


@transaction.atomic
def set_office_hours(*, periods: Sequence[Period], by: Actor, now: datetime) -> None:
    """Replace the hours in which the actor's organisation works (HMPPS-02, PPO-03).

    Due times of cases that wait already stay as they were told.
    """
    check_may(by, Permission.CHANNEL_MANAGE)
    if not periods:
        message = "Give at least one period, such as “Mon-Fri 09:00-17:00”."
        raise OfficeHoursRefused(message)
    before: Period | None = None
    for period in sorted(periods):
        if period.opens_at >= period.closes_at:
            message = f"{period} ends before it begins."
            raise OfficeHoursRefused(message)
        if before and before.weekday == period.weekday and period.opens_at < before.closes_at:
            message = f"{before} and {period} overlap."
            raise OfficeHoursRefused(message)
        before = period
    organisation = Organisation.objects.select_for_update(no_key=True).get(pk=by.organisation_id)
    OfficeHours.objects.filter(organisation=organisation).delete()
    OfficeHours.objects.bulk_create(
        OfficeHours(
            organisation=organisation,
            weekday=period.weekday,
            opens_at=period.opens_at,
            closes_at=period.closes_at,
        )
        for period in sorted(periods)
    )
    audit.record(
        AuditEventType.OFFICE_HOURS_SET,
        actor=by,
        at=now,
        target=organisation,
        hours=[str(period) for period in sorted(periods)],
    )
