"""Django's configuration of this app."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    """The common app."""

    name = "common"
