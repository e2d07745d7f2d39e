"""Is everything moving? And setting going again what stopped."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import permission_required
from accounts.enums import Permission
from common.errors import DomainError
from common.http import HtmxHttpRequest
from moderation.presenters import status as presenter
from moderation.services import attention
from moderation.views.answers import go_to, refuse
from platforms.forms import ReasonForm
from platforms.models import InboundEvent, OutboxMessage


@require_safe
@permission_required(Permission.STATUS_READ)
def status(request: HtmxHttpRequest) -> HttpResponse:
    """Show how everything of the organisation moves."""
    now = timezone.now()
    page = presenter.status_page(
        overview=attention.overview(
            by=request.actor, now=now, dead_before=_uuid(request.GET.get("before", ""))
        ),
        actor=request.actor,
        now=now,
    )
    return render(request, "moderation/status.html", {"page": page})


@require_POST
@permission_required(Permission.DELIVERY_REPLAY)
def delivery_replay(request: HtmxHttpRequest, message_id: UUID) -> HttpResponse:
    """Try an action again that gave up."""
    message = get_object_or_404(OutboxMessage.objects.visible_to(request.actor), pk=message_id)
    return _again(
        request,
        lambda reason: attention.try_again(
            message=message, by=request.actor, now=timezone.now(), reason=reason
        ),
        "The action is tried again. It shows on its case how far it comes.",
    )


@require_POST
@permission_required(Permission.DELIVERY_REPLAY)
def event_retry(request: HtmxHttpRequest, event_id: UUID) -> HttpResponse:
    """Read an incoming event again that could not be read."""
    event = get_object_or_404(InboundEvent.objects.visible_to(request.actor), pk=event_id)
    return _again(
        request,
        lambda reason: attention.read_again(
            event=event, by=request.actor, now=timezone.now(), reason=reason
        ),
        "The event is read again within seconds.",
    )


def _again(request: HtmxHttpRequest, act: Callable[[str], object], done: str) -> HttpResponse:
    url = reverse("moderation:status")
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.warning(request, "Nothing was done: say why, in a few words.")
        return go_to(request, url)
    try:
        act(form.cleaned_data["reason"])
    except DomainError as refusal:
        return refuse(request, refusal, url)
    messages.success(request, done)
    return go_to(request, url)


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None
