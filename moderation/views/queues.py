"""Queues: which there are, what waits in one, and the next case of it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import permission_required
from accounts.enums import Permission
from common.errors import DomainError
from common.http import HtmxHttpRequest
from moderation.models import Queue
from moderation.presenters import queue as presenter
from moderation.services import casework, desk
from moderation.views.answers import go_to, refuse
from moderation.views.furniture import furniture_of
from policies.enums import Severity


@require_safe
def home(request: HtmxHttpRequest) -> HttpResponse:
    """Lead to where the work is."""
    return HttpResponseRedirect(reverse("moderation:queue_list"))


@require_safe
@permission_required(Permission.CASE_READ)
def queue_list(request: HtmxHttpRequest) -> HttpResponse:
    """Show every queue, and what the reader has claimed."""
    now = timezone.now()
    queues = list(Queue.objects.visible_to(request.actor).order_by("position", "name", "pk"))
    page = presenter.queue_list(
        queues=queues,
        tallies=desk.tallies(queues=queues, by=request.actor, now=now),
        held=desk.held_by(request.actor),
        actor=request.actor,
        now=now,
    )
    return render(request, "moderation/queue_list.html", {"page": page})


@require_safe
@permission_required(Permission.CASE_READ)
def queue_detail(request: HtmxHttpRequest, queue_id: UUID) -> HttpResponse:
    """Show one page of what waits in a queue."""
    now = timezone.now()
    queue = get_object_or_404(Queue.objects.visible_to(request.actor), pk=queue_id)
    filters, params = _filters(request)
    page = desk.waiting_page(
        queue=queue,
        by=request.actor,
        filters=filters,
        after=_position(request.GET.get("after", "")),
        before=_position(request.GET.get("before", "")),
    )
    context = presenter.queue_page(
        queue=queue,
        page=page,
        tally=desk.tally(queue=queue, by=request.actor, filters=filters, now=now),
        filters=filters,
        params=params,
        actor=request.actor,
        furniture=furniture_of(request.organisation, now),
        now=now,
    )
    return render(request, "moderation/queue.html", {"page": context})


@require_safe
@permission_required(Permission.CASE_READ)
def queue_news(request: HtmxHttpRequest, queue_id: UUID) -> HttpResponse:
    """Answer the fragment that says how many cases came since the page was made."""
    queue = get_object_or_404(Queue.objects.visible_to(request.actor), pk=queue_id)
    since = _moment(request.GET.get("since", ""))
    count = desk.news(queue=queue, by=request.actor, since=since) if since else 0
    return render(request, "moderation/queue.html#news", {"news": presenter.news(count, queue)})


@require_POST
@permission_required(Permission.CASE_CLAIM)
def queue_claim(request: HtmxHttpRequest, queue_id: UUID) -> HttpResponse:
    """Claim the most urgent waiting case of a queue and show it."""
    queue = get_object_or_404(Queue.objects.visible_to(request.actor), pk=queue_id)
    try:
        case = casework.claim_next(queue=queue, by=request.actor, now=timezone.now())
    except DomainError as refusal:
        return refuse(request, refusal, reverse("moderation:queue_list"))
    if case is None:
        messages.info(request, f"Nothing waits in “{queue.name}”.")
        return go_to(request, presenter.queue_url(queue.pk))
    return go_to(request, case.get_absolute_url())


def _filters(request: HtmxHttpRequest) -> tuple[desk.Filters, dict[str, str]]:
    """Return the filters of the address, and those of its parameters that mean something."""
    given = {
        name: request.GET.get(name, "") for name in ("severity", "clause", "channel", "claimed")
    }
    channel_id = _uuid(given["channel"])
    if given["severity"] not in Severity.values:
        given["severity"] = ""
    if given["claimed"] not in dict(presenter.CLAIMED):
        given["claimed"] = ""
    if channel_id is None:
        given["channel"] = ""
    given["clause"] = given["clause"].replace("\x00", "")[:40]
    filters = desk.Filters(
        severity=given["severity"],
        clause=given["clause"],
        channel_id=channel_id,
        claimed=given["claimed"],
    )
    return filters, {name: value for name, value in given.items() if value}


def _position(words: str) -> desk.Position | None:
    """Read a place in the order from an address; anything else is the beginning."""
    rank, _, rest = words.partition(".")
    micros, _, key = rest.partition(".")
    case_id = _uuid(key)
    if case_id is None:
        return None
    try:
        # The database's small integers, and the years that Python knows.
        moment = presenter.EPOCH + timedelta(microseconds=int(micros))
        place = int(rank)
    except (ValueError, OverflowError):
        return None
    return desk.Position(place, moment, case_id) if abs(place) < 32_768 else None


def _moment(words: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(words)
        # In UTC, because the database knows fewer offsets than people can write.
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _uuid(words: str) -> UUID | None:
    try:
        return UUID(words)
    except ValueError:
        return None
