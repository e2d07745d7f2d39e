"""The description of this API: as JSON, as YAML, and as a page. For people signed in and for tokens."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response

from api.authentication import PersonAuthentication, TokenAuthentication
from api.description import as_yaml, description
from api.permissions import IsSomebody
from api.renderers import JsonRenderer
from api.views import ApiView


class Description(ApiView):
    """What is asked for by address, whatever is accepted."""

    authentication_classes = [TokenAuthentication, PersonAuthentication]
    permission_classes = [IsSomebody]

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Answer with the format that the address names."""
        return JsonRenderer(), JsonRenderer.media_type


class JsonDescription(Description):
    """GET: the description as JSON."""

    def get(self, request: Request) -> Response:
        """Answer with the description."""
        return Response(description())


class YamlDescription(Description):
    """GET: the description as YAML."""

    def get(self, request: Request) -> HttpResponse:
        """Answer with the description."""
        return HttpResponse(as_yaml(), content_type="application/yaml")


@login_not_required
@require_safe
def docs(request: HttpRequest) -> HttpResponseBase:
    """Show the description as a page; a stranger signs in first."""
    if not request.user.is_authenticated and not _has_token(request):
        return redirect_to_login(request.get_full_path())
    return render(request, "api/docs.html")


def _has_token(request: HttpRequest) -> bool:
    try:
        return TokenAuthentication().authenticate(Request(request)) is not None
    except AuthenticationFailed:
        return False
