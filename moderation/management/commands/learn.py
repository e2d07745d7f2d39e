"""Fit the model's last numbers to an organisation's own decisions."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import actors
from accounts.models import Organisation
from moderation.services import learning, scoring
from moderation.services.learning import Figures, Study


class Command(BaseCommand):
    """Prints before and after; changes nothing without --apply."""

    help = (
        "Compare the model's calibration and thresholds with ones fitted to the organisation's own decisions,"
        " on decisions held back for it. Changes nothing unless --apply is given."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Define the options."""
        parser.add_argument("--organisation", required=True, metavar="SLUG")
        parser.add_argument(
            "--apply",
            action="store_true",
            help="use the better numbers for new comments from now on",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Study, print, and apply where asked."""
        organisation = Organisation.objects.filter(slug=options["organisation"]).first()
        if organisation is None:
            message = f"There is no organisation {options['organisation']}."
            raise CommandError(message)
        base = scoring.current_model()
        if base is None:
            message = "There is no model here: its file or the package onnxruntime is missing."
            raise CommandError(message)
        model = learning.in_use(organisation_id=organisation.pk, model=base)
        studies = learning.study(organisation_id=organisation.pk, model=model, now=timezone.now())
        for entry in studies:
            self._print(entry)
        if not options["apply"]:
            self.stdout.write("Nothing was changed. Use --apply to use what is better.")
            return
        tuning = learning.apply(
            studies=studies, model=model, by=actors.system(organisation.pk), now=timezone.now()
        )
        self.stdout.write(
            "Nothing was better, so nothing was changed."
            if tuning is None
            else "In use for comments scored from now on:"
            f" {', '.join(entry.category for entry in studies if entry.is_better)}."
        )

    def _print(self, entry: Study) -> None:
        counts = f"{entry.breaches} breaches and {entry.harmless} without breach"
        if entry.before is None or entry.after is None:
            self.stdout.write(
                f"{entry.category}: {counts}; it takes {learning.LEAST_BREACHES} and"
                f" {learning.LEAST_HARMLESS} to learn from."
            )
            return
        verdict = "better" if entry.is_better else "no better"
        self.stdout.write(f"{entry.category}: {counts}; {verdict}")
        self.stdout.write(f"  before  {_figures(entry.before)}")
        self.stdout.write(f"  after   {_figures(entry.after)}")


def _figures(figures: Figures) -> str:
    return (
        f"review at {figures.review:.2f}, priority at {figures.priority:.2f}; of those held back it finds"
        f" {figures.found} of {figures.breaches} breaches and disturbs {figures.disturbed} of"
        f" {figures.harmless} without one; loss {figures.loss:.3f}"
    )
