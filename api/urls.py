"""The API's addresses. Whatever is not among them is a problem document too."""

from django.urls import include, path, re_path

from api.views import NothingHere

urlpatterns = [
    path("v1/", include(("api.v1.urls", "api-v1"))),
    re_path(r"", NothingHere.as_view()),
]
