"""Every address, app by app."""

from django.urls import URLPattern, URLResolver, include, path

from common import views as pages
from moderation.views.session import sign_out

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("config.health")),
    path("robots.txt", pages.robots, name="robots"),
    path(".well-known/security.txt", pages.security_contact, name="security_contact"),
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("privacy/", pages.privacy, name="privacy"),
    path("cookies/", pages.cookies, name="cookies"),
    path("", include("accounts.urls")),
    # Signing out releases claims, which only moderation knows.
    path("sign-out/", sign_out, name="account_logout"),
    path("channels/", include("platforms.urls")),
    path("rules/", include("policies.urls")),
    path("audit/", include("audit.urls")),
    path("api/", include("api.urls")),
    path("", include("moderation.urls")),
]

handler400 = "api.errors.bad_request"
handler403 = "common.views.forbidden"
handler404 = "common.views.not_found"
handler429 = "common.views.too_many"
