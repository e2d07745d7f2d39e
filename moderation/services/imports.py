"""File imports: by command or by upload, started once, resumed where they stopped, finished once."""

import csv
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.core.files.base import File
from django.db import transaction

from accounts import actors
from accounts.actors import Actor
from accounts.enums import Permission
from accounts.permissions import actor_for, check_may
from audit import services as audit
from audit.enums import AuditEventType
from common import nudge
from common.errors import DomainError
from moderation.services.import_session import (
    BATCH,
    ImportTakenOver,
    Session,
    change,
    finish,
    uploads_folder,
)
from platforms.enums import ChannelStatus
from platforms.importing import (
    Examination,
    Layout,
    Limits,
    Preview,
    Reading,
    UnreadableFile,
    examine,
)
from platforms.importing import preview as preview_file
from platforms.models import Channel, ImportRun, ImportStatus, RejectedRow

# One turn of the worker; the bell rings again for the rest.
SLICE_SECONDS = 30.0
# An uploaded file may unpack to this many times the largest upload, and to this many times its own size.
UNPACKED_TIMES = 10
UNPACKED_RATIO = 200
# An upload that nobody confirmed is thrown away after this.
KEEP_UPLOADS = timedelta(days=1)
GONE = "The uploaded file is no longer here. Choose it again."
# What a spreadsheet takes for a formula, whatever it drops in front of it.
FORMULA = re.compile(
    r"""[\s\x00-\x1f"'\u200b-\u200f\ufeff]*+[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]"""
)
STORED_NAME = re.compile(r"[0-9a-f-]{36}/[0-9a-f]{32}")


__all__ = [
    "BATCH",
    "ImportRefused",
    "ImportTakenOver",
    "Session",
    "Started",
    "accept_stored",
    "accept_upload",
    "continue_pending",
    "preview_stored",
    "rejected_table",
    "restart",
    "start",
    "store_upload",
    "write_rejected",
]


class ImportRefused(DomainError):
    """This file cannot go into this channel."""

    code = "import_refused"


@dataclass(frozen=True, slots=True)
class Started:
    """A run ready to be taken on. `is_new` false: this file came before, finished or not."""

    run: ImportRun
    is_new: bool


def start(
    *, path: Path, file_name: str, channel: Channel, layout: Layout, by: Actor, now: datetime
) -> Started:
    """Find or begin the run of this file with this layout into this channel.

    Raises UnreadableFile or ImportRefused with a sentence before anything is recorded.
    """
    return _start(path, file_name, channel, layout, by=by, now=now, limits=Limits())


def restart(*, run: ImportRun, by: Actor, now: datetime) -> None:
    """Have a finished run's file read once more from its first row. What is known adds nothing."""
    check_may(by, Permission.CONTENT_IMPORT)
    if run.organisation_id != by.organisation_id:
        message = "This import belongs to another organisation."
        raise ImportRefused(message)
    with transaction.atomic():
        RejectedRow.objects.filter(run=run).delete()
        change(
            run,
            now,
            status=ImportStatus.RUNNING,
            finished_at=None,
            error="",
            rows_read=0,
            rows_added=0,
            rows_known=0,
            rows_rejected=0,
            bytes_read=0,
        )
        audit.record(
            AuditEventType.IMPORT_STARTED, actor=by, at=now, target=run, file=run.file_name, again=True
        )  # fmt: skip


