"""Office hours, bank holidays and clock changes, in a table of cases."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Closure, OfficeHours
from accounts.working_time import WorkingCalendar, calendar_of
from tests.factories.accounts import OrganisationFactory

UK = ZoneInfo("Europe/London")
WEEKDAYS = {day: ((time(9), time(17)),) for day in range(5)}


def office(nation="ENG", periods=WEEKDAYS, closures=()):
    """Return a calendar: nine to five on weekdays in England unless the test says otherwise."""
    return WorkingCalendar(nation=nation, periods=periods, closures=frozenset(closures))


def uk(*parts):
    """Return a moment by the clock on the wall in London."""
    return datetime(*parts, tzinfo=UK)


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        pytest.param(uk(2026, 11, 18, 10), 60, uk(2026, 11, 18, 11), id="within the day"),
        pytest.param(uk(2026, 11, 18, 16, 30), 60, uk(2026, 11, 19, 9, 30), id="over the night"),
        pytest.param(uk(2026, 11, 18, 16), 60, uk(2026, 11, 18, 17), id="to the last minute"),
        pytest.param(uk(2026, 11, 18, 7), 60, uk(2026, 11, 18, 10), id="before opening"),
        pytest.param(uk(2026, 11, 18, 23), 60, uk(2026, 11, 19, 10), id="after closing"),
        pytest.param(uk(2026, 11, 18, 17), 0, uk(2026, 11, 19, 9), id="nothing, after closing"),
        pytest.param(uk(2026, 11, 18, 10), 0, uk(2026, 11, 18, 10), id="nothing, while open"),
        pytest.param(uk(2026, 11, 20, 16), 120, uk(2026, 11, 23, 10), id="over the weekend"),
        pytest.param(uk(2026, 11, 21, 12), 30, uk(2026, 11, 23, 9, 30), id="on a Saturday"),
        pytest.param(uk(2026, 11, 18, 9), 960, uk(2026, 11, 19, 17), id="two whole days"),
        # Boxing Day 2026 is a Saturday: its substitute is Monday the 28th.
        pytest.param(uk(2026, 12, 24, 16), 120, uk(2026, 12, 29, 10), id="over Christmas"),
        pytest.param(uk(2026, 12, 31, 16), 120, uk(2027, 1, 4, 10), id="into another year"),
        pytest.param(uk(2026, 4, 2, 16), 120, uk(2026, 4, 7, 10), id="over Easter"),
        pytest.param(uk(2026, 5, 1, 16), 120, uk(2026, 5, 5, 10), id="early May"),
        # The clocks go forward on 29 March and back on 25 October 2026, both Sundays.
        pytest.param(uk(2026, 3, 27, 16), 120, uk(2026, 3, 30, 10), id="to summer time"),
        pytest.param(uk(2026, 10, 23, 16), 120, uk(2026, 10, 26, 10), id="from summer time"),
    ],
)
def test_due_time_counts_office_hours_only(start, minutes, due):
    assert office().add(start, minutes) == due
    assert office().add(start.astimezone(UTC), minutes) == due
    assert office().minutes_between(start, due) == minutes


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 4, 6), {"SCT"}),  # Easter Monday is none in Scotland
        (date(2026, 1, 2), {"ENG", "WLS", "NIR"}),
        (date(2026, 11, 30), {"ENG", "WLS", "NIR"}),  # St Andrew's Day
        (date(2026, 3, 17), {"ENG", "WLS", "SCT"}),  # St Patrick's Day
        (date(2026, 8, 3), {"ENG", "WLS", "NIR"}),  # summer bank holiday of Scotland
        (date(2026, 8, 31), {"SCT"}),  # and of the others
        (date(2026, 12, 25), set()),
        (date(2026, 12, 28), set()),
    ],
)
def test_each_nation_keeps_its_own_bank_holidays(day, works):
    assert {n for n in ("ENG", "WLS", "SCT", "NIR") if office(n).is_working_day(day)} == works


def test_closure_is_a_day_off():
    calendar = office(closures=[date(2026, 11, 19)])

    assert calendar.add(uk(2026, 11, 18, 16), 120) == uk(2026, 11, 20, 10)


def test_lunch_break_does_not_count():
    calendar = office(periods={2: ((time(9), time(12)), (time(13), time(17)))})

    assert calendar.add(uk(2026, 11, 18, 11, 30), 60) == uk(2026, 11, 18, 13, 30)
    assert calendar.minutes_between(uk(2026, 11, 18, 9), uk(2026, 11, 18, 17)) == 7 * 60


@pytest.mark.parametrize("zone", [UK, UTC, timezone(timedelta(hours=5, minutes=30))])
def test_night_shift_lives_through_the_missing_hour(zone):
    """On 29 March 2026 the hour from one to two does not exist: 90 minutes of work end at 02:30."""
    calendar = office(periods={6: ((time(0), time(6)),)})

    due = calendar.add(uk(2026, 3, 29, 0).astimezone(zone), 90)

    assert due == uk(2026, 3, 29, 2, 30)
    assert calendar.minutes_between(uk(2026, 3, 29, 0), uk(2026, 3, 29, 6)) == 5 * 60


def test_night_shift_lives_through_the_hour_that_comes_twice():
    calendar = office(periods={6: ((time(0), time(6)),)})

    assert calendar.minutes_between(uk(2026, 10, 25, 0), uk(2026, 10, 25, 6)) == 7 * 60


def test_without_office_hours_every_hour_counts():
    calendar = office(periods={})

    assert calendar.add(uk(2026, 12, 25, 3), 90) == uk(2026, 12, 25, 4, 30)
    assert calendar.minutes_between(uk(2026, 12, 25, 3), uk(2026, 12, 25, 4, 30)) == 90


def test_office_that_never_opens_is_due_at_the_horizon_and_not_never():
    calendar = office(closures=[date(2026, 1, 1) + timedelta(days=n) for n in range(900)])

    assert calendar.add(uk(2026, 11, 18, 10), 60) > uk(2027, 11, 18, 10)


moments = st.datetimes(
    min_value=datetime(2025, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2027, 12, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(start=moments, minutes=st.integers(0, 5_000))
def test_what_is_added_is_what_lies_between(start, minutes):
    start = start.replace(second=0, microsecond=0)

    due = office().add(start, minutes)

    assert due >= start
    assert office().minutes_between(start, due) == minutes


@given(start=moments, end=moments)
def test_backwards_is_the_negative_of_forwards(start, end):
    assert office().minutes_between(start, end) == -office().minutes_between(end, start)


@pytest.mark.django_db
def test_calendar_is_the_organisation_s_own():
    organisation, other = OrganisationFactory(nation="SCT"), OrganisationFactory()
    for opens, closes in ((time(13), time(17)), (time(9), time(12))):
        OfficeHours.objects.create(
            organisation=organisation, weekday=0, opens_at=opens, closes_at=closes
        )
    OfficeHours.objects.create(organisation=other, weekday=6)
    Closure.objects.create(organisation=organisation, closed_on=date(2026, 11, 23))
    Closure.objects.create(organisation=other, closed_on=date(2026, 11, 30))

    assert calendar_of(organisation.pk) == WorkingCalendar(
        nation="SCT",
        periods={0: ((time(9), time(12)), (time(13), time(17)))},
        closures=frozenset({date(2026, 11, 23)}),
    )
