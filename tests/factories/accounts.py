"""Organisations and people."""

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts import models
from accounts.enums import RoleName


class OrganisationFactory(DjangoModelFactory[models.Organisation]):
    class Meta:
        model = models.Organisation

    name = factory.Sequence(lambda n: f"Example Body {n}")
    short_name = factory.Sequence(lambda n: f"EB{n}")
    slug = factory.Sequence(lambda n: f"example-body-{n}")
    guidelines_url = "https://example.org/guidelines"


class UserFactory(DjangoModelFactory[models.User]):
    class Meta:
        model = models.User

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    name = factory.Sequence(lambda n: f"Person {n}")
    password = "!"


class MembershipFactory(DjangoModelFactory[models.Membership]):
    class Meta:
        model = models.Membership

    organisation = factory.SubFactory(OrganisationFactory)
    user = factory.SubFactory(UserFactory)
    role = RoleName.MODERATOR
    granted_at = factory.LazyFunction(timezone.now)


def a_member(organisation: models.Organisation) -> models.User:
    """Return a person with a role in the organisation."""
    user: models.User = MembershipFactory(organisation=organisation).user
    return user
