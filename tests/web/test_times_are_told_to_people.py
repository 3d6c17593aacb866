"""Days, times and numbers as people write them, in the zone of the place."""

from __future__ import annotations

from datetime import UTC, date, datetime

from missionare.web.formats import Formats

GERMAN, ENGLISH = Formats("de"), Formats("en")
MORNING = datetime(2027, 2, 18, 8, 15, tzinfo=UTC)
EVENING = datetime(2027, 2, 18, 16, 30, tzinfo=UTC)


def test_a_day_is_written_as_people_write_it() -> None:
    assert GERMAN.weekday(MORNING) == "Donnerstag, 18. Februar 2027"
    assert GERMAN.short(MORNING) == "Do, 18. Februar"
    assert (GERMAN.mark(MORNING), GERMAN.under_mark(MORNING)) == ("18. Feb.", "Do, 2027")
    assert ENGLISH.weekday(MORNING) == "Thursday, 18 February 2027"
    assert GERMAN.day(date(2026, 11, 1)) == "1. November 2026"


def test_a_time_is_the_one_on_the_wall_of_the_place() -> None:
    assert GERMAN.time(MORNING) == "9.15 Uhr"
    assert GERMAN.span(MORNING, EVENING) == "9.15 bis 17.30 Uhr"
    assert ENGLISH.span(MORNING, EVENING) == "9:15 am to 5:30 pm"
    assert GERMAN.time(MORNING, "Europe/Lisbon") == "8.15 Uhr"
    assert GERMAN.iso(MORNING) == "2027-02-18T09:15+01:00"


def test_a_journey_over_several_days_says_both() -> None:
    assert GERMAN.span(MORNING, EVENING.replace(day=19)) == "Do, 18. Februar, 9.15 Uhr, bis Fr, 19. Februar, 17.30 Uhr"


def test_a_day_late_in_the_evening_is_the_places_day() -> None:
    assert GERMAN.day(datetime(2027, 7, 1, 22, 30, tzinfo=UTC)) == "2. Juli 2027"


def test_large_numbers_are_grouped() -> None:
    assert (GERMAN.number(1_250), ENGLISH.number(1_250)) == ("1.250", "1,250")
