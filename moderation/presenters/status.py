"""The status page: what moves, what waits, what failed, in plain words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.urls import reverse

from accounts.actors import Actor
from accounts.enums import Permission
from common.page import Alert, Cell, Figure, Head, Pages, Table
from common.when import age, length
from moderation.services import attention, desk
from platforms.enums import Capability, ChannelStatus
from platforms.models import Channel
from platforms.presenters import is_late, problem_of, status_tag
from platforms.registry import is_connected
from policies.presenters.rulesets import review_alert

# The scheduler rings every ten seconds; silence this long means that something is down.
SILENCE = timedelta(seconds=60)
# New events are taken in within seconds; one that waited this long stands still.
STUCK = timedelta(minutes=5)
ACTS = {
    Capability.HIDE: "Hide a comment",
    Capability.UNHIDE: "Show a comment again",
    Capability.DELETE: "Delete a comment",
    Capability.BLOCK: "Block an author",
    Capability.UNBLOCK: "Unblock an author",
    Capability.REPLY: "Send a reply",
    Capability.WARN: "Send a warning",
    Capability.REPORT: "Report a comment to the platform",
    Capability.FETCH: "Read the channel",
}


@dataclass(frozen=True, slots=True)
class Again:
    """A form that sets something going again, with a reason; or why not."""

    url: str
    label: str
    field_id: str
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class DeadRow:
    """An action that failed, or whose outcome is not known."""

    what: str
    channel: str
    why: str
    attempts: str
    when: str
    url: str
    again: Again | None = None


@dataclass(frozen=True, slots=True)
class FailedRow:
    """An event that came in and could not be read."""

    key: str
    channel: str
    why: str
    when: str
    again: Again


@dataclass(frozen=True, slots=True)
class StatusPage:
    """The status page."""

    verdict: Alert
    figures: list[Figure]
    channels: Table | None
    queues: Table | None
    dead: list[DeadRow]
    dead_pages: Pages
    unknown: list[DeadRow]
    failed_events: list[FailedRow]
    failed_note: str
    reviews: list[Alert]


def status_page(*, overview: attention.Overview, actor: Actor, now: datetime) -> StatusPage:
    """Return the page of this overview."""
    url = reverse("moderation:status")
    older = ""
    if overview.older_dead:
        older = f"{url}?before={overview.dead_letters[-1].message.pk}#dead"
    why_not = "" if actor.may(Permission.DELIVERY_REPLAY) else "A supervisor can try it again."
    return StatusPage(
        verdict=_verdict(overview, now),
        figures=_figures(overview, now),
        channels=_channels(overview.channels, now),
        queues=_queues(overview, now),
        dead=[_dead(letter, why_not, now) for letter in overview.dead_letters],
        dead_pages=Pages(next_url=older),
        unknown=[_dead(letter, None, now) for letter in overview.unknown],
        failed_events=[
            FailedRow(
                key=event.key,
                channel=event.channel.name,
                why=event.error or "The reason was not noted.",
                when=age(event.received_at, now),
                again=Again(
                    url=reverse("moderation:event_retry", args=[event.pk]),
                    label="Read it again",
                    field_id=f"reason-{event.pk}",
                    why_not=why_not.replace("try", "read"),
                ),
            )
            for event in overview.failed_events
        ],
        failed_note=_more(overview.failed, len(overview.failed_events)),
        reviews=[review_alert(version, actor, now) for version in overview.reviews_due],
    )


def counted(backlog: attention.Backlog) -> str:
    """Return a capped count: "12", "1,000+"."""
    return f"{attention.CAP:,}+" if backlog.is_capped else f"{backlog.count:,}"


def bell(at: datetime | None, now: datetime) -> str:
    """Return when background work last gave a sign, to the second while that is recent."""
    if at is None:
        return "Not known"
    seconds = max(int((now - at).total_seconds()), 0)
    if seconds < 120:
        return f"{seconds} second{'' if seconds == 1 else 's'} ago"
    return age(at, now)


def is_silent(overview: attention.Overview, now: datetime) -> bool:
    """Whether background work has given no sign for too long."""
    return overview.heartbeat_at is None or now - overview.heartbeat_at > SILENCE


def _verdict(overview: attention.Overview, now: datetime) -> Alert:
    problems = list(_problems(overview, now))
    if not problems:
        return Alert(
            "success",
            "Everything is moving",
            "Comments are read and judged, actions are carried out, and none needs help.",
        )
    is_stopped = is_silent(overview, now) or _is_stuck(overview.pending, now)
    kind = "error" if is_stopped else "warning"
    title = "Something has stopped" if is_stopped else "Something needs a person"
    return Alert(kind, title, " ".join(problems))


def _problems(overview: attention.Overview, now: datetime) -> Iterator[str]:
    if is_silent(overview, now):
        yield (
            "Background work has given no sign"
            f"{f' for {length(now - overview.heartbeat_at)}' if overview.heartbeat_at else ''}:"
            " nothing is read or sent until the worker and the scheduler run again. Nothing is lost."
        )
    elif _is_stuck(overview.pending, now) and overview.pending.oldest_at:
        yield (f"What came in {age(overview.pending.oldest_at, now)} has not been judged yet.")
    needing = [
        channel.name
        for channel in overview.channels
        if channel.status == ChannelStatus.NEEDS_ATTENTION
    ]
    if needing:
        yield f"Needs attention: {', '.join(needing)}."
    late = [channel.name for channel in overview.channels if is_late(channel, now)]
    if late:
        yield f"Not read for a while: {', '.join(late)}."
    if overview.dead.count:
        yield _plural(overview.dead, "action failed.", "actions failed.")
    if overview.failed.count:
        yield _plural(
            overview.failed,
            "event came in and could not be read.",
            "events came in and could not be read.",
        )


def _plural(backlog: attention.Backlog, one: str, many: str) -> str:
    return f"{counted(backlog)} {one if backlog.count == 1 else many}"


def _is_stuck(backlog: attention.Backlog, now: datetime) -> bool:
    return backlog.oldest_at is not None and now - backlog.oldest_at > STUCK


def _figures(overview: attention.Overview, now: datetime) -> list[Figure]:
    oldest = overview.pending.oldest_at
    bad, good = "app-figures__bad", "app-figures__good"
    return [
        Figure(
            "Background work last ran",
            bell(overview.heartbeat_at, now),
            css=bad if is_silent(overview, now) else good,
        ),
        Figure(
            "Came in, not yet judged",
            counted(overview.pending),
            note=f"oldest: {age(oldest, now)}" if oldest else "",
            css=bad if _is_stuck(overview.pending, now) else "",
        ),
        Figure(
            "Came in, could not be read",
            counted(overview.failed),
            css=bad if overview.failed.count else "",
        ),
        Figure(
            "Actions on their way",
            counted(overview.outgoing),
            note=f"oldest: {age(overview.outgoing.oldest_at, now)}"
            if overview.outgoing.oldest_at
            else "",
        ),
        Figure(
            "Actions that failed",
            counted(overview.dead),
            css=bad if overview.dead.count else "",
        ),
    ]


def _channels(channels: Sequence[Channel], now: datetime) -> Table | None:
    rows = [
        [
            Cell(channel.name, url=reverse("platforms:channel_detail", args=[channel.pk])),
            Cell(channel.get_platform_display()),
            Cell(tag=status_tag(channel)),
            Cell(_read(channel, now)),
            Cell(problem_of(channel, now) or "None"),
        ]
        for channel in channels
    ]
    if not rows:
        return None
    heads = [Head(label) for label in ("Channel", "Platform", "State", "Last read", "Problem")]
    return Table("Channels", heads, rows)


def _read(channel: Channel, now: datetime) -> str:
    if not is_connected(channel.platform):
        return "Comes by file or API"
    return age(channel.last_synced_at, now) if channel.last_synced_at else "Not read yet"


def _queues(overview: attention.Overview, now: datetime) -> Table | None:
    rows = [
        [
            Cell(queue.name),
            Cell(_capped(tally), is_number=True),
            Cell(f"{tally.late:,}", is_number=True),
            Cell(age(tally.oldest_at, now) if tally.oldest_at else "–"),
        ]
        for queue, tally in overview.queues
    ]
    if not rows:
        return None
    heads = [Head("Queue"), Head("Waiting", True), Head("Late", True), Head("Oldest")]
    return Table("Cases waiting for a person", heads, rows)


def _capped(tally: desk.Tally) -> str:
    return f"{desk.COUNT_CAP:,}+" if tally.is_capped else f"{tally.waiting:,}"


def _dead(letter: attention.Letter, why_not: str | None, now: datetime) -> DeadRow:
    message = letter.message
    return DeadRow(
        what=ACTS.get(Capability(message.kind), message.kind),
        channel=message.channel.name,
        why=message.last_error or "The reason was not noted.",
        attempts=f"{message.attempts:,}",
        when=age(message.settled_at or message.updated_at, now),
        url=_case(letter.case_id),
        again=None
        if why_not is None
        else Again(
            url=reverse("moderation:delivery_replay", args=[message.pk]),
            label="Try again",
            field_id=f"reason-{message.pk}",
            why_not=why_not,
        ),
    )


def _case(case_id: UUID | None) -> str:
    return reverse("moderation:case_detail", args=[case_id]) if case_id else ""


def _more(backlog: attention.Backlog, shown: int) -> str:
    return f"The newest {shown} of {counted(backlog)}." if backlog.count > shown else ""
