"""Platform to connector, one line each."""

from collections.abc import Mapping

from platforms.connectors.base import Access, AuthExpired, Connector, Unsupported
from platforms.connectors.bluesky.connector import BlueskyConnector
from platforms.connectors.google_alerts.connector import GoogleAlertsConnector
from platforms.connectors.sandbox.connector import SandboxConnector
from platforms.enums import Capability, Platform
from platforms.fields import CredentialsUnreadable
from platforms.models import Channel

CONNECTORS: dict[Platform, type[SandboxConnector | BlueskyConnector | GoogleAlertsConnector]] = {
    Platform.SANDBOX: SandboxConnector,
    Platform.BLUESKY: BlueskyConnector,
    Platform.GOOGLE_ALERTS: GoogleAlertsConnector,
}

# What a person must hand over before the connector can speak; its docstring says what each is.
CREDENTIALS: dict[Platform, tuple[str, ...]] = {
    Platform.SANDBOX: ("token",),
    Platform.BLUESKY: ("identifier", "app_password"),
    Platform.GOOGLE_ALERTS: ("feed_url",),
}


def is_connected(platform: str) -> bool:
    """Whether the console can speak this platform; others come in by file or by the API."""
    return Platform(platform) in CONNECTORS


def connector_for(channel: Channel) -> Connector:
    """Return a connector that speaks for `channel`. Close it after use.

    Raises Unsupported, and AuthExpired when the stored credentials cannot be decrypted.
    """
    try:
        credentials = dict(channel.credentials)
    except CredentialsUnreadable:
        message = (
            "The stored credentials cannot be read with this server's keys: enter them again."
        )
        raise AuthExpired(message) from None
    return _build(channel, credentials)


def reader_for(channel: Channel) -> Connector:
    """Return a connector that is only to normalise what came in, without credentials."""
    return _build(channel, {})


def _build(channel: Channel, credentials: Mapping[str, str]) -> Connector:
    build = CONNECTORS.get(Platform(channel.platform))
    if build is None:
        message = (
            f"{channel.get_platform_display()} is not connected; its comments come by file or API."
        )
        raise Unsupported(message)
    return build(
        Access(
            external_id=channel.external_id,
            base_url=channel.base_url,
            credentials=credentials,
            settings=channel.settings,
        )
    )


def capabilities_of(platform: str) -> frozenset[Capability]:
    """Return what can be done on a platform; nothing where none is connected."""
    connector = CONNECTORS.get(Platform(platform))
    return connector.capabilities if connector else frozenset()
