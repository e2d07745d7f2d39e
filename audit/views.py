"""The record, to be read by those who may."""

from collections.abc import Mapping
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit import presenters
from audit.enums import AuditEventType
from audit.models import AuditEvent, AuditEventQuerySet
from common.http import HtmxHttpRequest

# The permission's stored word: its enum lives in accounts, above this app.
READ = "audit:read"
PAGE = 50


@require_safe
def event_list(request: HtmxHttpRequest) -> HttpResponse:
    """Show one page of the organisation's events, newest first."""
    if request.actor is None or not request.actor.may(READ):
        message = "Your role in this organisation does not include this page."
        raise PermissionDenied(message)
    chosen = {
        "type": _known_type(request.GET.get("type", "")),
        "person": _uuid(request.GET.get("person", "")),
        "case": _uuid(request.GET.get("case", "")),
        "about": _uuid(request.GET.get("about", "")),
    }
    matching = _matching(AuditEvent.objects.of_organisation(request.actor.organisation_id), chosen)
    newer, older = _number(request.GET.get("newer", "")), _number(request.GET.get("older", ""))
    events, has_newer, has_older = _one_page(matching, newer=newer, older=older)
    people = (
        get_user_model()
        .objects.filter(memberships__organisation_id=request.actor.organisation_id)
        .distinct()
        .values_list("pk", "name")
    )
    page = presenters.audit_page(
        events=events,
        chosen=chosen,
        people={str(pk): name for pk, name in people},
        newer_than=events[0].pk if events and has_newer else None,
        older_than=events[-1].pk if events and has_older else None,
    )
    return render(request, "audit/event_list.html", {"page": page})


def _matching(events: AuditEventQuerySet, chosen: Mapping[str, str]) -> AuditEventQuerySet:
    if chosen["type"]:
        events = events.filter(type=chosen["type"])
    if chosen["person"]:
        events = events.filter(actor_id=chosen["person"])
    if chosen["case"]:
        events = events.of_case(UUID(chosen["case"]))
    if chosen["about"]:
        events = events.about(UUID(chosen["about"]))
    return events


def _one_page(
    events: AuditEventQuerySet, *, newer: int | None, older: int | None
) -> tuple[list[AuditEvent], bool, bool]:
    """Return the events of one page, newest first, and whether there are newer and older ones."""
    if newer is not None:
        found = list(events.filter(pk__gt=newer).order_by("pk")[: PAGE + 1])
        return found[:PAGE][::-1], len(found) > PAGE, True
    if older is not None:
        events = events.filter(pk__lt=older)
    found = list(events.newest_first()[: PAGE + 1])
    return found[:PAGE], older is not None, len(found) > PAGE


def _known_type(value: str) -> str:
    return value if value in AuditEventType.values else ""


def _uuid(value: str) -> str:
    try:
        return str(UUID(value.strip()))
    except ValueError:
        return ""


def _number(value: str) -> int | None:
    # Eighteen digits fit into the database's largest integer.
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 18 else None
