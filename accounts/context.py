"""What every page's frame shows."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from accounts.actors import Actor
from accounts.enums import Permission

# Somebody with more roles than this is shown by the first ones.
ROLES_SHOWN = 2


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """One entry of the service navigation. Without a count it has no badge."""

    label: str
    url: str
    is_current: bool
    count: str = ""
    count_label: str = ""


NAVIGATION = (
    ("Queues", "moderation:queue_list", Permission.CASE_READ),
    ("Channels", "platforms:channel_list", Permission.CHANNEL_READ),
    ("Rules", "policies:ruleset_list", Permission.RULES_READ),
    ("Import", "moderation:import_list", Permission.CONTENT_IMPORT),
    ("Status", "moderation:status", Permission.STATUS_READ),
    ("Audit", "audit:event_list", Permission.AUDIT_READ),
)


def console(request: HttpRequest) -> dict[str, Any]:
    """Return `console`: who is signed in, for whom, and where they can go."""
    actor: Actor | None = getattr(request, "actor", None)
    return {
        "console": {
            "service_name": "Moderation console",
            "organisation": getattr(request, "organisation", None),
            "organisations": getattr(request, "organisations", []),
            "actor": actor,
            "role": _role(getattr(request, "roles", [])),
            "navigation": _navigation(request.path, actor) if actor else [],
            "is_demonstration": getattr(settings, "IS_DEMONSTRATION", False),
        }
    }


def _role(roles: list[str]) -> str:
    shown = ", ".join(roles[:ROLES_SHOWN])
    return f"{shown} and more" if len(roles) > ROLES_SHOWN else shown


def _navigation(path: str, actor: Actor) -> list[NavigationItem]:
    items = []
    for label, name, permission in NAVIGATION:
        if actor.may(permission):
            url = reverse(name)
            items.append(NavigationItem(label, url, path.startswith(url)))
    return items
