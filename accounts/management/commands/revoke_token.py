"""Revoke an API token."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import commands
from accounts.models import ApiToken
from accounts.services import tokens
from common.errors import DomainError


class Command(BaseCommand):
    """Finds the token by how it begins, which is all that is kept of it to be read."""

    help = (
        "Make an API token unusable from now on. PREFIX is how it begins: mct_ and six characters."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Define the options."""
        parser.add_argument("prefix", metavar="PREFIX")
        parser.add_argument("--reason", required=True, help="why; kept with the act")
        commands.add_acting(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Revoke, or say plainly why not."""
        by = commands.acting(options["acting"], options["organisation"])
        reason = commands.reason_of(options)
        ours = ApiToken.objects.filter(organisation_id=by.organisation_id, revoked_at=None)
        # Whoever pastes the whole token is understood too.
        prefix = options["prefix"][: len(tokens.PREFIX) + tokens.SHOWN]
        found = list(ours.filter(prefix=prefix))
        if len(found) != 1:
            known = ", ".join(str(token) for token in ours.order_by("issued_at"))
            many = "More than one token begins" if found else "No usable token begins"
            message = f"{many} with “{prefix}”. In use: {known or 'none'}."
            raise CommandError(message)
        try:
            tokens.revoke(token=found[0], by=by, now=timezone.now(), reason=reason)
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"Token {found[0]} is revoked.")
