"""How sign-in behaves: nobody signs up by themselves, and every sign-in is on record."""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import User
from accounts.services import sessions


class ClosedAdapter(DefaultAccountAdapter):
    """Accounts are made by an administrator."""

    error_messages: ClassVar = {
        **DefaultAccountAdapter.error_messages,
        # One sentence for both, so that nobody learns who has an account.
        "email_password_mismatch": "Enter the email address and password of your account.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: there is no sign-up page."""
        return False

    def post_login(
        self,
        request: HttpRequest,
        user: User,
        **kwargs: Any,  # Any: the library's own
    ) -> HttpResponse:
        """Record the sign-in, then go where the person wanted."""
        sessions.signed_in(user=user, now=timezone.now())
        return super().post_login(request, user, **kwargs)

    def add_message(self, *args: Any, **kwargs: Any) -> None:  # Any: the library's own
        """Say nothing of what the page shows anyway: who is signed in."""

    def reauthenticate(self, user: User, password: str) -> bool:
        """Check the password of somebody signed in. The address is on the person, nowhere else."""
        again = self.authenticate(context.request, email=user.email, password=password)
        return again is not None and again.pk == user.pk
