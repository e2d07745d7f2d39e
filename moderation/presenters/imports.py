"""File imports: what would come of a file, how far one is, what was not taken."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.urls import reverse

from common.page import Button, Fact, Figure, Pages, Tag
from common.when import length, uk_datetime
from moderation.presenters.import_forms import LayoutForm, UploadForm
from moderation.services.imports import Started
from platforms.importing import Preview, Rejection
from platforms.models import Channel, ImportRun, ImportStatus, RejectedRow

STATUSES = {
    ImportStatus.RUNNING: Tag("Running", "blue"),
    ImportStatus.FINISHED: Tag("Finished", "green"),
    ImportStatus.FAILED: Tag("Failed", "red"),
}
# The columns that nearly every file has; others are recognised too.
COLUMNS = (
    ("text", "What was written. The only one that must be there."),
    (
        "id",
        "The platform’s id of the comment. Without it, comments are told apart by what they say.",
    ),
    ("author", "The name that is shown; author_id and author_handle where the file has them."),
    ("date", "When it was written, in any usual form."),
    ("post_id", "What it was written under; also post_text and post_url."),
    ("parent_id", "The comment that it answers."),
    ("likes", "How many liked it; also replies."),
    ("url", "Where it can be seen."),
)
EXCERPT = 240
# A running import whose row did not move for this long waits for a worker, or for a person.
QUIET = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class RunRow:
    """One import of the list."""

    url: str
    file: str
    channel: str
    status: Tag
    read: str
    added: str
    known: str
    rejected: str
    when: str


@dataclass(frozen=True, slots=True)
class ImportList:
    """The list of imports, and the form to begin one."""

    form: UploadForm | None
    why_no_form: str
    url: str
    columns: list[dict[str, str]]
    runs: list[RunRow]
    pages: Pages


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One row as it would be taken, or why it would not."""

    line: str
    author: str
    when: str
    text: str
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """What would come of a file."""

    title: str
    channel: str
    back_url: str
    url: str
    form: LayoutForm
    problem: str
    facts: list[Fact] = field(default_factory=list)
    mapping: list[Fact] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    rows: list[PreviewRow] = field(default_factory=list)
    can_start: bool = False


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """One row that was not taken."""

    line: str
    reason: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class ImportPage:
    """One import."""

    title: str
    url: str
    back_url: str
    status: Tag
    is_running: bool
    percent: int
    sentence: str
    figures: list[Figure]
    facts: list[Fact]
    error: str
    rejected: list[RejectedLine]
    rejected_count: str
    rejected_url: str
    rejected_note: str
    pages: Pages
    waits: str = ""
    queues_url: str = ""
    resume: Button | None = None


def import_list(
    *,
    runs: list[ImportRun],
    has_older: bool,
    is_first_page: bool,
    form: UploadForm,
    now: datetime,
) -> ImportList:
    """Return the page of these imports."""
    url = reverse("moderation:import_list")
    has_channels = len(form.fields["channel"].choices) > 1  # type: ignore[attr-defined]
    return ImportList(
        form=form if has_channels else None,
        why_no_form=(
            "There is no channel yet. An administrator opens one first, so that every comment has"
            " a place to which it belongs."
        ),
        url=url,
        columns=[{"name": name, "meaning": meaning} for name, meaning in COLUMNS],
        runs=[
            RunRow(
                url=reverse("moderation:import_detail", args=[run.pk]),
                file=run.file_name,
                channel=run.channel.name,
                status=_status(run, now),
                read=f"{run.rows_read:,}",
                added=f"{run.rows_added:,}",
                known=f"{run.rows_known:,}",
                rejected=f"{run.rows_rejected:,}",
                when=uk_datetime(run.started_at),
            )
            for run in runs
        ],
        pages=Pages(
            previous_url="" if is_first_page else url,
            next_url=f"{url}?before={runs[-1].pk}#runs" if has_older else "",
        ),
    )


def import_preview(
    *,
    file_name: str,
    channel: Channel,
    preview: Preview | None,
    problem: str,
    form: LayoutForm,
    url: str,
) -> ImportPreview:
    """Return the page of a file that is not imported yet."""
    common = {
        "title": file_name,
        "channel": channel.name,
        "back_url": reverse("moderation:import_list"),
        "url": url,
        "form": form,
        "problem": problem,
    }
    if preview is None:
        return ImportPreview(**common)  # type: ignore[arg-type]
    return ImportPreview(
        **common,  # type: ignore[arg-type]
        facts=[
            Fact("Channel", channel.name),
            Fact("Form", preview.form),
            Fact("Encoding", preview.encoding),
        ],
        mapping=[Fact(name, column) for name, column in preview.mapping],
        warnings=list(preview.problems),
        rows=[
            PreviewRow(f"{row.line:,}", "", "", row.excerpt[:EXCERPT], refusal=row.reason)
            if isinstance(row, Rejection)
            else PreviewRow(
                f"{row.line:,}",
                row.item.author.display_name or row.item.author.handle or "Not known",
                uk_datetime(row.item.published_at) if row.item.published_at else "",
                row.item.text[:EXCERPT],
            )
            for row in preview.rows
        ],
        can_start=not form.errors,
    )


