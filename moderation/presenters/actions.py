"""How far enforcement actions have come: requested, accepted, verified, and nothing claimed before."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.page import Tag
from common.when import uk_datetime
from moderation.enums import ActionKind, ActionStatus
from moderation.models import EnforcementAction
from moderation.presenters.consequences import still_seen_by
from platforms.enums import DeliveryStatus

ON_THE_WAY = frozenset({ActionStatus.REQUESTED, ActionStatus.ACCEPTED, ActionStatus.UNKNOWN})
TITLES: dict[str, str] = {
    ActionKind.HIDE.value: "Hide the comment",
    ActionKind.UNHIDE.value: "Show the comment again",
    ActionKind.DELETE.value: "Delete the comment",
    ActionKind.WARN.value: "Warn the author",
    ActionKind.BLOCK.value: "Block the author",
    ActionKind.UNBLOCK.value: "Unblock the author",
    ActionKind.REPORT.value: "Report to the platform",
    ActionKind.REPLY.value: "Reply",
}
TAGS: dict[str, tuple[str, str]] = {
    ActionStatus.REQUESTED.value: ("Requested", "blue"),
    ActionStatus.ACCEPTED.value: ("Accepted", "blue"),
    ActionStatus.VERIFIED.value: ("Verified", "green"),
    ActionStatus.UNKNOWN.value: ("Being looked up", "yellow"),
    ActionStatus.FAILED.value: ("Failed", "red"),
    ActionStatus.NOT_POSSIBLE.value: ("Not possible here", "orange"),
    ActionStatus.CANCELLED.value: ("Cancelled", "grey"),
}
# Nothing was hidden or deleted by us where nothing was there any more.
WAS_GONE = ("No longer there", "grey")
# No failure is a dead end.
AFTER_FAILURE: dict[str, str] = {
    DeliveryStatus.REFUSED.value: (
        "It is not tried again. Do it on the platform by hand, or reverse this decision and decide again."
    ),
    DeliveryStatus.DEAD.value: (
        "It was tried many times. A supervisor or an administrator can have it tried again on the"
        " status page."
    ),
}
STATE_WORDS = {"done": "done", "now": "under way", "todo": "not yet", "failed": "failed"}


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of an action."""

    label: str
    state: str
    when: str = ""
    text: str = ""

    @property
    def state_label(self) -> str:
        """The state in words, for those who do not see the line."""
        return STATE_WORDS[self.state]


@dataclass(frozen=True, slots=True)
class ActionView:
    """One action (components/stepper.html)."""

    title: str
    tag: Tag
    steps: tuple[Step, ...]
    visible_to: str = ""
    problem: str = ""


def action_views(actions: Sequence[EnforcementAction]) -> tuple[ActionView, ...]:
    """Present the actions of one decision."""
    return tuple(_view(action) for action in actions)


def are_under_way(actions: Sequence[EnforcementAction]) -> bool:
    """Whether anything may still change by itself."""
    return any(action.status in ON_THE_WAY for action in actions)


def sentence(actions: Sequence[EnforcementAction]) -> str:
    """Say in one sentence how far everything has come, for announcing."""
    return ". ".join(
        f"{TITLES[action.kind]}: {(WAS_GONE if _was_gone(action) else TAGS[action.status])[0].lower()}"
        for action in actions
    )


def _view(action: EnforcementAction) -> ActionView:
    label, colour = WAS_GONE if _was_gone(action) else TAGS[action.status]
    platform = action.channel.get_platform_display()
    return ActionView(
        title=f"{TITLES[action.kind]} on {action.channel.name} ({platform})",
        tag=Tag(label, colour),
        steps=_steps(action),
        visible_to=still_seen_by(action.channel.platform)
        if action.kind == ActionKind.HIDE
        and action.status == ActionStatus.VERIFIED
        and not _was_gone(action)
        else "",
        problem=_problem(action),
    )


def _was_gone(action: EnforcementAction) -> bool:
    message = action.outbox_message
    return (
        action.status == ActionStatus.VERIFIED
        and message is not None
        and message.gone_at is not None
    )


def _steps(action: EnforcementAction) -> tuple[Step, ...]:
    if action.status == ActionStatus.NOT_POSSIBLE:
        return ()
    requested = Step("Requested", "done", uk_datetime(action.requested_at))
    if action.status == ActionStatus.CANCELLED:
        when = uk_datetime(action.settled_at) if action.settled_at else ""
        return requested, Step("Cancelled", "done", when, "Nothing was sent.")
    accepted = _step("Accepted", action.accepted_at is not None, action, is_next=True)
    seen = action.outbox_message.seen if action.outbox_message else ""
    verified = _step(
        "Verified",
        action.status == ActionStatus.VERIFIED,
        action,
        is_next=action.accepted_at is not None,
        text=seen if action.status == ActionStatus.VERIFIED else "",
    )
    return requested, accepted, verified


def _step(
    label: str, is_done: bool, action: EnforcementAction, *, is_next: bool, text: str = ""
) -> Step:
    if is_done:
        moment = action.accepted_at if label == "Accepted" else action.verified_at
        return Step(label, "done", uk_datetime(moment) if moment else "", text)
    if not is_next:
        return Step(label, "todo")
    return Step(label, "failed" if action.status == ActionStatus.FAILED else "now")


def _problem(action: EnforcementAction) -> str:
    message = action.outbox_message
    if action.status == ActionStatus.NOT_POSSIBLE:
        return action.note or "The platform did not do it."
    if action.status == ActionStatus.FAILED:
        note = action.note or "The platform did not do it."
        return f"{note} {AFTER_FAILURE.get(message.status, '') if message else ''}".rstrip()
    if action.status == ActionStatus.UNKNOWN:
        return "The platform’s answer was lost. It is being looked up, and not repeated until that is known."
    if action.status == ActionStatus.REQUESTED and message is not None and message.last_error:
        again = uk_datetime(message.next_attempt_at) if message.next_attempt_at else ""
        retry = f" The next try is at {again}." if again else ""
        return f"Not accepted yet: {message.last_error}{retry}"
    return ""
