"""Which moves are allowed, as tables. Nothing here knows people."""

from common.errors import InvalidTransition
from moderation.enums import ActionStatus, CaseStatus

CASE: dict[CaseStatus, frozenset[CaseStatus]] = {
    CaseStatus.WAITING: frozenset({CaseStatus.DECIDED, CaseStatus.CLOSED}),
    # A reversal replaces the decision; a decision without effects is taken back by reopening.
    CaseStatus.DECIDED: frozenset({CaseStatus.DECIDED, CaseStatus.WAITING}),
    CaseStatus.CLOSED: frozenset(),
}

ACTION: dict[ActionStatus, frozenset[ActionStatus]] = {
    ActionStatus.REQUESTED: frozenset(
        {
            ActionStatus.ACCEPTED,
            ActionStatus.VERIFIED,
            ActionStatus.UNKNOWN,
            ActionStatus.FAILED,
            ActionStatus.CANCELLED,
        }
    ),
    ActionStatus.ACCEPTED: frozenset(
        {ActionStatus.VERIFIED, ActionStatus.FAILED, ActionStatus.UNKNOWN}
    ),
    ActionStatus.UNKNOWN: frozenset(
        {
            ActionStatus.REQUESTED,
            ActionStatus.ACCEPTED,
            ActionStatus.VERIFIED,
            ActionStatus.FAILED,
            # Looked for, not found, and taken back meanwhile.
            ActionStatus.CANCELLED,
        }
    ),
    # A dead letter can be replayed by hand.
    ActionStatus.FAILED: frozenset(
        {
            ActionStatus.REQUESTED,
            ActionStatus.ACCEPTED,
            ActionStatus.UNKNOWN,
            ActionStatus.VERIFIED,
        }
    ),
    ActionStatus.VERIFIED: frozenset(),
    ActionStatus.NOT_POSSIBLE: frozenset(),
    ActionStatus.CANCELLED: frozenset(),
}


def check_case(current: str, target: CaseStatus) -> None:
    """Raise InvalidTransition unless a case may go from `current` to `target`."""
    if target not in CASE[CaseStatus(current)]:
        message = f"A case that is {CaseStatus(current).label.lower()} cannot become {target.label.lower()}."
        raise InvalidTransition(message)


def check_action(current: str, target: ActionStatus) -> None:
    """Raise InvalidTransition unless an action may go from `current` to `target`."""
    if target not in ACTION[ActionStatus(current)]:
        message = f"An action that is {ActionStatus(current).label.lower()} cannot become {target.label.lower()}."
        raise InvalidTransition(message)
