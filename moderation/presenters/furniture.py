"""What every page of one organisation needs and hardly ever changes."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from moderation.presenters.due import WorkingClock


@dataclass(frozen=True, slots=True)
class ChannelName:
    """A channel as lists name it."""

    name: str
    platform: str


@dataclass(frozen=True, slots=True)
class Furniture:
    """Channels, clauses and working time of one organisation."""

    channels: dict[UUID, ChannelName]
    clauses: tuple[tuple[str, str], ...]
    clock: WorkingClock
    read_at: datetime
    # Filters as written for the page, by queue and choice: as many controls as there are rows.
    filters: dict[tuple[UUID, tuple[tuple[str, str], ...]], str] = field(default_factory=dict)

    def channel(self, channel_id: UUID) -> str:
        """Return a channel's name."""
        known = self.channels.get(channel_id)
        return known.name if known else "A new channel"
