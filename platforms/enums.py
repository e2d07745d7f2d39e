"""Stored words of the outside world."""

from enum import StrEnum

from django.db import models


class Platform(models.TextChoices):
    """A service on which an organisation has official accounts."""

    SANDBOX = "sandbox", "Sandbox"
    BLUESKY = "bluesky", "Bluesky"
    GOOGLE_ALERTS = "google_alerts", "Google Alerts"
    FACEBOOK = "facebook", "Facebook"
    INSTAGRAM = "instagram", "Instagram"
    YOUTUBE = "youtube", "YouTube"
    X = "x", "X"
    LINKEDIN = "linkedin", "LinkedIn"
    THREADS = "threads", "Threads"
    TIKTOK = "tiktok", "TikTok"


class Capability(StrEnum):
    """Something a connector can do on its platform. Also the kind of an outbox message."""

    HIDE = "hide"
    UNHIDE = "unhide"
    DELETE = "delete"
    BLOCK = "block"
    UNBLOCK = "unblock"
    REPLY = "reply"
    WARN = "warn"
    REPORT = "report"
    FETCH = "fetch"


class ChannelStatus(models.TextChoices):
    """Whether a channel is read and written."""

    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"
    NEEDS_ATTENTION = "needs_attention", "Needs attention"
    CLOSED = "closed", "Closed"


class ContentKind(models.TextChoices):
    """What sort of thing somebody wrote."""

    COMMENT = "comment", "Comment"
    REPLY = "reply", "Reply"
    MENTION = "mention", "Mention"
    MESSAGE = "message", "Direct message"
    REVIEW = "review", "Review"
    ARTICLE = "article", "Media mention"


class SourceState(models.TextChoices):
    """How an item stands on its platform, as last seen."""

    LIVE = "live", "Visible"
    HIDDEN = "hidden", "Hidden"
    HELD = "held", "Held by the platform"
    DELETED = "deleted", "Deleted"


class InboundSource(models.TextChoices):
    """By which door an inbound event came in."""

    POLL = "poll", "Polled"
    WEBHOOK = "webhook", "Webhook"
    API = "api", "REST API"
    IMPORT = "import", "File import"


class InboundStatus(models.TextChoices):
    """What became of an inbound event."""

    PENDING = "pending", "Pending"
    INGESTED = "ingested", "Ingested"
    IGNORED = "ignored", "Ignored"
    FAILED = "failed", "Failed"


class DeliveryStatus(models.TextChoices):
    """Where an outbox message stands.

    requested -> sending -> accepted -> verified; or unknown, and then looked up; or refused, dead, cancelled. Only a
    read-back makes it verified.
    """

    REQUESTED = "requested", "Requested"
    SENDING = "sending", "Sending"
    ACCEPTED = "accepted", "Accepted by the platform"
    VERIFIED = "verified", "Verified on the platform"
    UNKNOWN = "unknown", "Outcome unknown"
    DEAD = "dead", "Gave up"
    REFUSED = "refused", "Refused by the platform"
    CANCELLED = "cancelled", "Cancelled"
