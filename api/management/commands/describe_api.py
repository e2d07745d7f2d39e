"""Print the description of the API, as it is committed under docs/reference."""

from typing import Any

from django.core.management.base import BaseCommand

from api.description import as_yaml


class Command(BaseCommand):
    """Writes OpenAPI 3.1 in YAML."""

    help = "Print the OpenAPI description of the REST API in YAML."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        self.stdout.write(as_yaml(), ending="")