def started(answer: Started) -> str:
    """Return what to say once an import was asked for."""
    if answer.is_new:
        return "The import has begun. It goes on when you leave this page."
    if answer.run.status == ImportStatus.FINISHED:
        return "This file was imported before, so nothing was added."
    return "This file was begun before. The import goes on where it stopped."


def import_page(
    *,
    run: ImportRun,
    rejected: list[RejectedRow],
    now: datetime,
    has_more: bool = False,
    is_first_page: bool = True,
) -> ImportPage:
    """Return the page of one import."""
    url = reverse("moderation:import_detail", args=[run.pk])
    is_running = run.status == ImportStatus.RUNNING
    is_quiet = is_running and now - run.updated_at > QUIET
    return ImportPage(
        title=run.file_name,
        url=url,
        back_url=reverse("moderation:import_list"),
        status=_status(run, now),
        is_running=is_running and not is_quiet,
        percent=percent_of(run),
        sentence=_sentence(run, now),
        figures=[
            Figure("Rows read", f"{run.rows_read:,}"),
            Figure(
                "Added", f"{run.rows_added:,}", css="app-figures__good" if run.rows_added else ""
            ),
            Figure("Already here", f"{run.rows_known:,}"),
            Figure(
                "Not taken",
                f"{run.rows_rejected:,}",
                css="app-figures__bad" if run.rows_rejected else "",
            ),
        ],
        facts=_facts(run),
        error=run.error,
        rejected=[
            RejectedLine(f"{row.line:,}", row.reason, row.excerpt[:EXCERPT]) for row in rejected
        ],
        rejected_count=f"{run.rows_rejected:,}",
        rejected_url=reverse("moderation:import_rejected", args=[run.pk]),
        rejected_note="No row was refused so far." if is_running else "Every row was taken.",
        pages=Pages(
            previous_url="" if is_first_page else url,
            next_url=f"{url}?after={rejected[-1].line}#rejected-title" if has_more else "",
        ),
        waits=_waits(run) if is_quiet else "",
        queues_url=reverse("moderation:queue_list") if run.rows_added else "",
        resume=Button("Go on now", reverse("moderation:import_resume", args=[run.pk]))
        if is_quiet and run.stored_as
        else None,
    )


def percent_of(run: ImportRun) -> int:
    """Return how much of the file is read, in whole per cent; 100 only at the end."""
    if run.status == ImportStatus.FINISHED:
        return 100
    return min(int(run.bytes_read * 100 / max(run.bytes_total, 1)), 99)


def _status(run: ImportRun, now: datetime) -> Tag:
    if run.status == ImportStatus.RUNNING and now - run.updated_at > QUIET:
        return Tag("Waiting", "yellow")
    return STATUSES[ImportStatus(run.status)]


def _sentence(run: ImportRun, now: datetime) -> str:
    rows = f"{run.rows_read:,} {'row' if run.rows_read == 1 else 'rows'}"
    if run.status == ImportStatus.FINISHED:
        took = length(run.finished_at - run.started_at) if run.finished_at else ""
        return f"{rows} read in {took}." if took else f"{rows} read."
    if run.status == ImportStatus.FAILED:
        return f"{rows} read before it stopped. What was taken stays."
    return f"{rows} read, {percent_of(run)} % of the file."


def _waits(run: ImportRun) -> str:
    if run.stored_as:
        return "Nothing has moved for a while. It goes on by itself once a worker is free."
    return (
        "It was begun on the command line and stopped there. Run the same command again, or choose"
        " the same file on the import page: it goes on where it stopped."
    )


def _facts(run: ImportRun) -> list[Fact]:
    columns = run.mapping.get("columns", {})
    return [
        Fact(
            "Channel",
            run.channel.name,
            url=reverse("platforms:channel_detail", args=[run.channel_id]),
        ),
        Fact("Started by", run.started_by.name if run.started_by else "The console"),
        Fact("Started", uk_datetime(run.started_at)),
        Fact("Ended", uk_datetime(run.finished_at) if run.finished_at else "Not yet"),
        Fact(
            "Columns",
            ", ".join(f"{name}={column}" for name, column in columns.items()) or "By their names",
        ),
        Fact("Size", f"{run.bytes_total:,} bytes"),
        Fact("Fingerprint", run.digest[:16]),
    ]
