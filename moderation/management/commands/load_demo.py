"""Load the demonstration: two organisations, their people, rules, queues and channels."""

import json
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts import actors
from accounts.actors import Actor
from accounts.enums import RoleName, Weekday
from accounts.models import OfficeHours, Organisation, User
from accounts.permissions import actor_for
from accounts.services import memberships
from moderation.services import queues
from platforms.enums import Platform
from platforms.models import Channel
from platforms.services import register
from policies.models import RuleSetVersion
from policies.services import packs, publishing

SEED = Path(settings.BASE_DIR) / "platforms" / "sandbox" / "seed"
REVIEW_AFTER = timedelta(days=365)


@dataclass(frozen=True)
class DemoBody:
    """One organisation of the demonstration and the names of its people, one for each role."""

    key: str
    name: str
    short_name: str
    accent: str
    guidelines_url: str
    opens_at: time
    people: tuple[str, ...]


BODIES = (
    DemoBody(
        key="hmpps",
        name="HM Prison and Probation Service",
        short_name="HMPPS",
        accent="navy",
        guidelines_url="https://www.gov.uk/guidance/social-media-use",
        opens_at=time(9),
        people=(
            "Amara Okafor", "Sian Prosser", "Marcus Bell", "Priya Nair", "Tom Ashworth",
            "Grace Lindqvist", "Owen Fairley",
        ),
    ),
    DemoBody(
        key="ppo",
        name="Prisons and Probation Ombudsman",
        short_name="PPO",
        accent="teal",
        guidelines_url="https://ppo.gov.uk/about/social-media-policy/",
        opens_at=time(9),
        people=(
            "Leah Whitcombe", "Idris Hale", "Nora Castell", "Femi Adeyemi", "Ruth Pemberton",
            "Callum Reyes", "Hana Sorensen",
        ),
    ),
)  # fmt: skip


class Command(BaseCommand):
    """Make what is missing of the demonstration; whatever people did since then stays."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Ask where the sandbox platform listens."""
        parser.add_argument("--sandbox-url", default="http://127.0.0.1:8090")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and write down who can sign in."""
        if not getattr(settings, "IS_DEMONSTRATION", False):
            message = "The demonstration is for config.settings.development only."
            raise CommandError(message)
        now = timezone.now()
        file = Path(settings.VAR_DIR) / "demo.json"
        known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        password = known.get("password") or secrets.token_urlsafe(9)
        encoded = make_password(password)
        people = []
        for body in BODIES:
            with transaction.atomic():
                people += _load_body(body, encoded, options["sandbox_url"], now=now)
        _write_privately(file, json.dumps({"password": password, "people": people}, indent=1))


def _load_body(
    body: DemoBody, encoded: str, sandbox_url: str, *, now: datetime
) -> list[dict[str, str]]:
    organisation, _ = Organisation.objects.get_or_create(
        slug=body.key,
        defaults={
            "name": body.name,
            "short_name": body.short_name,
            "accent": body.accent,
            "guidelines_url": body.guidelines_url,
        },
    )
    by = actors.system(organisation.pk)
    for weekday in Weekday:
        if weekday <= Weekday.FRIDAY:
            OfficeHours.objects.get_or_create(
                organisation=organisation, weekday=weekday, opens_at=body.opens_at
            )
    people = _people(body, by, encoded, now=now)
    _rules(body, organisation, now=now)
    queues.set_up(by=by, plans=queues.plans_for(body.key))
    _channels(body, by, sandbox_url, now=now)
    return people


def _people(body: DemoBody, by: Actor, encoded: str, *, now: datetime) -> list[dict[str, str]]:
    listed = []
    for role, name in zip(RoleName, body.people, strict=True):
        email = f"{role.value.replace('_', '.')}@{body.key}.example"
        user, created = User.objects.get_or_create(email=email, defaults={"name": name})
        if created:
            user.password = encoded
            user.save(update_fields=["password"])
        memberships.grant(user=user, role=role, by=by, now=now)
        listed.append(
            {
                "name": name,
                "email": email,
                "role": role.label,
                "organisation": body.short_name,
            }
        )
    return listed


def _rules(body: DemoBody, organisation: Organisation, *, now: datetime) -> None:
    """Publish the pack the way a body does: one person drafts, another approves."""
    if RuleSetVersion.objects.of_organisation(organisation.pk).published().exists():
        return
    drafter = _actor(organisation, body, RoleName.COMMS_MANAGER)
    approver = _actor(organisation, body, RoleName.SUPERVISOR)
    publishing.publish_pack(
        document=packs.load(body.key),
        drafted_by=drafter,
        approved_by=approver,
        now=now,
        review_on=(now + REVIEW_AFTER).date(),
    )


def _actor(organisation: Organisation, body: DemoBody, role: RoleName) -> Actor:
    user = User.objects.get(email=f"{role.value.replace('_', '.')}@{body.key}.example")
    actor = actor_for(user, organisation.pk)
    if actor is None:
        message = f"{user} has no role in {organisation}."
        raise CommandError(message)
    return actor


def _channels(body: DemoBody, by: Actor, sandbox_url: str, *, now: datetime) -> None:
    """Open the channels that the sandbox platform is seeded with; follow it to a new address."""
    document = json.loads((SEED / f"{body.key}.json").read_text(encoding="utf-8"))
    entries = document["channels"] if isinstance(document, dict) else document
    for entry in entries:
        described = entry.get("channel", entry)
        handle = described["handle"]
        existing = Channel.objects.visible_to(by).filter(
            platform=Platform.SANDBOX, external_id=handle
        )
        if existing.exists():
            existing.update(base_url=sandbox_url)
            continue
        register.open_channel(
            by=by,
            now=now,
            opening=register.Opening(
                platform=Platform.SANDBOX,
                name=described["name"],
                slug=handle,
                external_id=handle,
                handle=handle,
                url=f"{sandbox_url}/channels/{handle}",
                base_url=sandbox_url,
                credentials={"token": f"sandbox-token-{handle}"},
                poll_every_seconds=10,
            ),
        )


def _write_privately(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
