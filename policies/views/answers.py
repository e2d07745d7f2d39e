"""What several views of rules do: find within the organisation, lead on, and say why nothing was done."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from common.errors import DomainError, NotPermitted
from common.http import HtmxHttpRequest
from policies.models import RuleSetVersion


def find_version(request: HtmxHttpRequest, version_id: UUID) -> RuleSetVersion:
    """Return a version of the actor's organisation, or answer that there is none."""
    mine = RuleSetVersion.objects.visible_to(request.actor).select_related("rule_set__owner")
    return get_object_or_404(mine, pk=version_id)


def live_beside(request: HtmxHttpRequest, version: RuleSetVersion) -> RuleSetVersion | None:
    """Return the version in force of the same rule set."""
    mine = RuleSetVersion.objects.visible_to(request.actor).published()
    return mine.filter(rule_set_id=version.rule_set_id).first()


def page_of(version: RuleSetVersion) -> str:
    """Return the address of a version."""
    return reverse("policies:ruleset_detail", args=[version.pk])


def go_to(request: HtmxHttpRequest, url: str) -> HttpResponse:
    """Lead on after an act: a redirect for a page, htmx's own for a fragment."""
    return HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url)


def refuse(request: HtmxHttpRequest, refusal: DomainError, url: str) -> HttpResponse:
    """Say on the page at `url` why nothing was done; what the role excludes is a 403 with the reason."""
    if isinstance(refusal, NotPermitted):
        raise PermissionDenied(refusal.message) from refusal
    messages.warning(request, refusal.message)
    return go_to(request, url)


def done(request: HtmxHttpRequest, words: str, url: str) -> HttpResponse:
    """Say what was done, on the page at `url`."""
    messages.success(request, words)
    return go_to(request, url)


def answer_code(request: HtmxHttpRequest, form: Any, *, wrong: bool = False) -> int:
    """Return 422 for a form that came back, except to htmx, which would not show it."""
    return 422 if (wrong or form.errors) and not request.htmx else 200
