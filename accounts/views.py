"""Signing in, and choosing for which organisation one works."""

import json
from pathlib import Path
from typing import Any

from allauth.account.views import LoginView
from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from accounts.middleware import SESSION_KEY
from common.http import HtmxHttpRequest


class SignIn(LoginView):
    """The sign-in page. On a demonstration it also says who can sign in."""

    def get_form(self, form_class: Any = None) -> Any:  # Any: the library's own
        """Name the fields in words; a placeholder would vanish when it is needed."""
        form = super().get_form(form_class)
        form.fields["login"].label = "Email address"
        for field in form.fields.values():
            field.widget.attrs.pop("placeholder", None)
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:  # Any: the library's own
        """Add the people of the demonstration."""
        return super().get_context_data(**kwargs) | {
            "demonstration_people": demonstration_people()
        }


sign_in = SignIn.as_view()


@require_POST
def organisation_switch(request: HtmxHttpRequest) -> HttpResponse:
    """Work for another of the person's own organisations from now on."""
    wanted = request.POST.get("organisation", "")
    if wanted not in {str(row.pk) for row in request.organisations}:
        message = "No such organisation."
        raise Http404(message)
    request.session[SESSION_KEY] = wanted
    return HttpResponseRedirect("/")


def demonstration_people() -> list[dict[str, str]]:
    """Return the people of the demonstration with their password; nobody anywhere else."""
    if not getattr(settings, "IS_DEMONSTRATION", False):
        return []
    try:
        known = json.loads(Path(settings.VAR_DIR, "demo.json").read_text(encoding="utf-8"))
        return [{**person, "password": known["password"]} for person in known["people"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []
