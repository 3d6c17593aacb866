from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from missionare.journeys.calendar.domain import easter, is_working_day, morning_after, working_days_later

BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("year", "sunday"),
    [
        (1961, date(1961, 4, 2)),
        (2000, date(2000, 4, 23)),
        (2026, date(2026, 4, 5)),
        (2027, date(2027, 3, 28)),
        (2038, date(2038, 4, 25)),
    ],
)
def test_easter_is_where_the_calendar_has_it(year: int, sunday: date) -> None:
    assert easter(year) == sunday


@pytest.mark.parametrize(
    ("day", "open_"),
    [
        (date(2027, 3, 24), True),
        (date(2027, 3, 26), False),  # Good Friday
        (date(2027, 3, 27), False),  # a Saturday
        (date(2027, 3, 29), False),  # Easter Monday
        (date(2027, 5, 6), False),  # Ascension
        (date(2027, 5, 27), False),  # Corpus Christi, a holiday in North Rhine-Westphalia
        (date(2027, 11, 1), False),  # All Saints, the same
        (date(2027, 10, 3), False),
        (date(2027, 12, 24), True),
    ],
)
def test_offices_are_closed_on_weekends_and_holidays_of_the_region(day: date, *, open_: bool) -> None:
    assert is_working_day(day) is open_


@pytest.mark.parametrize(
    ("at", "days", "until"),
    [
        ("2027-03-01T09:00", 2, "2027-03-03T09:00"),
        ("2027-03-05T09:00", 2, "2027-03-09T09:00"),  # over a weekend
        ("2027-03-25T09:00", 2, "2027-03-31T08:00"),  # over Easter, and the clocks go forward
        ("2027-03-06T12:00", 1, "2027-03-08T12:00"),  # from a Saturday
    ],
)
def test_a_deadline_falls_on_the_same_time_of_a_later_working_day(at: str, days: int, until: str) -> None:
    begun = datetime.fromisoformat(at).replace(tzinfo=UTC)

    assert working_days_later(begun, days, BERLIN) == datetime.fromisoformat(until).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "morning"),
    [
        ("2027-03-01T22:59", "2027-03-08T08:00"),
        ("2027-03-01T23:01", "2027-03-09T08:00"),  # in Berlin it is the next day by then
        ("2027-03-25T12:00", "2027-04-01T07:00"),  # the clocks go forward in between
    ],
)
def test_a_reminder_falls_on_nine_o_clock_of_a_later_day(at: str, morning: str) -> None:
    asked = datetime.fromisoformat(at).replace(tzinfo=UTC)

    assert morning_after(asked, 7, BERLIN) == datetime.fromisoformat(morning).replace(tzinfo=UTC)
