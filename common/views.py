"""Pages that hold no data, and what is shown when something goes wrong."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """Show the accessibility statement."""
    return render(request, "pages/accessibility.html")


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Show what the console holds about people."""
    return render(request, "pages/privacy.html")


@login_not_required
@require_safe
def cookies(request: HttpRequest) -> HttpResponse:
    """Show which cookies are set."""
    names = {"session": settings.SESSION_COOKIE_NAME, "csrf": settings.CSRF_COOKIE_NAME}
    return render(request, "pages/cookies.html", {"names": names})


@login_not_required
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Ask search engines to stay away."""
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain")


@login_not_required
@require_safe
def security_contact(request: HttpRequest) -> HttpResponse:
    """Tell whoever found a weakness where to report it (RFC 9116)."""
    if not settings.SECURITY_CONTACT:
        message = "No contact is set."
        raise Http404(message)
    # The file must name a day after which it is not to be trusted; it is made anew for each reader.
    expires = (timezone.now() + timedelta(days=90)).strftime("%Y-%m-%dT00:00:00Z")
    own = request.build_absolute_uri(request.path)
    lines = [
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {expires}",
        "Preferred-Languages: en",
        f"Canonical: {own}",
    ]
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that cannot be understood. What was wrong is logged, and shown if it was only size."""
    if isinstance(exception, RequestDataTooBig):
        return render(request, "400.html", {"why": str(exception)}, status=413)
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what the person's role does not include, with the sentence of the refusal."""
    return render(request, "403.html", {"why": str(exception)}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere, or to somebody else's."""
    return render(request, "404.html", status=404)


def too_many(request: HttpRequest) -> HttpResponse:
    """Answer too many tries in a short time."""
    return render(request, "429.html", status=429)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that does not prove where it comes from, most often one left open too long."""
    return render(request, "403_csrf.html", status=403)
