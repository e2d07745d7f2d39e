"""The least that Django can do for a request: what the queue page is measured against."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import path

MIDDLEWARE = [
    "tests.benchmarks.hello.HereOnly",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]


class HereOnly:
    """Answers from the addresses of this module."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Choose the addresses, then go on."""
        request.urlconf = __name__  # type: ignore[assignment]
        return self.get_response(request)


def hello(_request: HttpRequest) -> HttpResponse:
    """Answer without looking anything up."""
    return HttpResponse("Hello")


urlpatterns = [path("hello/", hello)]
