"""Django's configuration of this app."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The api app."""

    name = "api"
