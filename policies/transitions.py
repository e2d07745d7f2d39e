"""Which moves the life of a version can make. The database keeps the same table (migration 0005)."""

from collections.abc import Mapping

from common.errors import InvalidTransition
from policies.enums import RuleSetStatus as S

VERSION_MOVES: Mapping[S, frozenset[S]] = {
    S.DRAFT: frozenset({S.SUBMITTED, S.DISCARDED}),
    S.SUBMITTED: frozenset({S.DRAFT, S.APPROVED}),
    S.APPROVED: frozenset({S.DRAFT, S.PUBLISHED}),
    S.PUBLISHED: frozenset({S.RETIRED}),
    S.RETIRED: frozenset(),
    S.DISCARDED: frozenset(),
}


def check_version(current: str, target: S) -> None:
    """Raise InvalidTransition unless a version can go from one status to the other."""
    if target not in VERSION_MOVES[S(current)]:
        message = f"This version is {_IN_WORDS[S(current)]}, so it cannot be {_DONE[target]}."
        raise InvalidTransition(message)


_IN_WORDS = {
    S.DRAFT: "a draft",
    S.SUBMITTED: "in review",
    S.APPROVED: "approved already",
    S.PUBLISHED: "in force",
    S.RETIRED: "retired",
    S.DISCARDED: "discarded",
}
_DONE = {
    S.DRAFT: "changed or sent back",
    S.SUBMITTED: "sent for approval",
    S.APPROVED: "approved",
    S.PUBLISHED: "put in force",
    S.RETIRED: "retired",
    S.DISCARDED: "discarded",
}
