"""Django's configuration of this app."""

from django.apps import AppConfig


class PlatformsConfig(AppConfig):
    """The platforms app."""

    name = "platforms"
