"""Print who may do what, as it is committed under docs/reference."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand

from accounts.enums import Permission, RoleName
from accounts.permissions import IN_WORDS
from accounts.roles import ROLE_PERMISSIONS


class Command(BaseCommand):
    """Writes the table of roles and permissions in Markdown."""

    help = "Print the table of roles and permissions in Markdown."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        self.stdout.write("\n".join(lines()))


def lines() -> Iterator[str]:
    """Yield the page line by line."""
    yield "# Permissions"
    yield ""
    yield "Who may do what. Written by `make docs` from `accounts/roles.py`; do not edit."
    yield ""
    yield "A person may do what any of their roles in an organisation includes; an API token what its scopes"
    yield "name, which are the words in the first column. Neither reaches beyond its organisation."
    yield ""
    yield f"| permission | what it is | {' | '.join(role.label for role in RoleName)} |"
    yield "|---|---" + "|:-:" * len(RoleName) + "|"
    for permission in Permission:
        marks = ("✓" if permission in ROLE_PERMISSIONS[role] else "" for role in RoleName)
        yield f"| `{permission}` | {IN_WORDS[permission]} | {' | '.join(marks)} |"
