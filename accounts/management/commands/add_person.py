"""Make an account for somebody new."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import commands
from accounts.enums import RoleName
from accounts.services import people
from common.errors import DomainError


class Command(BaseCommand):
    """Asks for the password, or reads it as one line from standard input; never an argument."""

    help = (
        "Make an account for somebody new and give them roles. The password is asked for, or read as"
        " one line from standard input."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Define the options."""
        parser.add_argument("person", metavar="EMAIL", help="the address to sign in with")
        parser.add_argument("--name", required=True)
        parser.add_argument(
            "--role",
            action="append",
            required=True,
            choices=RoleName.values,
            dest="roles",
            help="what they are to the organisation; may be given several times",
        )
        commands.add_acting(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Add, or say plainly why not."""
        by = commands.acting(options["acting"], options["organisation"])
        password = commands.ask_password(options["person"])
        try:
            user = people.add(
                person=people.NewPerson(options["person"], options["name"], password),
                roles=[RoleName(role) for role in options["roles"]],
                by=by,
                now=timezone.now(),
            )
        except DomainError as error:
            raise CommandError(error.message) from None
        roles = ", ".join(RoleName(role).label for role in options["roles"])
        self.stdout.write(f"{user} can sign in as {user.email}: {roles}.")
