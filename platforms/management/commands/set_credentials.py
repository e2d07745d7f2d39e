"""Give a channel new credentials."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import commands
from common.errors import DomainError
from platforms.commands import ask_credentials, channel_of
from platforms.enums import Platform
from platforms.services import register


class Command(BaseCommand):
    """Asks for them, or reads one JSON object from standard input; they are never an argument."""

    help = (
        "Replace a channel's credentials: asked for, or read as one JSON object from standard input."
        " A channel that needed attention is read again at once, and its messages go out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Define the options."""
        parser.add_argument("slug", metavar="SLUG", help="the channel's short name")
        parser.add_argument("--reason", required=True, help="why; kept with the act")
        commands.add_acting(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Set them, or say plainly why not."""
        by = commands.acting(options["acting"], options["organisation"])
        reason = commands.reason_of(options)
        channel = channel_of(by, options["slug"])
        try:
            channel = register.set_credentials(
                channel=channel,
                credentials=ask_credentials(Platform(channel.platform)),
                by=by,
                now=timezone.now(),
                reason=reason,
            )
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(
            f"{channel} has new credentials and is {channel.get_status_display().lower()}."
        )
