"""The Idempotency-Key header: one key, one request, however often it is sent."""

import hashlib

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import Actor
from api.errors import IdempotencyKeyMissing

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LONGEST_KEY = 255


def key_of(request: Request) -> str | None:
    """Return the key that was sent, or None. Raises when it is not usable."""
    key = request.headers.get(HEADER)
    if key is None or not key.strip():
        return None
    key = key.strip()
    if len(key) > LONGEST_KEY or not (key.isascii() and key.isprintable()):
        message = f"A key has 1 to {LONGEST_KEY} plain printable characters."
        raise ValidationError({HEADER: message})
    return key


def submission_key(request: Request) -> str:
    """Return the key under which a decision is kept: one name space for each token.

    Raises IdempotencyKeyMissing.
    """
    key = key_of(request)
    if key is None:
        raise IdempotencyKeyMissing
    actor: Actor = request.user  # type: ignore[assignment]
    return hashlib.sha256(f"{actor.id}:{key}".encode()).hexdigest()


def stand_in(request: Request) -> str:
    """Return what stands for a sender who is not named: the key, in the token's own name space."""
    return f"request-{submission_key(request)[:32]}" if key_of(request) else ""


def echo(request: Request, response: Response) -> None:
    """Repeat the caller's key, so that answers can be told apart."""
    key = request.headers.get(HEADER, "").strip()
    if key.isascii() and key.isprintable() and 0 < len(key) <= LONGEST_KEY:
        response[HEADER] = key
