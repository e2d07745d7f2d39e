"""Which moves are allowed, told a second time and by hand, over every pair of states."""

import itertools

import pytest

from common.errors import InvalidTransition
from moderation import transitions
from moderation.enums import ActionKind, ActionStatus, CaseStatus
from moderation.services import enforcement
from platforms.enums import Capability, DeliveryStatus
from policies.enums import Outcome

CASE = {"waiting": "decided closed", "decided": "waiting decided", "closed": ""}
ACTION = {
    "requested": "accepted verified unknown failed cancelled",
    "accepted": "verified unknown failed",
    "unknown": "requested accepted verified failed cancelled",
    "failed": "requested accepted unknown verified",
    "verified": "",
    "not_possible": "",
    "cancelled": "",
}


def test_tables_cover_every_state():
    assert set(CASE) == set(CaseStatus.values) == {status.value for status in transitions.CASE}
    assert set(ACTION) == set(ActionStatus.values) == {s.value for s in transitions.ACTION}


@pytest.mark.parametrize(("current", "target"), list(itertools.product(CaseStatus, repeat=2)))
def test_case_moves_as_the_table_says(current, target):
    if target.value in CASE[current.value].split():
        transitions.check_case(current, target)
    else:
        with pytest.raises(InvalidTransition, match=current.label.lower()):
            transitions.check_case(current, target)


@pytest.mark.parametrize(("current", "target"), list(itertools.product(ActionStatus, repeat=2)))
def test_action_moves_as_the_table_says(current, target):
    if target.value in ACTION[current.value].split():
        transitions.check_action(current, target)
    else:
        with pytest.raises(InvalidTransition, match=current.label.lower()):
            transitions.check_action(current, target)


def test_every_state_of_a_message_settles_an_action():
    assert set(enforcement.SETTLED_AS) == set(DeliveryStatus.values)


def test_every_outcome_has_a_plan_of_acts_that_platforms_know():
    assert set(enforcement.PLANS) == set(Outcome.values)
    assert {kind.value for kind in ActionKind} | {"fetch"} == {kind.value for kind in Capability}
    assert set(enforcement.UNDO) <= set(ActionKind.values)
