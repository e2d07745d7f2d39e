"""Make an organisation and its first administrator."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import commands
from accounts.enums import Nation
from accounts.services.organisations import Body
from accounts.services.people import NewPerson
from common.errors import DomainError
from moderation.services import founding


class Command(BaseCommand):
    """Asks for the administrator's password, or reads it as one line from standard input."""

    help = (
        "Make an organisation with its queues and its first administrator, who gives everybody else"
        " their roles. The password is asked for, or read as one line from standard input."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Define the options."""
        parser.add_argument("slug", metavar="SLUG", help="its short name in commands")
        parser.add_argument("--name", required=True)
        parser.add_argument("--short-name", required=True, help="as pages show it")
        parser.add_argument(
            "--nation",
            choices=Nation.values,
            default=Nation.ENGLAND.value,
            help="whose bank holidays it keeps (default ENG)",
        )
        parser.add_argument(
            "--guidelines-url",
            default="",
            metavar="URL",
            help="where its guidelines are published",
        )
        parser.add_argument("--administrator", required=True, metavar="EMAIL")
        parser.add_argument("--administrator-name", required=True, metavar="NAME")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it, or say plainly why not."""
        body = Body(
            name=options["name"].strip(),
            short_name=options["short_name"].strip(),
            slug=options["slug"],
            nation=Nation(options["nation"]),
            guidelines_url=options["guidelines_url"],
        )
        password = commands.ask_password(options["administrator"])
        administrator = NewPerson(
            options["administrator"], options["administrator_name"], password
        )
        try:
            organisation = founding.found(
                body=body, administrator=administrator, now=timezone.now()
            )
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(
            f"{organisation.name} ({organisation.slug}) is ready."
            f" {administrator.email} can sign in as administrator."
        )
