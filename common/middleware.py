"""What every answer carries, whoever gives it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers


class PrivateAnswersMiddleware:
    """Keeps pages of people signed in out of every cache, and everything out of search engines."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, then add the headers."""
        response = self.get_response(request)
        response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            # Also keeps a shared computer's Back button from showing the pages after sign-out.
            add_never_cache_headers(response)
        return response
