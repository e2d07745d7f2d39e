"""What the commands about channels share: credentials, which are never an argument, and finding one."""

import json
import sys
from collections.abc import Mapping

from django.core.management.base import CommandError

from accounts import commands
from accounts.actors import Actor
from platforms.enums import Platform
from platforms.models import Channel
from platforms.registry import CREDENTIALS

LONGEST = 64 * 1024


def ask_credentials(platform: Platform) -> Mapping[str, str]:
    """Return what opens an account: asked for by name, or one JSON object from standard input.

    Raises CommandError. What was typed is never repeated.
    """
    needed = CREDENTIALS.get(platform, ())
    if not needed:
        return {}
    if sys.stdin.isatty():
        return {name: commands.ask_secret(f"{platform.label} {name}").strip() for name in needed}
    example = json.dumps(dict.fromkeys(needed, "…"), ensure_ascii=False)
    try:
        given = json.loads(sys.stdin.read(LONGEST))
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        message = f"Give the credentials on standard input as one JSON object of texts: {example}"
        raise CommandError(message)
    return given


def channel_of(by: Actor, slug: str) -> Channel:
    """Return the organisation's channel of that short name. Raises CommandError."""
    ours = Channel.objects.visible_to(by)
    channel = ours.filter(slug=slug).first()
    if channel is None:
        known = ", ".join(ours.order_by("slug").values_list("slug", flat=True)[:20])
        message = f"There is no channel “{slug}”. The channels are: {known or 'none yet'}."
        raise CommandError(message)
    return channel
