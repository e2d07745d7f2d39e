"""The engine's own words: what goes in (Subject), what comes out (Verdict), all frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How much harm a breach does, from least to most. Values are stored."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Position from 0 (low) to 3 (critical), for comparing."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Outcome(StrEnum):
    """What a moderator can conclude about one content item. Values are stored."""

    NO_BREACH = "no_breach"
    HIDE = "hide"
    DELETE = "delete"
    WARN = "warn"
    BLOCK = "block"
    REPORT = "report"
    ESCALATE = "escalate"
    REPLY = "reply"
    NO_REPLY = "no_reply"


class Direction(StrEnum):
    """Whether the text came to the body or is about to leave it."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


@dataclass(frozen=True, slots=True)
class Subject:
    """One text to judge, with every fact the rules may ask for.

    `signals` holds facts gathered beforehand (for example "author.breaches": 3).
    A condition that needs a signal which is absent answers unknown: never a match, never a pass.
    """

    text: str
    kind: str = "comment"
    platform: str = ""
    channel: str = ""
    direction: Direction = Direction.INBOUND
    signals: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Span:
    """Where a condition held: `start` and `end` count code points of the original text."""

    start: int
    end: int
    label: str
    """What was recognised, in words a moderator reads: the term, "UK telephone number", ..."""
    source: str = ""
    """The word list, pattern or detector that recognised it."""


@dataclass(frozen=True, slots=True)
class Match:
    """One rule that held, with its evidence."""

    rule: str
    clause: str
    group: str
    name: str
    severity: Severity
    recommend: Outcome
    human_required: bool
    route: str
    because: str
    spans: tuple[Span, ...]
    facts: Mapping[str, object]
    """Signal values the rule relied on."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A rule that could not be decided because a fact was missing."""

    rule: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The engine's whole answer about one subject."""

    matches: tuple[Match, ...]
    unknown: tuple[Unknown, ...]
    severity: Severity | None
    recommend: Outcome | None
    human_required: bool

    @property
    def is_flagged(self) -> bool:
        """Whether any rule held."""
        return bool(self.matches)
