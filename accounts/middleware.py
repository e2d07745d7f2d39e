"""Puts who acts, for which organisation, on the request, and ends sessions that lasted long enough."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.enums import RoleName
from accounts.models import Membership
from accounts.permissions import actor_with_roles
from accounts.services import sessions

SESSION_KEY = "organisation"
SINCE_KEY = "signed_in_at"
SEEN_KEY = "seen_at"
# A page that asks for news by itself says so: it is no sign that somebody is there.
BACKGROUND_HEADER = "X-Background"
# The time of the last request is written at most this often.
PRECISION = timedelta(minutes=1)


class CurrentOrganisationMiddleware:
    """Sets `request.actor`, `.organisation`, `.organisations` and `.roles` for people signed in.

    The organisation is the one chosen last (kept in the session), else the first by name.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Resolve the actor, then go on."""
        forget(request)
        if request.user.is_authenticated:
            self._resolve(request)
        return self.get_response(request)

    def _resolve(self, request: HttpRequest) -> None:
        memberships = list(
            Membership.objects.current()
            .filter(user=request.user)  # type: ignore[misc]  # somebody signed in has a key
            .select_related("organisation")
            .order_by("organisation__name", "pk")
        )
        if not memberships:
            return
        organisations = {row.organisation_id: row.organisation for row in memberships}
        chosen = request.session.get(SESSION_KEY)
        current = next(
            (row.organisation for row in memberships if str(row.organisation_id) == chosen),
            memberships[0].organisation,
        )
        roles = [row.role for row in memberships if row.organisation_id == current.pk]
        request.actor = actor_with_roles(request.user, current.pk, roles)  # type: ignore[attr-defined,arg-type]
        request.organisation = current  # type: ignore[attr-defined]
        request.organisations = list(organisations.values())  # type: ignore[attr-defined]
        request.roles = [role.label for role in RoleName if role.value in roles]  # type: ignore[attr-defined]


class SessionTimeoutMiddleware:
    """Signs people out after an hour without a sign of them, and after twelve hours in any case."""

    idle = timedelta(hours=1)
    longest = timedelta(hours=12)

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """End the session or note that somebody is there, then go on."""
        if request.user.is_authenticated:
            self._check(request, timezone.now())
        return self.get_response(request)

    def _check(self, request: HttpRequest, now: datetime) -> None:
        since = _moment(request, SINCE_KEY)
        seen = _moment(request, SEEN_KEY)
        if since is None or seen is None:
            request.session[SINCE_KEY] = request.session[SEEN_KEY] = now.isoformat()
        elif now - since >= self.longest:
            self._end(request, "too_long", "You were signed out after twelve hours.", now)
        elif now - seen >= self.idle:
            self._end(request, "idle", "You were signed out after an hour without activity.", now)
        elif now - seen >= PRECISION and BACKGROUND_HEADER not in request.headers:
            request.session[SEEN_KEY] = now.isoformat()

    def _end(self, request: HttpRequest, how: str, sentence: str, now: datetime) -> None:
        sessions.signed_out(user=request.user, now=now, how=how)  # type: ignore[arg-type]
        logout(request)
        request.user = AnonymousUser()
        forget(request)
        messages.info(request, f"{sentence} What you had typed is kept in the open tab.")


def forget(request: HttpRequest) -> None:
    """Leave nobody on the request."""
    request.actor = None  # type: ignore[attr-defined]
    request.organisation = None  # type: ignore[attr-defined]
    request.organisations = []  # type: ignore[attr-defined]
    request.roles = []  # type: ignore[attr-defined]


def _moment(request: HttpRequest, key: str) -> datetime | None:
    try:
        return datetime.fromisoformat(request.session[key])
    except (KeyError, TypeError, ValueError):
        return None
