"""Give somebody a new password."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import commands
from accounts.services import people
from common.errors import DomainError


class Command(BaseCommand):
    """Asks for the password, or reads it as one line from standard input; never an argument."""

    help = (
        "Give somebody a new password, which signs them out everywhere. It is asked for, or read as one"
        " line from standard input."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Define the options."""
        parser.add_argument("person", metavar="EMAIL", help="whose password")
        commands.add_acting(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Set it, or say plainly why not."""
        by = commands.acting(options["acting"], options["organisation"])
        user = commands.person(options["person"])
        password = commands.ask_password(options["person"])
        try:
            people.set_password(user=user, password=password, by=by, now=timezone.now())
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"{user} has a new password and is signed out everywhere.")
