"""Enter an official account in the register of channels."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import commands
from common.errors import DomainError
from platforms.commands import ask_credentials
from platforms.enums import Platform
from platforms.registry import CREDENTIALS, is_connected
from platforms.services import register


class Command(BaseCommand):
    """Asks for credentials where the console speaks to the platform; they are never an argument."""

    help = (
        "Open a channel: one official account on a platform. Where the console speaks to the platform"
        " itself, its credentials are asked for, or read as one JSON object from standard input: "
        + "; ".join(
            f"{name.label} needs {', '.join(names)}" for name, names in CREDENTIALS.items()
        )
        + ". Comments of other platforms come by file or API."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Define the options."""
        parser.add_argument("platform", metavar="PLATFORM", choices=Platform.values)
        parser.add_argument(
            "slug", metavar="SLUG", help="its short name in addresses and commands"
        )
        parser.add_argument("--name", required=True, help="its name on pages")
        parser.add_argument(
            "--external-id",
            metavar="ID",
            help="the platform's own id of the account (on Bluesky its did:…); the slug if not given",
        )
        parser.add_argument("--handle", default="", help="its name on the platform")
        parser.add_argument("--url", default="", help="where people see it")
        parser.add_argument(
            "--base-url", default="", help="a server other than the platform's own"
        )
        parser.add_argument(
            "--setting",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="a setting of the connector, such as labeler_did",
        )
        parser.add_argument(
            "--poll-every", type=int, default=60, metavar="SECONDS", help="at least 5 (default 60)"
        )
        commands.add_acting(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Open, or say plainly why not."""
        by = commands.acting(options["acting"], options["organisation"])
        platform = Platform(options["platform"])
        opening = register.Opening(
            platform=platform,
            name=options["name"].strip(),
            slug=options["slug"],
            external_id=(options["external_id"] or options["slug"]).strip(),
            handle=options["handle"],
            url=options["url"],
            base_url=options["base_url"],
            settings=_settings(options["setting"]),
            credentials=ask_credentials(platform),
            poll_every_seconds=options["poll_every"],
        )
        try:
            channel = register.open_channel(opening=opening, by=by, now=timezone.now())
        except DomainError as error:
            raise CommandError(error.message) from None
        how = (
            "It is read within a minute."
            if is_connected(platform)
            else "Its comments come by file or API."
        )
        self.stdout.write(f"The channel {channel} ({channel.slug}) is open. {how}")


def _settings(given: Sequence[str]) -> dict[str, str]:
    settings = {}
    for text in given:
        name, mark, value = text.partition("=")
        if not mark or not name.strip():
            message = f"“{text}” is not NAME=VALUE."
            raise CommandError(message)
        settings[name.strip()] = value.strip()
    return settings
