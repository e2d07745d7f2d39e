"""What a request carries here, and answers that are a page or a fragment."""

from typing import TYPE_CHECKING

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

if TYPE_CHECKING:
    from typing import Any

    Actor = Any  # the classes live in accounts, above this module
    Organisation = Any


class HtmxHttpRequest(HttpRequest):
    """A request with htmx's details and, for people signed in, who acts for which organisation."""

    htmx: HtmxDetails
    actor: "Actor"
    organisation: "Organisation"
    organisations: "list[Organisation]"
