"""The register of channels: open, give credentials, pause, resume."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError
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
from platforms.registry import CREDENTIALS, is_connected

# What people say of a channel, and what is checked of it.
GIVEN = {"name", "slug", "external_id", "handle", "url", "base_url"}
QUICKEST_POLL, SLOWEST_POLL = 5, 86_400


class ChannelExists(DomainError):
    """The account, or the short name, is in the register already."""

    code = "channel_exists"


class ChannelRefused(DomainError):
    """What describes the channel will not do; the message says why."""

    code = "channel_refused"


class CredentialsRefused(DomainError):
    """The credentials are not those that this platform needs; the message says what is missing."""

    code = "credentials_refused"


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
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
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
    if is_connected(opening.platform):
        check_credentials(opening.platform, opening.credentials)
    channel = Channel(
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
    if not QUICKEST_POLL <= opening.poll_every_seconds <= SLOWEST_POLL:
        message = f"A channel is read every {QUICKEST_POLL} to {SLOWEST_POLL:,} seconds."
        raise ChannelRefused(message)
    try:
        channel.clean_fields(exclude={each.name for each in Channel._meta.fields} - GIVEN)
    except ValidationError as error:
        said = [f"{name}: {' '.join(why)}" for name, why in error.message_dict.items()]
        raise ChannelRefused(" ".join(said)) from None
    channel.save(force_insert=True)
    audit.record(
        AuditEventType.CHANNEL_OPENED,
        actor=by,
        at=now,
        target=channel,
        platform=channel.platform,
        name=channel.name,
    )
    return channel


def check_credentials(platform: Platform, credentials: Mapping[str, str]) -> None:
    """Refuse credentials that are not, by their names, those that the platform needs."""
    needed = CREDENTIALS.get(platform, ())
    if not needed:
        message = f"{platform.label} is not connected: its comments come by file or API, without credentials."
        raise CredentialsRefused(message)
    missing = [name for name in needed if not credentials.get(name)]
    unknown = sorted(credentials.keys() - set(needed))
    if missing or unknown:
        message = (
            f"{platform.label} needs {' and '.join(needed)}."
            + (f" Missing: {', '.join(missing)}." if missing else "")
            + (f" Not known: {', '.join(unknown)}." if unknown else "")
        )
        raise CredentialsRefused(message)


@transaction.atomic
def set_credentials(
    *, channel: Channel, credentials: Mapping[str, str], by: Actor, now: datetime, reason: str
) -> Channel:
    """Replace what opens a channel; one that needed attention is read and written again at once."""
    check_may(by, Permission.CHANNEL_MANAGE)
    channel = _locked(channel, by)
    if channel.status == ChannelStatus.CLOSED:
        message = f"{channel} is closed."
        raise InvalidTransition(message)
    check_credentials(Platform(channel.platform), credentials)
    channel.credentials = dict(credentials)
    channel.save()
    audit.record(
        AuditEventType.CHANNEL_CREDENTIALS_SET,
        actor=by,
        at=now,
        target=channel,
        reason=reason,
        names=sorted(credentials),
    )
    if channel.status == ChannelStatus.NEEDS_ATTENTION:
        return resume(channel=channel, by=by, now=now, reason=reason)
    return channel


@transaction.atomic
def keep_renewed(*, channel: Channel, credentials: Mapping[str, str]) -> None:
    """Store what the platform renewed during a call, unless a person replaced it meanwhile.

    Call with the channel as it was when the call began.
    """
    if not credentials or credentials == channel.credentials:
        return
    current = Channel.objects.select_for_update(of=("self",)).get(pk=channel.pk)
    given = CREDENTIALS.get(Platform(channel.platform), ())
    if all(current.credentials.get(name) == channel.credentials.get(name) for name in given):
        Channel.objects.filter(pk=channel.pk).update(credentials=dict(credentials))


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
