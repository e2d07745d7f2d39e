"""The register of channels: open, pause, resume."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from accounts.actors import Actor
from accounts.enums import Permission
from accounts.permissions import check_may
from audit import services as audit
from audit.enums import AuditEventType
from common.errors import DomainError, InvalidTransition
from platforms.enums import ChannelStatus, Platform
from platforms.models import Channel
from platforms.registry import is_connected


class ChannelExists(DomainError):
    """The account, or the short name, is in the register already."""

    code = "channel_exists"


@dataclass(frozen=True, slots=True)
class Opening:
    """What is needed to open a channel. `external_id` is the platform's own id of the account."""

    platform: Platform
    name: str
    slug: str
    external_id: str
    handle: str = ""
    url: str = ""
    base_url: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict)
    poll_every_seconds: int = 60


@transaction.atomic
def open_channel(*, opening: Opening, by: Actor, now: datetime) -> Channel:
    """Enter an official account in the register and start reading it, where we can speak to it."""
    check_may(by, Permission.CHANNEL_MANAGE)
    ours = Channel.objects.visible_to(by)
    same_account = Q(platform=opening.platform, external_id=opening.external_id)
    if (existing := ours.filter(same_account | Q(slug=opening.slug)).first()) is not None:
        message = f"{existing} is that account, or has that short name, already."
        raise ChannelExists(message)
    channel = Channel.objects.create(
        organisation_id=by.organisation_id,
        platform=opening.platform,
        name=opening.name,
        slug=opening.slug,
        external_id=opening.external_id,
        handle=opening.handle,
        url=opening.url,
        base_url=opening.base_url,
        settings=dict(opening.settings),
        credentials=dict(opening.credentials),
        poll_every_seconds=opening.poll_every_seconds,
        next_poll_at=now if is_connected(opening.platform) else None,
    )
    audit.record(
        AuditEventType.CHANNEL_OPENED,
        actor=by,
        at=now,
        target=channel,
        platform=channel.platform,
        name=channel.name,
    )
    return channel


@transaction.atomic
def pause(*, channel: Channel, by: Actor, now: datetime, reason: str) -> Channel:
    """Stop reading and writing on a channel; what waits to be sent keeps waiting."""
    check_may(by, Permission.CHANNEL_MANAGE)
    channel = _locked(channel, by)
    if channel.status not in {ChannelStatus.ACTIVE, ChannelStatus.NEEDS_ATTENTION}:
        message = f"{channel} is {channel.get_status_display().lower()} already."
        raise InvalidTransition(message)
    channel.status = ChannelStatus.PAUSED
    channel.save()
    audit.record(AuditEventType.CHANNEL_PAUSED, actor=by, at=now, target=channel, reason=reason)
    return channel


@transaction.atomic
def resume(*, channel: Channel, by: Actor, now: datetime, reason: str = "") -> Channel:
    """Read and write again, at once: after a pause, or after what needed attention was mended."""
    check_may(by, Permission.CHANNEL_MANAGE)
    channel = _locked(channel, by)
    if channel.status not in {ChannelStatus.PAUSED, ChannelStatus.NEEDS_ATTENTION}:
        message = f"{channel} is {channel.get_status_display().lower()} already."
        raise InvalidTransition(message)
    channel.status = ChannelStatus.ACTIVE
    channel.failures, channel.last_error = 0, ""
    channel.next_poll_at = now if is_connected(channel.platform) else None
    channel.save()
    audit.record(AuditEventType.CHANNEL_RESUMED, actor=by, at=now, target=channel, reason=reason)
    return channel


def _locked(channel: Channel, by: Actor) -> Channel:
    return Channel.objects.visible_to(by).select_for_update(of=("self",)).get(pk=channel.pk)