def store_upload(*, file: File, by: Actor) -> str:  # type: ignore[type-arg]
    """Keep an uploaded file until it is imported, and return the name to ask for it by.

    Raises ImportRefused when it is larger than settings.IMPORT_MAX_BYTES.
    """
    check_may(by, Permission.CONTENT_IMPORT)
    stored_as = f"{by.organisation_id}/{uuid4().hex}"
    path = uploads_folder() / stored_as
    path.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    try:
        with path.open("xb") as kept:
            path.chmod(0o600)
            for chunk in file.chunks():
                size += len(chunk)
                if size > settings.IMPORT_MAX_BYTES:
                    message = (
                        f"The file is larger than {settings.IMPORT_MAX_BYTES // 1_000_000:,} MB."
                        " Split it, or compress it with gzip."
                    )
                    raise ImportRefused(message)
                kept.write(chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return stored_as


def preview_stored(*, stored_as: str, layout: Layout, by: Actor, now: datetime) -> Preview:
    """Show the first rows of a stored upload as they would be imported, and what to look at."""
    check_may(by, Permission.CONTENT_IMPORT)
    return preview_file(_stored(stored_as, by), layout, now=now, limits=_upload_limits())


def accept_stored(
    *, stored_as: str, file_name: str, channel: Channel, layout: Layout, by: Actor, now: datetime
) -> Started:
    """Make a stored upload a run, which the worker then takes on.

    The same file with the same layout is the same run: a finished one is returned as it is.
    """
    path = _stored(stored_as, by)
    with transaction.atomic():
        started = _start(path, file_name, channel, layout, by=by, now=now, limits=_upload_limits())
        run = started.run
        if run.status == ImportStatus.RUNNING and not run.stored_as:
            change(run, now, stored_as=stored_as)
    if run.stored_as != stored_as:
        path.unlink(missing_ok=True)
    nudge.after_commit("moderation.tasks.continue_imports")
    return started


def accept_upload(
    *,
    file: File,  # type: ignore[type-arg]
    channel: Channel,
    layout: Layout,
    by: Actor,
    now: datetime,
) -> Started:
    """Store an uploaded file and make it a run in one step."""
    stored_as = store_upload(file=file, by=by)
    try:
        return accept_stored(
            stored_as=stored_as,
            file_name=file.name or "upload",
            channel=channel,
            layout=layout,
            by=by,
            now=now,
        )
    except DomainError:
        (uploads_folder() / stored_as).unlink(missing_ok=True)
        raise


def continue_pending(*, now: datetime, seconds: float = SLICE_SECONDS) -> bool:
    """Take on uploaded files for a bounded time and return whether more remains.

    The one that has waited longest for its turn comes first, so that a large file does not hold up
    the small ones.
    """
    _throw_away_unconfirmed(now)
    deadline = time.monotonic() + seconds
    waiting = (
        ImportRun.objects.filter(status=ImportStatus.RUNNING)
        .exclude(stored_as="")
        .select_related("channel", "started_by")
        .order_by("updated_at", "pk")
    )
    for run in waiting:
        # Its turn is used up even if it fails unexpectedly below: the others come before its next.
        ImportRun.objects.filter(pk=run.pk).update(updated_at=now)
        if not _continue(run, deadline, now=now):
            return True
    return False


def write_rejected(*, run: ImportRun, path: Path) -> int:
    """Write the run's rejected rows as CSV and return how many; no file is made for none."""
    rows = iter(rejected_table(run=run))
    header = next(rows)
    first = next(rows, None)
    if first is None:
        return 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerow(first)
        return 1 + sum(1 for row in rows if writer.writerow(row))


def rejected_table(*, run: ImportRun) -> Iterator[tuple[str, str, str]]:
    """Return the run's rejected rows as a table, the header first."""
    yield ("line", "reason", "row")
    for row in RejectedRow.objects.filter(run=run).order_by("line", "pk").iterator():
        yield (str(row.line), _no_formula(row.reason), _no_formula(row.excerpt))


def _no_formula(text: str) -> str:
    """Return text that a spreadsheet shows and does not run."""
    return f"'{text}" if FORMULA.match(text) else text


def _start(
    path: Path,
    file_name: str,
    channel: Channel,
    layout: Layout,
    *,
    by: Actor,
    now: datetime,
    limits: Limits,
) -> Started:
    check_may(by, Permission.CONTENT_IMPORT)
    if channel.organisation_id != by.organisation_id:
        message = "This channel belongs to another organisation."
        raise ImportRefused(message)
    if channel.status == ChannelStatus.CLOSED:
        message = f"{channel.name} is closed. Choose a channel that is in use."
        raise ImportRefused(message)
    examination = examine(path, limits=limits)
    Reading(path, examination, layout, now=now, limits=limits).close()
    with transaction.atomic():
        run, is_new = ImportRun.objects.get_or_create(
            channel=channel,
            digest=examination.digest,
            mapping=layout.as_json(),
            defaults=_beginnings(file_name, channel, examination, by=by, now=now),
        )
        if run.status == ImportStatus.FAILED:
            change(run, now, status=ImportStatus.RUNNING, error="", finished_at=None)
        if is_new:
            audit.record(
                AuditEventType.IMPORT_STARTED,
                actor=by,
                at=now,
                target=run,
                file=run.file_name,
                digest=run.digest,
                channel=str(channel.pk),
                layout=run.mapping,
            )
    return Started(run=run, is_new=is_new)


def _beginnings(
    file_name: str, channel: Channel, examination: Examination, *, by: Actor, now: datetime
) -> dict[str, object]:
    return {
        "organisation_id": channel.organisation_id,
        "file_name": _last_part(file_name),
        "bytes_total": examination.size,
        "started_by": by.user,
        "started_at": now,
    }


def _last_part(file_name: str) -> str:
    name = re.sub(r"[\x00-\x1f\ud800-\udfff]", "\ufffd", re.split(r"[\\/]", file_name)[-1])
    return name[-255:] or "file"


def _continue(run: ImportRun, deadline: float, *, now: datetime) -> bool:
    """Take on one run until the deadline and return whether there is time for another."""
    by = _on_behalf_of(run)
    path = uploads_folder() / run.stored_as
    try:
        if not path.is_file():
            raise UnreadableFile(GONE)
        with Session(run, path, now=now, limits=_upload_limits()) as session:
            while session.take_next(by=by, now=now):
                if time.monotonic() >= deadline:
                    return False
    except ImportTakenOver:
        return True
    except UnreadableFile as error:
        with transaction.atomic():
            current = ImportRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
            if current.status == ImportStatus.RUNNING:
                finish(current, ImportStatus.FAILED, by=by, now=now, error=error.message)
    return True


def _on_behalf_of(run: ImportRun) -> Actor:
    person = actor_for(run.started_by, run.organisation_id) if run.started_by else None
    return person or actors.system(run.organisation_id)


def _upload_limits() -> Limits:
    return Limits(unpacked=settings.IMPORT_MAX_BYTES * UNPACKED_TIMES, ratio=UNPACKED_RATIO)


def _stored(stored_as: str, by: Actor) -> Path:
    """Return the path of an upload of the actor's own organisation."""
    path = uploads_folder() / stored_as
    is_ours = stored_as.startswith(f"{by.organisation_id}/") and STORED_NAME.fullmatch(stored_as)
    if not is_ours or not path.is_file():
        raise ImportRefused(GONE, code="upload_gone")
    return path


def _throw_away_unconfirmed(now: datetime) -> None:
    oldest = (now - KEEP_UPLOADS).timestamp()
    for path in uploads_folder().glob("*/*"):
        if path.is_file() and path.stat().st_mtime < oldest:
            stored_as = f"{path.parent.name}/{path.name}"
            if not ImportRun.objects.filter(
                status=ImportStatus.RUNNING, stored_as=stored_as
            ).exists():
                path.unlink(missing_ok=True)
