"""A new organisation, ready to receive people, channels and rules."""

from datetime import datetime

from django.db import transaction

from accounts import actors
from accounts.models import Organisation
from accounts.services import organisations
from accounts.services.people import NewPerson
from moderation.services import queues


@transaction.atomic
def found(*, body: organisations.Body, administrator: NewPerson, now: datetime) -> Organisation:
    """Make an organisation with its first administrator and its queues."""
    organisation = organisations.create(body=body, administrator=administrator, now=now)
    queues.set_up(by=actors.system(organisation.pk))
    return organisation
