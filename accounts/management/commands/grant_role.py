"""Give somebody a role."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import commands
from accounts.enums import RoleName
from accounts.services import memberships
from common.errors import DomainError


class Command(BaseCommand):
    """Counts from the person's next request on."""

    help = "Give somebody who has an account a role in the organisation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Define the options."""
        parser.add_argument("person", metavar="EMAIL")
        parser.add_argument("role", metavar="ROLE", choices=RoleName.values)
        commands.add_acting(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Grant, or say plainly why not."""
        by = commands.acting(options["acting"], options["organisation"])
        user = commands.person(options["person"])
        role = RoleName(options["role"])
        try:
            memberships.grant(user=user, role=role, by=by, now=timezone.now())
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"{user} is {role.label.lower()} now.")
