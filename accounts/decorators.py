"""The permission a view asks for, written above it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase

from accounts.enums import Permission
from common.http import HtmxHttpRequest

View = Callable[..., HttpResponseBase]


def permission_required(permission: Permission) -> Callable[[View], View]:
    """Let only actors with `permission` in. Others get the 403 page with the reason."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HtmxHttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.actor is None:
                message = "You are signed in, but have no role in any organisation yet."
                raise PermissionDenied(message)
            if not request.actor.may(permission):
                message = "Your role in this organisation does not include this page."
                raise PermissionDenied(message)
            return view(request, *args, **kwargs)

        guarded.required_permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate
