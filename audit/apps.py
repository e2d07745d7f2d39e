"""Django's configuration of this app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The audit app."""

    name = "audit"
