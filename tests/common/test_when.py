"""Moments are told in UK time, lengths by their largest unit."""

from datetime import UTC, datetime, timedelta

import pytest

from common.templatetags.ui import day, thousands, when
from common.when import age, length

WINTER = datetime(2026, 1, 4, 9, 5, tzinfo=UTC)
SUMMER = datetime(2026, 7, 4, 23, 30, tzinfo=UTC)


def test_a_winter_moment_is_told_in_greenwich_time():
    assert when(WINTER) == "4 Jan 2026, 09:05"


def test_a_summer_moment_is_told_in_summer_time_and_may_be_the_next_day():
    assert when(SUMMER) == "5 Jul 2026, 00:30"
    assert day(SUMMER) == "5 July 2026"


def test_nothing_is_told_of_a_moment_that_is_not_known():
    assert (when(None), day(None), thousands(None)) == ("", "", "")


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=59), "under a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=119), "1 hour"),
        (timedelta(hours=47), "1 day"),
        (timedelta(days=3), "3 days"),
    ],
)
def test_a_length_is_told_by_its_largest_unit(span, words):
    assert length(span) == words


def test_an_age_says_whether_it_is_past_or_to_come():
    assert age(WINTER, WINTER + timedelta(hours=2)) == "2 hours ago"
    assert age(WINTER + timedelta(hours=2), WINTER) == "in 2 hours"


def test_numbers_have_separators():
    assert thousands(12345) == "12,345"
