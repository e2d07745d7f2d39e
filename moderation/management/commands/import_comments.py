"""Import a file of comments into a channel."""

import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import actors
from accounts.actors import Actor
from accounts.models import User
from accounts.permissions import actor_for
from common.errors import DomainError
from moderation.services import imports
from platforms.importing import Field, Layout, Rejection, preview
from platforms.importing.layout import UK_TIME
from platforms.models import Channel, ImportRun, ImportStatus

# Of output that goes to a file, one line of progress in this many seconds.
QUIET_SECONDS = 10.0


class Command(BaseCommand):
    """Reads CSV, TSV and JSON; shows how far it is; goes on where it was interrupted."""

    help = (
        "Import comments from a CSV, TSV or JSON Lines file (gzip or not) into a channel. The same file"
        " twice adds nothing; run the same command again after an interruption to go on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Define the options."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--channel", required=True, metavar="SLUG", help="the channel's slug")
        parser.add_argument(
            "--organisation", metavar="SLUG", help="needed where two have a channel of that slug"
        )
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help="take FIELD from COLUMN (a name, or a number counted from 0; empty for none)."
            f" Fields: {', '.join(Field)}",
        )
        parser.add_argument(
            "--no-header", action="store_true", help="the first row is a comment, not names"
        )
        parser.add_argument(
            "--zone", default=UK_TIME, help=f"zone of times that name none (default {UK_TIME})"
        )
        parser.add_argument(
            "--as", dest="email", metavar="EMAIL", help="the person this import is recorded for"
        )
        parser.add_argument(
            "--rejected",
            type=Path,
            metavar="PATH",
            help="where rejected rows are listed (default FILE.rejected.csv)",
        )
        parser.add_argument("--batch-size", type=int, default=imports.BATCH, metavar="ROWS")
        parser.add_argument(
            "--again", action="store_true", help="read a file that is already imported once more"
        )
        parser.add_argument(
            "--preview", action="store_true", help="show the first rows and import nothing"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import, or say plainly why not."""
        path: Path = options["file"]
        if options["batch_size"] < 1:
            message = "--batch-size must be 1 or more."
            raise CommandError(message)
        try:
            layout = Layout.from_words(
                options["map"], header=not options["no_header"], zone=options["zone"]
            )
            if options["preview"]:
                self._preview(path, layout)
                return
            channel = _channel(options["channel"], options["organisation"])
            by = _actor(options["email"], channel)
            started = imports.start(
                path=path,
                file_name=path.name,
                channel=channel,
                layout=layout,
                by=by,
                now=timezone.now(),
            )
            run = self._welcome(started, by, again=options["again"])
            if run.status == ImportStatus.RUNNING:
                run = self._take(run, path, by, options["batch_size"])
        except DomainError as error:
            raise CommandError(error.message) from None
        self._list_rejected(
            run, options["rejected"] or path.with_name(f"{path.name}.rejected.csv")
        )

    def _welcome(self, started: imports.Started, by: Actor, *, again: bool) -> ImportRun:
        run = started.run
        if run.status == ImportStatus.FINISHED and again:
            imports.restart(run=run, by=by, now=timezone.now())
        elif run.status == ImportStatus.FINISHED:
            assert run.finished_at is not None  # noqa: S101 - set with the status
            when = timezone.localtime(run.finished_at)
            self.stdout.write(
                f"This file was imported on {when.day} {when:%B %Y at %H:%M}. Nothing is added:"
                f" 0 added, {run.rows_added + run.rows_known:,} known,"
                f" {run.rows_rejected:,} rejected. Use --again to read it once more."
            )
        elif not started.is_new and run.rows_read:
            self.stdout.write(f"Going on after row {run.rows_read:,}.")
        return run

    def _take(self, run: ImportRun, path: Path, by: Actor, batch_size: int) -> ImportRun:
        began, before = time.monotonic(), run.rows_read
        with imports.Session(run, path, now=timezone.now(), batch_size=batch_size) as session:
            shown = 0.0
            try:
                while session.take_next(by=by, now=timezone.now()):
                    spent = max(time.monotonic() - began, 0.001)
                    if self.stdout.isatty() or spent - shown >= QUIET_SECONDS:
                        shown = spent
                        self._progress(session, (session.run.rows_read - before) / spent)
            except KeyboardInterrupt:
                self.stdout.write("")
                self.stderr.write(
                    f"Stopped after row {session.run.rows_read:,}; everything up to there is kept."
                    " Run the same command again to go on."
                )
                sys.exit(130)
            run = session.run
            spent = max(time.monotonic() - began, 0.001)
            if self.stdout.isatty():
                self.stdout.write("")
            self.stdout.write(
                f"Imported {run.file_name} in {spent:.1f} s"
                f" ({(run.rows_read - before) / spent:,.0f} rows/s):"
                f" {run.rows_added:,} added, {run.rows_known:,} known,"
                f" {run.rows_rejected:,} rejected, {session.flagged:,} flagged"
                f"{' since it went on' if before else ''}."
            )
            for note, count in session.notes.most_common():
                self.stdout.write(f"{count:,} rows: {note}")
        return run

    def _progress(self, session: imports.Session, rate: float) -> None:
        run = session.run
        line = (
            f"{session.progress:4.0%}  {run.rows_read:,} rows  {rate:,.0f} rows/s"
            f"  {run.rows_rejected:,} rejected"
        )
        if self.stdout.isatty():
            self.stdout.write(f"\r{line:<70}", ending="")
            self.stdout.flush()
        else:
            self.stdout.write(line)

    def _list_rejected(self, run: ImportRun, path: Path) -> None:
        if not run.rows_rejected:
            return
        try:
            imports.write_rejected(run=run, path=path)
        except OSError as error:
            self.stderr.write(
                f"The rejected rows could not be written to {path}: {error.strerror}."
            )
        else:
            self.stdout.write(f"The rejected rows are in {path}, each with its line and reason.")

    def _preview(self, path: Path, layout: Layout) -> None:
        found = preview(path, layout, now=timezone.now())
        self.stdout.write(f"{found.form}, {found.encoding}")
        for field, column in found.mapping:
            self.stdout.write(f"  {field} from “{column}”")
        for row in found.rows:
            if isinstance(row, Rejection):
                self.stdout.write(f"line {row.line}: rejected. {row.reason}")
            else:
                author = row.item.author.display_name or row.item.author.handle or "unknown"
                text = " ".join(row.item.text.split())[:100]
                self.stdout.write(f"line {row.line}: {row.item.external_id}, {author}: {text}")
        for problem in found.problems:
            self.stdout.write(f"Note: {problem}")


def _channel(slug: str, organisation: str | None) -> Channel:
    found = Channel.objects.select_related("organisation").filter(slug=slug)
    if organisation:
        found = found.filter(organisation__slug=organisation)
    channels = list(found[:2])
    if len(channels) > 1:
        message = (
            f"More than one organisation has a channel “{slug}”. Say which with --organisation."
        )
        raise CommandError(message)
    if not channels:
        known = ", ".join(Channel.objects.order_by("slug").values_list("slug", flat=True)[:20])
        message = f"There is no channel “{slug}”. The channels are: {known or 'none yet'}."
        raise CommandError(message)
    return channels[0]


def _actor(email: str | None, channel: Channel) -> Actor:
    if not email:
        return actors.system(channel.organisation_id)
    user = User.objects.filter(email__iexact=email).first()
    actor = actor_for(user, channel.organisation_id) if user else None
    if actor is None:
        message = f"{email} has no role in {channel.organisation}."
        raise CommandError(message)
    return actor
