"""Importing files of comments: choose a file, look at what would come of it, start, watch, resume."""

import csv
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import (
    Http404,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.decorators import permission_required
from accounts.enums import Permission
from common import nudge
from common.errors import DomainError
from common.http import HtmxHttpRequest
from moderation.presenters import imports as presenter
from moderation.presenters.import_forms import LayoutForm, UploadForm
from moderation.services import imports
from moderation.views.answers import refuse
from platforms.enums import ChannelStatus
from platforms.importing import Layout, UnreadableFile
from platforms.models import Channel, ImportRun, RejectedRow

RUNS = 20
ROWS = 50
SALT = "moderation.import"


@dataclass(frozen=True, slots=True)
class Upload:
    """A stored file that nobody has started yet. It travels in the address, signed."""

    stored_as: str
    file_name: str
    channel_id: str

    def signed(self) -> str:
        """Return it for an address."""
        return signing.dumps(asdict(self), salt=SALT, compress=True)

    @classmethod
    def read(cls, token: str) -> "Upload":
        """Return what `signed` made. Raises Http404."""
        try:
            return cls(**signing.loads(token, salt=SALT))
        except (signing.BadSignature, TypeError) as error:
            message = "No such upload."
            raise Http404(message) from error


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(Permission.CONTENT_IMPORT)
def import_list(request: HtmxHttpRequest) -> HttpResponse:
    """Show the imports so far, and take in a file to look at."""
    channels = Channel.objects.visible_to(request.actor).exclude(status=ChannelStatus.CLOSED)
    channels = channels.order_by("name", "pk")
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = UploadForm(*sent, channels=list(channels))
    if form.is_valid():
        file: UploadedFile = form.cleaned_data["file"]
        try:
            stored_as = imports.store_upload(file=file, by=request.actor)
        except DomainError as refusal:
            form.add_error("file", refusal.message)
        else:
            upload = Upload(stored_as, (file.name or "file")[:200], form.cleaned_data["channel"])
            return HttpResponseRedirect(
                reverse("moderation:import_preview", args=[upload.signed()])
            )
    runs = ImportRun.objects.visible_to(request.actor).select_related("channel").order_by("-id")
    before = _uuid(request.GET.get("before", ""))
    found = list((runs.filter(pk__lt=before) if before else runs)[: RUNS + 1])
    page = presenter.import_list(
        runs=found[:RUNS],
        has_older=len(found) > RUNS,
        is_first_page=before is None,
        form=form,
        now=timezone.now(),
    )
    code = 422 if form.errors else 200
    return render(request, "moderation/import_list.html", {"page": page}, status=code)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(Permission.CONTENT_IMPORT)
def import_preview(request: HtmxHttpRequest, token: str) -> HttpResponse:
    """Show what would come of a stored file, and start the import of it."""
    upload = Upload.read(token)
    channel = get_object_or_404(Channel.objects.visible_to(request.actor), pk=upload.channel_id)
    now = timezone.now()
    form = LayoutForm(request.POST if request.method == "POST" else None)
    layout, preview, problem = Layout(), None, ""
    try:
        if form.is_bound and form.is_valid():
            layout = form.layout()
        if form.is_bound and form.is_valid() and "start" in request.POST:
            started = imports.accept_stored(
                stored_as=upload.stored_as,
                file_name=upload.file_name,
                channel=channel,
                layout=layout,
                by=request.actor,
                now=now,
            )
            messages.success(request, presenter.started(started))
            return HttpResponseRedirect(reverse("moderation:import_detail", args=[started.run.pk]))
        preview = imports.preview_stored(
            stored_as=upload.stored_as, layout=layout, by=request.actor, now=now
        )
    except UnreadableFile as refusal:
        problem = refusal.message
    except DomainError as refusal:
        return refuse(request, refusal, reverse("moderation:import_list"))
    page = presenter.import_preview(
        file_name=upload.file_name,
        channel=channel,
        preview=preview,
        problem=problem,
        form=form,
        url=reverse("moderation:import_preview", args=[token]),
    )
    code = 422 if problem or form.errors else 200
    return render(request, "moderation/import_preview.html", {"page": page}, status=code)


@require_safe
@permission_required(Permission.CONTENT_IMPORT)
def import_detail(request: HtmxHttpRequest, run_id: UUID) -> HttpResponse:
    """Show how far one import is; to htmx only that."""
    run = _run(request, run_id)
    now = timezone.now()
    if request.htmx:
        page = presenter.import_page(run=run, rejected=[], now=now)
        answer = render(request, "moderation/import_detail.html#progress", {"page": page})
        if not page.is_running:
            # What surrounds the progress says more now: when it ended, and the rows not taken.
            answer["HX-Refresh"] = "true"
        return answer
    after = request.GET.get("after", "")
    line = int(after) if after.isascii() and after.isdigit() and len(after) <= 18 else None
    rows = RejectedRow.objects.filter(run=run).order_by("line")
    found = list((rows.filter(line__gt=line) if line is not None else rows)[: ROWS + 1])
    page = presenter.import_page(
        run=run,
        rejected=found[:ROWS],
        has_more=len(found) > ROWS,
        is_first_page=line is None,
        now=now,
    )
    return render(request, "moderation/import_detail.html", {"page": page})


@require_safe
@permission_required(Permission.CONTENT_IMPORT)
def import_rejected(request: HtmxHttpRequest, run_id: UUID) -> StreamingHttpResponse:
    """Send every row that was not taken, as CSV that no spreadsheet takes for formulas."""
    run = _run(request, run_id)
    answer = StreamingHttpResponse(_csv(run), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="rejected-{run.pk}.csv"'
    return answer


@require_POST
@permission_required(Permission.CONTENT_IMPORT)
def import_resume(request: HtmxHttpRequest, run_id: UUID) -> HttpResponse:
    """Ring the bell for an import that waits; where it stopped is on its row."""
    run = _run(request, run_id)
    nudge.ring("moderation.tasks.continue_imports")
    messages.success(request, "The import goes on where it stopped.")
    return HttpResponseRedirect(reverse("moderation:import_detail", args=[run.pk]))


class _Echo:
    """A file that gives back what is written into it, for the CSV writer."""

    def write(self, text: str) -> str:
        """Return the text."""
        return text


def _csv(run: ImportRun) -> Iterator[str]:
    writer = csv.writer(_Echo())
    # The mark tells spreadsheets that the file is UTF-8.
    yield "\ufeff"
    for row in imports.rejected_table(run=run):
        yield writer.writerow(row)


def _run(request: HtmxHttpRequest, run_id: UUID) -> ImportRun:
    mine = ImportRun.objects.visible_to(request.actor).select_related("channel", "started_by")
    return get_object_or_404(mine, pk=run_id)


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None
