"""Say when an organisation works."""

import re
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import commands
from accounts.enums import Weekday
from accounts.services import organisations
from accounts.services.organisations import Period
from common.errors import DomainError

DAYS = {day.label[:3].lower(): day for day in Weekday}
FORM = re.compile(r"([a-z]{3})(?:-([a-z]{3}))?\s+(\d{1,2}:\d{2})-(\d{1,2}:\d{2})", re.IGNORECASE)


class Command(BaseCommand):
    """Replaces all hours by those given."""

    help = (
        "Say when the organisation works, in UK time: service targets count these hours, less bank"
        " holidays. Without any, every hour counts."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Define the options."""
        parser.add_argument(
            "periods", nargs="+", metavar="PERIOD", help="such as “Mon-Fri 09:00-17:00”"
        )
        commands.add_acting(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Set them, or say plainly why not."""
        by = commands.acting(options["acting"], options["organisation"])
        periods = [period for text in options["periods"] for period in _periods(text)]
        try:
            organisations.set_office_hours(periods=periods, by=by, now=timezone.now())
        except DomainError as error:
            raise CommandError(error.message) from None
        for period in sorted(periods):
            self.stdout.write(str(period))


def _periods(text: str) -> Iterator[Period]:
    found = FORM.fullmatch(text.strip())
    try:
        if found is None:
            raise ValueError
        first, last = (DAYS[(day or found[1]).lower()] for day in (found[1], found[2]))
        opens, closes = (time.fromisoformat(f"{at:0>5}") for at in (found[3], found[4]))
    except (KeyError, ValueError):
        message = f"“{text}” is not a period. Write it like “Mon-Fri 09:00-17:00”."
        raise CommandError(message) from None
    if last < first:
        message = f"“{text}” counts days backwards: the week begins on Monday."
        raise CommandError(message)
    for day in range(first, last + 1):
        yield Period(Weekday(day), opens, closes)
