"""Channels as people read them: health in words, and what can be done where."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.urls import reverse

from accounts.actors import Actor
from accounts.enums import Permission
from audit.models import AuditEvent
from audit.presenters import headline
from common.page import Alert, Fact, Figure, Happening, Tag, in_order, iso
from common.when import age, length, uk_datetime
from platforms.enums import Capability, ChannelStatus, Platform
from platforms.forms import ReasonForm
from platforms.models import Channel
from platforms.registry import capabilities_of, is_connected

STATUS_COLOURS = {
    ChannelStatus.ACTIVE: "green",
    ChannelStatus.PAUSED: "grey",
    ChannelStatus.NEEDS_ATTENTION: "red",
    ChannelStatus.CLOSED: "grey",
}
# A channel counts as late when it was not read for this many of its own intervals.
LATE_INTERVALS = 5
LATE_AT_LEAST = timedelta(minutes=5)

# The columns of the matrix: the act, and what goes with it.
ACTS: tuple[tuple[str, Capability, Capability | None], ...] = (
    ("Read", Capability.FETCH, None),
    ("Hide", Capability.HIDE, Capability.UNHIDE),
    ("Delete", Capability.DELETE, None),
    ("Block the author", Capability.BLOCK, Capability.UNBLOCK),
    ("Reply", Capability.REPLY, None),
    ("Warn", Capability.WARN, None),
    ("Report", Capability.REPORT, None),
)
WITHOUT = {
    Capability.FETCH: "Comments come in by file or through the API.",
    Capability.HIDE: "Nobody can hide somebody else’s words here.",
    Capability.DELETE: "Only authors delete their own words here.",
    Capability.BLOCK: "The account cannot shut an author out here.",
    Capability.REPLY: "There is nothing to reply under here.",
    Capability.WARN: "An author cannot be written to here.",
    Capability.REPORT: "Reports go through the platform’s own form.",
}
BY_HAND = "Not connected: do it on the platform by hand."
SEES = {
    Platform.BLUESKY: (
        "On Bluesky, hiding a reply folds it away under the account’s own posts. Its author and"
        " everybody who looks for it can still read it."
    ),
    Platform.SANDBOX: (
        "The sandbox is a practice platform. What is hidden there stays visible to its author."
    ),
    Platform.GOOGLE_ALERTS: (
        "Google Alerts tells about articles elsewhere. They can be read here and nothing else."
    ),
}


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """Whether one act is possible on one platform, and what to know about it."""

    can: bool
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One platform."""

    name: str
    cells: list[tuple[str, MatrixCell]]


@dataclass(frozen=True, slots=True)
class Matrix:
    """What can be done where."""

    acts: list[str]
    rows: list[MatrixRow]


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """One channel of the list."""

    url: str
    name: str
    platform: str
    handle: str
    status: Tag
    synced: str
    problem: str


@dataclass(frozen=True, slots=True)
class ChannelList:
    """The list of channels."""

    channels: list[ChannelRow]
    matrix: Matrix


@dataclass(frozen=True, slots=True)
class Tally:
    """Actions of one channel: on their way, and given up."""

    pending: int
    dead: int


@dataclass(frozen=True, slots=True)
class ReasonedAct:
    """An act that asks for a reason."""

    title: str
    hint: str
    label: str
    url: str
    form: ReasonForm
    variant: str = ""


@dataclass(frozen=True, slots=True)
class ChannelPage:
    """One channel."""

    name: str
    platform: str
    back_url: str
    status: Tag
    problem: Alert | None
    figures: list[Figure]
    facts: list[Fact]
    matrix: Matrix
    timeline: list[Happening]
    audit_url: str
    sees: str = ""
    act: ReasonedAct | None = None
    form: ReasonForm = field(default_factory=ReasonForm)


def channel_list(*, channels: list[Channel], now: datetime) -> ChannelList:
    """Return the page of these channels."""
    platforms = dict.fromkeys(Platform(channel.platform) for channel in channels)
    return ChannelList(
        channels=[
            ChannelRow(
                url=reverse("platforms:channel_detail", args=[channel.pk]),
                name=channel.name,
                platform=channel.get_platform_display(),
                handle=channel.handle,
                status=status_tag(channel),
                synced=_synced(channel, now),
                problem=problem_of(channel, now),
            )
            for channel in channels
        ],
        matrix=matrix_of(*platforms),
    )


def channel_page(
    *,
    channel: Channel,
    tally: Tally,
    history: list[AuditEvent],
    form: ReasonForm,
    actor: Actor,
    now: datetime,
) -> ChannelPage:
    """Return the page of one channel."""
    audit_url = f"{reverse('audit:event_list')}?about={channel.pk}"
    return ChannelPage(
        name=channel.name,
        platform=channel.get_platform_display(),
        back_url=reverse("platforms:channel_list"),
        status=status_tag(channel),
        problem=_alert(channel, now),
        figures=_figures(channel, tally, now),
        facts=_facts(channel),
        matrix=matrix_of(Platform(channel.platform)),
        timeline=[
            Happening(
                title=headline(event),
                when=uk_datetime(event.at),
                when_iso=iso(event.at),
                text=in_order(event.reason),
            )
            for event in history
        ],
        audit_url=audit_url if actor.may(Permission.AUDIT_READ) else "",
        sees=SEES.get(Platform(channel.platform), ""),
        act=_act(channel, form) if actor.may(Permission.CHANNEL_MANAGE) else None,
        form=form,
    )


