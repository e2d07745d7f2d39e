"""Refusals in words that somebody at a desk understands."""

import pytest

from accounts.enums import Permission
from accounts.permissions import IN_WORDS, check_may
from common.errors import NotPermitted


def test_every_permission_has_words():
    assert set(IN_WORDS) == set(Permission)


def test_a_refusal_names_the_act_and_not_the_permission(cara):
    with pytest.raises(NotPermitted) as refusal:
        check_may(cara.actor, Permission.CASE_DECIDE_ESCALATED)

    assert refusal.value.message == "Your role does not include deciding cases in senior review."
