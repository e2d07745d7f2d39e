"""Answers that several views give."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django_htmx.http import HttpResponseClientRedirect

from common.errors import DomainError, NotPermitted
from common.http import HtmxHttpRequest


def go_to(request: HtmxHttpRequest, url: str) -> HttpResponse:
    """Lead on after an act: a redirect for a page, htmx's own for a fragment."""
    return HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url)


def refuse(request: HtmxHttpRequest, refusal: DomainError, url: str) -> HttpResponse:
    """Say on the page at `url` why nothing was done; what the role excludes is a 403 with the reason."""
    if isinstance(refusal, NotPermitted):
        raise PermissionDenied(refusal.message) from refusal
    messages.warning(request, refusal.message)
    return go_to(request, url)
