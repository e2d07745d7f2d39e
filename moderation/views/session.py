"""Signing out: what the person holds goes back to the queues first."""

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.permissions import actor_for
from accounts.services import sessions
from common.http import HtmxHttpRequest
from moderation.services import casework


@require_http_methods(["GET", "HEAD", "POST"])
def sign_out(request: HtmxHttpRequest) -> HttpResponse:
    """Ask, or release every claim in every organisation of the person and end the session."""
    if request.method != "POST":
        return render(request, "account/logout.html")
    now = timezone.now()
    released = 0
    for organisation in request.organisations:
        actor = actor_for(request.user, organisation.pk)  # type: ignore[arg-type]
        if actor is not None:
            released += casework.release_all(by=actor, now=now)
    sessions.signed_out(user=request.user, now=now)  # type: ignore[arg-type]
    get_adapter(request).logout(request)
    text = "You are signed out."
    if released:
        text += (
            f" {released} claimed {'case is' if released == 1 else 'cases are'} free for others."
        )
    messages.success(request, text)
    return HttpResponseRedirect(reverse("account_login"))
