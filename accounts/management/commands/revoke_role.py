"""Take a role away from somebody."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import commands
from accounts.enums import RoleName
from accounts.models import Membership
from accounts.services import memberships
from common.errors import DomainError


class Command(BaseCommand):
    """Counts from the person's next request on; the row stays as history."""

    help = "Take a role away from somebody, from now on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Define the options."""
        parser.add_argument("person", metavar="EMAIL")
        parser.add_argument("role", metavar="ROLE", choices=RoleName.values)
        parser.add_argument("--reason", required=True, help="why; kept with the act")
        commands.add_acting(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Revoke, or say plainly why not."""
        by = commands.acting(options["acting"], options["organisation"])
        reason = commands.reason_of(options)
        user = commands.person(options["person"])
        role = RoleName(options["role"])
        membership = (
            Membership.objects.current()
            .filter(user=user, role=role, organisation_id=by.organisation_id)
            .first()
        )
        if membership is None:
            message = f"{user} is not {role.label.lower()} there."
            raise CommandError(message)
        try:
            memberships.revoke(membership=membership, by=by, now=timezone.now(), reason=reason)
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"{user} is no longer {role.label.lower()}.")
