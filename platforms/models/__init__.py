"""Channels, and the two boxes between them and us."""

from platforms.models.channel import Channel
from platforms.models.import_run import ImportRun, ImportStatus, RejectedRow
from platforms.models.inbox import InboundEvent
from platforms.models.outbox import OutboxMessage

__all__ = [
    "Channel",
    "ImportRun",
    "ImportStatus",
    "InboundEvent",
    "OutboxMessage",
    "RejectedRow",
]
