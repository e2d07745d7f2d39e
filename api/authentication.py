"""Who calls: the bearer of an API token."""

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.actors import Actor
from accounts.permissions import actor_for_token
from accounts.services import tokens


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer …`. Sets `request.user` to the token's Actor."""

    def authenticate(self, request: Request) -> tuple[Actor, None] | None:
        """Return the actor, None without a header, or raise when the token is not usable."""
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        if len(parts) != 2:
            message = "The Authorization header must be “Bearer” and one token."
            raise AuthenticationFailed(message)
        token = tokens.find_usable(parts[1].decode("latin-1"), now=timezone.now())
        if token is None:
            message = "This token is unknown, expired or revoked."
            raise AuthenticationFailed(message)
        return actor_for_token(token), None

    def authenticate_header(self, request: Request) -> str:
        """Answer 401, not 403, to a call without a token."""
        return 'Bearer realm="moderation console"'


class PersonAuthentication(BaseAuthentication):
    """Somebody signed in to the pages, for what is only read: a session never changes anything here."""

    def authenticate(self, request: Request) -> tuple[Actor, None] | None:
        """Return who is signed in, as the organisation they act for."""
        actor: Actor | None = getattr(request._request, "actor", None)
        return (actor, None) if actor is not None else None


class TokenScheme(OpenApiAuthenticationExtension):
    """How the description names the bearer token."""

    target_class = TokenAuthentication
    name = "bearerToken"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Return the OpenAPI security scheme."""
        return {"type": "http", "scheme": "bearer"}
