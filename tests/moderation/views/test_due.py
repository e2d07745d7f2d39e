"""Targets in words, in working time."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.working_time import WorkingCalendar
from moderation.presenters.due import WorkingClock

OFFICE = WorkingCalendar("ENG", {day: ((time(9), time(17)),) for day in range(5)})
ALWAYS = WorkingCalendar("ENG", {})
# A Friday afternoon.
FRIDAY = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("due_at", "words"),
    [
        (FRIDAY + timedelta(minutes=40), "due in 40 min"),
        (datetime(2026, 11, 23, 10, 10, tzinfo=UTC), "due in 2 h 10 min"),
        (datetime(2026, 11, 23, 16, 0, tzinfo=UTC), "due in 1 working day"),
        (datetime(2026, 11, 26, 17, 0, tzinfo=UTC), "due in 4 working days"),
        (FRIDAY, "due now"),
        (FRIDAY - timedelta(hours=1), "overdue by 1 h"),
        (datetime(2026, 11, 19, 16, 0, tzinfo=UTC), "overdue by 1 working day"),
        (datetime(2026, 11, 12, 16, 0, tzinfo=UTC), "overdue by 6 working days"),
        (datetime(2023, 11, 12, 16, 0, tzinfo=UTC), "overdue by over 250 working days"),
    ],
)
def test_words_count_working_time(due_at, words):
    assert WorkingClock(OFFICE).words(due_at, FRIDAY) == words


def test_what_fell_due_at_closing_time_is_due_now_in_the_evening():
    evening = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)

    assert WorkingClock(OFFICE).words(datetime(2026, 11, 20, 17, tzinfo=UTC), evening) == "due now"


def test_without_office_hours_every_hour_counts():
    assert WorkingClock(ALWAYS).words(FRIDAY + timedelta(hours=50), FRIDAY) == "due in 2 days"


@given(st.integers(-100_000, 100_000), st.integers(0, 500_000))
def test_it_agrees_with_the_calendar(offset, start):
    now = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=start * 61)
    moment = now + timedelta(seconds=offset * 59)

    assert WorkingClock(OFFICE).minutes_until(moment, now) == OFFICE.minutes_between(now, moment)
