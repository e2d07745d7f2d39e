"""Put the rules of a policy pack in force."""

from argparse import ArgumentParser
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import commands
from common.errors import DomainError
from policies.services import packs, publishing

REVIEW_AFTER = timedelta(days=365)


class Command(BaseCommand):
    """Two people stand behind it: one who drafts, another who approves."""

    help = (
        "Import a policy pack and put its rules in force. PACK is a YAML file, or the name of one that"
        " ships (hmpps, ppo). The same pack again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Define the options."""
        parser.add_argument("pack", metavar="PACK")
        parser.add_argument(
            "--drafted-by",
            required=True,
            metavar="EMAIL",
            help="who edits rules, and publishes them",
        )
        parser.add_argument(
            "--approved-by",
            required=True,
            metavar="EMAIL",
            help="somebody else, who approves rules",
        )
        parser.add_argument(
            "--review-on",
            type=date.fromisoformat,
            metavar="YYYY-MM-DD",
            help="a year from now if not given",
        )
        commands.add_organisation(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Publish, or say plainly why not."""
        drafter = commands.acting(options["drafted_by"], options["organisation"])
        approver = commands.acting(options["approved_by"], options["organisation"])
        if drafter.organisation_id != approver.organisation_id:
            message = "The two people work for different organisations."
            raise CommandError(message)
        now = timezone.now()
        pack: str = options["pack"]
        source = Path(pack) if Path(pack).suffix else pack
        try:
            version, is_new = publishing.publish_pack(
                document=packs.load(source),
                drafted_by=drafter,
                approved_by=approver,
                now=now,
                review_on=options["review_on"] or (now + REVIEW_AFTER).date(),
            )
        except DomainError as error:
            raise CommandError(error.message) from None
        what = f"version {version.number} of {version.rule_set}, {version.rules.count()} rules"
        self.stdout.write(f"In force{'' if is_new else ' already'}: {what}.")
