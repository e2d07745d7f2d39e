"""What every view of the API shares."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import Http404, HttpRequest
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.actors import Actor
from accounts.enums import Permission
from api import idempotency
from api.description import ApiSchema
from api.parsers import JsonParser
from api.renderers import JsonRenderer


class ApiView(APIView):
    """JSON in, JSON out, by token; `required` names the scope that each method needs."""

    required: ClassVar[Mapping[str, Permission]] = {}
    # The parameters that the address may have; a mistyped one must not be a lost one.
    query: ClassVar[frozenset[str]] = frozenset()
    http_method_names = ["get", "head", "post"]
    parser_classes = [JsonParser]
    renderer_classes = [JsonRenderer]
    metadata_class = None
    schema = ApiSchema()

    @property
    def actor(self) -> Actor:
        """The token that calls."""
        actor: Actor = self.request.user  # type: ignore[assignment]
        return actor

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """Remember who the middleware found: REST framework puts the token's actor in that place."""
        self._person = getattr(request, "user", None)
        return super().initialize_request(request, *args, **kwargs)

    def check_permissions(self, request: Request) -> None:
        """Count the call first: a refusal counts too, and says what is left."""
        super().check_throttles(request)
        super().check_permissions(request)

    def check_throttles(self, request: Request) -> None:
        """Refuse parameters that are none. Counting is done: `check_permissions` did it."""
        unknown = sorted(request.query_params.keys() - self.query)[:10]
        if unknown:
            raise ValidationError(
                {ascii(name[:40])[1:-1]: "There is no such parameter." for name in unknown}
            )

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """Add the headers that every answer carries."""
        response = super().finalize_response(request, response, *args, **kwargs)
        request._request.user = self._person  # type: ignore[assignment]
        response["Cache-Control"] = "no-store"
        idempotency.echo(request, response)
        allowance = getattr(request._request, "api_allowance", None)
        if allowance is not None:
            for name, value in allowance.headers().items():
                response[name] = value
        return response


class NothingHere(ApiView):
    """Answers every address under /api/ that is none, as a problem document."""

    permission_classes = []
    throttle_classes = []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse before anything else."""
        request.accepted_renderer = JsonRenderer()
        request.accepted_media_type = JsonRenderer.media_type
        raise Http404
