"""Django's configuration of this app."""

from django.apps import AppConfig


class ModerationConfig(AppConfig):
    """The moderation app."""

    name = "moderation"
