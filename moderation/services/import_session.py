"""One reading of one import run's file, batch by batch.

A batch and the progress of its run are one transaction, so a kill between batches, or in the midst
of one, resumes exactly. The row of the run is the lease: a batch is taken only by whoever finds the
run free and where it was left, so two processes never take the same rows.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Self

from django.conf import settings
from django.db import DataError, IntegrityError, reset_queries, transaction

from accounts.actors import Actor
from audit import services as audit
from audit.enums import AuditEventType
from common.errors import DomainError
from moderation.services import pipeline
from platforms.enums import InboundSource
from platforms.importing import (
    Layout,
    Limits,
    Reading,
    Rejection,
    Row,
    UnreadableFile,
    examine,
)
from platforms.models import Channel, ImportRun, ImportStatus, RejectedRow

logger = logging.getLogger(__name__)

BATCH = 2_000
MAX_REASON = 10_000


class ImportTakenOver(DomainError):
    """Another process is importing the same file."""

    code = "import_taken_over"


class Session:
    """One reading of one run's file, from where the run stands. A context manager."""

    def __init__(
        self,
        run: ImportRun,
        path: Path,
        *,
        now: datetime,
        batch_size: int = BATCH,
        limits: Limits | None = None,
    ) -> None:
        self.run = run
        # Of this session only: the batches' own audit events tell the whole.
        self.flagged = 0
        self.notes: Counter[str] = Counter()
        self._batch_size = batch_size
        limits = limits or Limits()
        examination = examine(path, limits=limits)
        if examination.digest != run.digest:
            message = "The file has changed since the import began. Import it as a new file."
            raise UnreadableFile(message)
        self._examination = examination
        layout = Layout.from_json(run.mapping)
        self._reading = Reading(path, examination, layout, now=now, limits=limits)
        self._rows = self._reading.rows(skip=run.rows_read)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._reading.close()

    @property
    def progress(self) -> float:
        """The share of the file that is taken, from 0 to 1."""
        return self.run.bytes_read / max(self._examination.size, 1)

    def take_next(self, *, by: Actor, now: datetime) -> bool:
        """Take the next batch, or finish the run when there is none; return whether to go on.

        Raises ImportTakenOver when another process has the run.
        """
        # With DEBUG on, Django keeps every statement: megabytes a batch.
        reset_queries()
        batch = list(islice(self._rows, self._batch_size))
        with transaction.atomic():
            run = _taken(self.run)
            if not batch:
                finish(run, ImportStatus.FINISHED, by=by, now=now)
            else:
                flagged = self._take(run, batch, by=by, now=now)
        self.run = run
        if batch:
            self.flagged += flagged
            for row in batch:
                if isinstance(row, Row):
                    self.notes.update(row.notes)
        return bool(batch)

    def _take(
        self, run: ImportRun, batch: Sequence[Row | Rejection], *, by: Actor, now: datetime
    ) -> int:
        rejections = [row for row in batch if isinstance(row, Rejection)]
        taken, refused = _take_in(
            run.channel, [row for row in batch if isinstance(row, Row)], by=by, now=now
        )
        _reject(run, sorted([*rejections, *refused], key=lambda row: row.offset))
        change(
            run,
            now,
            rows_read=run.rows_read + len(batch),
            rows_added=run.rows_added + taken.added,
            rows_known=run.rows_known + taken.known,
            rows_rejected=run.rows_rejected + len(rejections) + len(refused),
            bytes_read=self._reading.position,
        )
        return taken.flagged


def finish(
    run: ImportRun,
    status: ImportStatus,
    *,
    by: Actor,
    now: datetime,
    error: str = "",
) -> None:
    """End the run and record it. Call inside a transaction with the run locked."""
    stored_as = run.stored_as
    changes: dict[str, object] = {} if error else {"bytes_read": run.bytes_total}
    change(run, now, status=status, finished_at=now, error=error, stored_as="", **changes)
    audit.record(
        AuditEventType.IMPORT_FINISHED,
        actor=by,
        at=now,
        target=run,
        file=run.file_name,
        status=status.value,
        added=run.rows_added,
        known=run.rows_known,
        rejected=run.rows_rejected,
        error=error,
    )
    if stored_as:
        # The comments are in; a second copy of people's words is not kept.
        transaction.on_commit(lambda: (uploads_folder() / stored_as).unlink(missing_ok=True))


def change(run: ImportRun, now: datetime, **values: object) -> None:
    """Write these values of the run, and only these."""
    ImportRun.objects.filter(pk=run.pk).update(updated_at=now, **values)
    for name, value in values.items():
        setattr(run, name, value)


def uploads_folder() -> Path:
    """Return where uploaded files are kept until they are imported."""
    return Path(settings.MEDIA_ROOT) / "imports"


def _taken(run: ImportRun) -> ImportRun:
    """Lock the run where this process left it. Call inside a transaction."""
    found = (
        ImportRun.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("channel")
        .filter(pk=run.pk, status=ImportStatus.RUNNING, rows_read=run.rows_read)
        .first()
    )
    if found is None:
        message = "Another process is importing this file. What it has taken is kept."
        raise ImportTakenOver(message)
    return found


def _take_in(
    channel: Channel, rows: Sequence[Row], *, by: Actor, now: datetime
) -> tuple[pipeline.Taken, list[Rejection]]:
    """Hand rows to the pipeline; what the database refuses is found one by one and rejected."""
    received = [pipeline.Received(event=row.event, items=(row.item,)) for row in rows]
    try:
        taken = pipeline.take_in(
            channel=channel, received=received, source=InboundSource.IMPORT, by=by, now=now
        )
    except (DataError, IntegrityError, ValueError):
        if len(rows) == 1:
            reason = "The console could not store this row."
            excerpt = rows[0].item.text[:200]
            refusal = Rejection(rows[0].line, rows[0].offset, reason, excerpt)
            return pipeline.Taken(added=0, known=0, flagged=0), [refusal]
        logger.warning("import_batch_split", extra={"channel": str(channel.pk), "rows": len(rows)})
        half = len(rows) // 2
        first, first_refused = _take_in(channel, rows[:half], by=by, now=now)
        second, second_refused = _take_in(channel, rows[half:], by=by, now=now)
        taken = pipeline.Taken(
            added=first.added + second.added,
            known=first.known + second.known,
            flagged=first.flagged + second.flagged,
        )
        return taken, [*first_refused, *second_refused]
    return taken, []


def _reject(run: ImportRun, rejections: Iterable[Rejection]) -> None:
    """Keep the rejections, one row for each line: a JSON list may have many items on one."""
    by_line: dict[int, RejectedRow] = {}
    for rejection in rejections:
        row = by_line.get(rejection.line)
        if row is None:
            by_line[rejection.line] = RejectedRow(
                organisation_id=run.organisation_id,
                run=run,
                line=rejection.line,
                reason=rejection.reason,
                excerpt=rejection.excerpt,
            )
        else:
            row.reason = _joined(row.reason, rejection.reason)
    for before in RejectedRow.objects.filter(run=run, line__in=list(by_line)[:1]):
        before.reason = _joined(before.reason, by_line.pop(before.line).reason)
        before.save(update_fields=["reason"])
    RejectedRow.objects.bulk_create(by_line.values(), batch_size=500)


def _joined(reason: str, another: str) -> str:
    return f"{reason}\n{another}"[:MAX_REASON]
