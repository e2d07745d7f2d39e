"""What a caller may do: each view names one permission per method."""

from typing import TYPE_CHECKING

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.actors import Actor

if TYPE_CHECKING:
    # REST framework imports this module while it loads its views.
    from rest_framework.views import APIView


class HasScope(BasePermission):
    """Lets a token in that holds the permission `view.required[method]`."""

    message = "This token may not make this call."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Refuse whatever is not declared. Reading the headers alone needs what reading needs."""
        if not isinstance(request.user, Actor):
            return False
        method = request.method or ""
        if method not in view.allowed_methods:
            raise MethodNotAllowed(method)
        required = getattr(view, "required", {}).get("GET" if method == "HEAD" else method)
        if required is None:
            return False
        self.message = f"This call needs the scope “{required.value}”, which this token lacks."
        return request.user.may(required)


class IsSomebody(BasePermission):
    """Lets in anybody who has signed in or holds a token: what they read is the same for all."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Refuse strangers."""
        if not isinstance(request.user, Actor):
            return False
        if request.method not in view.allowed_methods:
            raise MethodNotAllowed(request.method or "")
        return True