def status_tag(channel: Channel) -> Tag:
    """Return how the channel stands as a tag."""
    status = ChannelStatus(channel.status)
    return Tag(status.label, STATUS_COLOURS[status])


def lag(channel: Channel, now: datetime) -> timedelta | None:
    """Return how long ago the channel was last read to the end; None before the first time."""
    return now - channel.last_synced_at if channel.last_synced_at else None


def is_late(channel: Channel, now: datetime) -> bool:
    """Whether an active channel has not been read for far longer than its interval."""
    if channel.status != ChannelStatus.ACTIVE or not is_connected(channel.platform):
        return False
    allowed = max(LATE_AT_LEAST, timedelta(seconds=channel.poll_every_seconds) * LATE_INTERVALS)
    return now - (channel.last_synced_at or channel.created_at) > allowed


def problem_of(channel: Channel, now: datetime) -> str:
    """Return what is wrong with the channel in a sentence; "" for nothing."""
    if channel.last_error:
        tries = f" ({channel.failures} tries)" if channel.failures > 1 else ""
        return f"{channel.last_error}{tries}"
    if is_late(channel, now):
        since = channel.last_synced_at or channel.created_at
        return f"Not read for {length(now - since)}."
    return ""


def matrix_of(*platforms: Platform) -> Matrix:
    """Return what can be done on these platforms."""
    return Matrix(
        acts=[label for label, _, _ in ACTS],
        rows=[
            MatrixRow(
                platform.label,
                [(label, _cell(platform, act, opposite)) for label, act, opposite in ACTS],
            )
            for platform in platforms
        ],
    )


def _cell(platform: Platform, act: Capability, opposite: Capability | None) -> MatrixCell:
    possible = capabilities_of(platform)
    if act in possible:
        if opposite is not None:
            can_undo = opposite in possible
            return MatrixCell(True, "Yes", "" if can_undo else "Cannot be taken back.")
        return MatrixCell(True, "Yes")
    if not is_connected(platform) and act != Capability.FETCH:
        return MatrixCell(False, "No", BY_HAND)
    return MatrixCell(False, "No", WITHOUT[act])


def _synced(channel: Channel, now: datetime) -> str:
    if not is_connected(channel.platform):
        return "Comments come in by file or API"
    if channel.last_synced_at is None:
        return "Not read yet"
    return f"Read {age(channel.last_synced_at, now)}"


def _alert(channel: Channel, now: datetime) -> Alert | None:
    problem = problem_of(channel, now)
    if channel.status == ChannelStatus.NEEDS_ATTENTION:
        todo = (
            "Nothing is read or written until an administrator mends it and resumes the channel."
        )
        return Alert("error", "This channel needs attention", f"{problem} {todo}".strip())
    if channel.status == ChannelStatus.PAUSED:
        return Alert(
            "information",
            "This channel is paused",
            "Nothing is read or written. Decisions can be made; their actions wait.",
        )
    if problem:
        return Alert("warning", "Reading this channel does not work at the moment", problem)
    return None


def _figures(channel: Channel, tally: Tally, now: datetime) -> list[Figure]:
    figures = []
    if is_connected(channel.platform):
        behind = lag(channel, now)
        figures = [
            Figure(
                "Last read",
                _capital(age(channel.last_synced_at, now)) if channel.last_synced_at else "Never",
                css="app-figures__bad"
                if is_late(channel, now)
                else "app-figures__good"
                if behind
                else "",
            ),
            Figure("Next read", _next(channel, now)),
            Figure(
                "Failed reads in a row",
                f"{channel.failures:,}",
                css="app-figures__bad" if channel.failures else "",
            ),
        ]
    return [
        *figures,
        Figure("Actions on their way", f"{tally.pending:,}"),
        Figure(
            "Actions that failed",
            f"{tally.dead:,}",
            css="app-figures__bad" if tally.dead else "",
        ),
    ]


def _next(channel: Channel, now: datetime) -> str:
    if channel.status != ChannelStatus.ACTIVE or channel.next_poll_at is None:
        return "Not planned"
    return "Now" if channel.next_poll_at <= now else _capital(age(channel.next_poll_at, now))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _facts(channel: Channel) -> list[Fact]:
    every = timedelta(seconds=channel.poll_every_seconds)
    seconds = channel.poll_every_seconds
    return [
        Fact("Account", channel.handle or channel.external_id),
        Fact("Address", channel.url, url=_web(channel.url), is_external=True),
        Fact(
            "Read every",
            (f"{seconds} seconds" if seconds < 60 else length(every))
            if is_connected(channel.platform)
            else "Not read by the console",
        ),
        Fact("Short name for imports", channel.slug),
        Fact("In the register since", uk_datetime(channel.created_at)),
    ]


def _web(url: str) -> str:
    return url if url.startswith(("https://", "http://")) else ""


def _act(channel: Channel, form: ReasonForm) -> ReasonedAct | None:
    if channel.status == ChannelStatus.ACTIVE:
        return ReasonedAct(
            title="Pause this channel",
            hint="Nothing is read or written until somebody resumes it.",
            label="Pause",
            url=reverse("platforms:channel_pause", args=[channel.pk]),
            form=form,
            variant="warning",
        )
    if channel.status in {ChannelStatus.PAUSED, ChannelStatus.NEEDS_ATTENTION}:
        return ReasonedAct(
            title="Resume this channel",
            hint="It is read at once, and actions that waited are carried out.",
            label="Resume",
            url=reverse("platforms:channel_resume", args=[channel.pk]),
            form=form,
        )
    return None
