"""API tokens: issue, find, revoke. The token itself is shown once and never stored."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from accounts.actors import Actor
from accounts.enums import Permission
from accounts.models import ApiToken
from accounts.permissions import check_may
from audit import services as audit
from audit.enums import AuditEventType
from common.errors import NotPermitted

PREFIX = "mct_"
# Characters after it that are kept readable, to tell tokens apart.
SHOWN = 6
# Writing the last use on every call would make each read a write.
LAST_USED_PRECISION = timedelta(minutes=1)


@transaction.atomic
def issue(
    *, name: str, scopes: list[Permission], by: Actor, now: datetime, expires_at: datetime | None
) -> tuple[ApiToken, str]:
    """Issue a token and return it with its secret, which cannot be read again later."""
    check_may(by, Permission.TOKEN_MANAGE)
    if by.token is not None:
        message = "A token issues no tokens: what one made could outlive it."
        raise NotPermitted(message)
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        organisation_id=by.organisation_id,
        name=name,
        prefix=secret[: len(PREFIX) + SHOWN],
        digest=digest_of(secret),
        scopes=sorted(scope.value for scope in scopes),
        issued_by=by.user,
        issued_at=now,
        expires_at=expires_at,
    )
    audit.record(
        AuditEventType.TOKEN_ISSUED, actor=by, at=now, target=token, name=name, scopes=token.scopes
    )
    return token, secret


def find_usable(secret: str, *, now: datetime) -> ApiToken | None:
    """Return the token with this secret if it may be used now."""
    token = ApiToken.objects.usable(now).filter(digest=digest_of(secret)).first()
    if token and (token.last_used_at is None or now - token.last_used_at > LAST_USED_PRECISION):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


@transaction.atomic
def revoke(*, token: ApiToken, by: Actor, now: datetime, reason: str) -> None:
    """Make a token unusable from now on."""
    check_may(by, Permission.TOKEN_MANAGE)
    if by.user is None:
        message = "A token is revoked by a person."
        raise NotPermitted(message)
    updated = ApiToken.objects.filter(
        pk=token.pk, organisation_id=by.organisation_id, revoked_at__isnull=True
    ).update(revoked_at=now, revoked_by=by.user)
    if updated:
        audit.record(AuditEventType.TOKEN_REVOKED, actor=by, at=now, target=token, reason=reason)


def digest_of(secret: str) -> str:
    """Return the SHA-256 under which a token is kept. Tokens are random, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
