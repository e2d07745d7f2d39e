"""Issue an API token for an internal tool."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import actors, commands
from accounts.enums import Permission
from accounts.models import Organisation
from accounts.services import tokens
from common.errors import DomainError

LONGEST_DAYS = 366


class Command(BaseCommand):
    """Prints the token once: only a digest is kept."""

    help = "Issue an API token for an internal tool and print it. It cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Define the options."""
        parser.add_argument("--organisation", required=True, metavar="SLUG")
        parser.add_argument("--name", required=True, help="what the record calls the tool")
        parser.add_argument(
            "--scopes",
            required=True,
            metavar="A,B",
            help=f"what it may do, separated by commas: {', '.join(Permission)}",
        )
        parser.add_argument(
            "--as",
            dest="acting",
            metavar="EMAIL",
            help="the administrator who issues it; else it is recorded for the console itself",
        )
        parser.add_argument(
            "--days", type=int, default=90, help="how long it works (default 90, at most 366)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check the options, issue, print."""
        organisation = Organisation.objects.filter(slug=options["organisation"]).first()
        if organisation is None:
            known = ", ".join(Organisation.objects.order_by("slug").values_list("slug", flat=True))
            message = (
                f"There is no organisation “{options['organisation']}”. Known: {known or 'none'}."
            )
            raise CommandError(message)
        name = options["name"].strip()
        if not 1 <= len(name) <= 100:
            message = "Give the tool a name of 1 to 100 characters."
            raise CommandError(message)
        if not 1 <= options["days"] <= LONGEST_DAYS:
            message = f"A token works for 1 to {LONGEST_DAYS} days."
            raise CommandError(message)
        now = timezone.now()
        by = (
            commands.acting(options["acting"], organisation.slug)
            if options["acting"]
            else actors.system(organisation.pk)
        )
        try:
            token, secret = tokens.issue(
                name=name,
                scopes=_scopes(options["scopes"]),
                by=by,
                now=now,
                expires_at=now + timedelta(days=options["days"]),
            )
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stderr.write(
            f"Token “{token.name}” ({token.prefix}…) of {organisation} may {', '.join(token.scopes)}"
            f" until {token.expires_at:%Y-%m-%d %H:%M} UTC. Keep it safe: it is not shown again."
        )
        self.stdout.write(secret)


def _scopes(text: str) -> list[Permission]:
    wanted = {scope.strip() for scope in text.split(",")} - {""}
    unknown = sorted(wanted - set(Permission))
    if unknown or not wanted:
        message = f"Unknown scopes: {', '.join(unknown) or 'none given'}. Known: {', '.join(Permission)}."
        raise CommandError(message)
    return [Permission(scope) for scope in wanted]
