"""Channels: how each one does, what can be done on it, pause and resume."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import permission_required
from accounts.enums import Permission
from audit.enums import AuditEventType
from audit.models import AuditEvent
from common.errors import DomainError, NotPermitted
from common.http import HtmxHttpRequest
from platforms import presenters
from platforms.forms import ReasonForm
from platforms.models import Channel, OutboxMessage
from platforms.services import register

HISTORY = 15
# Told by the figures; one event for every poll would bury the rest.
NOT_TOLD = (
    AuditEventType.CHANNEL_POLLED,
    AuditEventType.CONTENT_INGESTED,
)


@require_safe
@permission_required(Permission.CHANNEL_READ)
def channel_list(request: HtmxHttpRequest) -> HttpResponse:
    """Show the organisation's channels and what can be done on their platforms."""
    channels = Channel.objects.visible_to(request.actor).order_by("name", "pk")
    page = presenters.channel_list(channels=list(channels), now=timezone.now())
    return render(request, "platforms/channel_list.html", {"page": page})


@require_safe
@permission_required(Permission.CHANNEL_READ)
def channel_detail(request: HtmxHttpRequest, channel_id: UUID) -> HttpResponse:
    """Show one channel."""
    return _detail(request, channel_id, ReasonForm())


@require_POST
@permission_required(Permission.CHANNEL_MANAGE)
def channel_pause(request: HtmxHttpRequest, channel_id: UUID) -> HttpResponse:
    """Stop reading and writing on a channel."""
    return _change(request, channel_id, register.pause, "The channel is paused.")


@require_POST
@permission_required(Permission.CHANNEL_MANAGE)
def channel_resume(request: HtmxHttpRequest, channel_id: UUID) -> HttpResponse:
    """Read and write on a channel again."""
    done = "The channel is in use again. It is read within seconds."
    return _change(request, channel_id, register.resume, done)


def _change(
    request: HtmxHttpRequest, channel_id: UUID, act: Callable[..., Channel], done: str
) -> HttpResponse:
    channel = get_object_or_404(Channel.objects.visible_to(request.actor), pk=channel_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _detail(request, channel_id, form, status=422)
    try:
        act(
            channel=channel,
            by=request.actor,
            now=timezone.now(),
            reason=form.cleaned_data["reason"],
        )
    except NotPermitted as refusal:
        raise PermissionDenied(refusal.message) from refusal
    except DomainError as refusal:
        messages.warning(request, refusal.message)
    else:
        messages.success(request, done)
    return HttpResponseRedirect(reverse("platforms:channel_detail", args=[channel_id]))


def _detail(
    request: HtmxHttpRequest, channel_id: UUID, form: ReasonForm, *, status: int = 200
) -> HttpResponse:
    channel = get_object_or_404(Channel.objects.visible_to(request.actor), pk=channel_id)
    page = presenters.channel_page(
        channel=channel,
        tally=_tally(request, channel),
        history=list(
            AuditEvent.objects.of_organisation(request.actor.organisation_id)
            .about(channel.pk)
            .exclude(type__in=NOT_TOLD)
            .newest_first()[:HISTORY]
        ),
        form=form,
        actor=request.actor,
        now=timezone.now(),
    )
    return render(request, "platforms/channel_detail.html", {"page": page}, status=status)


def _tally(request: HtmxHttpRequest, channel: Channel) -> presenters.Tally:
    """Count what is on its way and what gave up; each from its own partial index."""
    mine = OutboxMessage.objects.visible_to(request.actor).filter(channel=channel)
    return presenters.Tally(
        pending=mine.filter(next_attempt_at__isnull=False).count(),
        dead=mine.dead().count(),
    )
