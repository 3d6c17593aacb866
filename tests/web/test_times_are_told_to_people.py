"""Days, times and numbers as people write them, in the zone of the place."""

from __future__ import annotations

from datetime import UTC, date, datetime

from missionare.web.formats import TIGHT, Formats

GERMAN, ENGLISH = Formats("de"), Formats("en")
_ = TIGHT
MORNING = datetime(2027, 2, 18, 8, 15, tzinfo=UTC)
EVENING = datetime(2027, 2, 18, 16, 30, tzinfo=UTC)


def test_a_day_is_written_as_people_write_it() -> None:
    assert GERMAN.weekday(MORNING) == f"Donnerstag, 18.{_}Februar 2027"
    assert GERMAN.short(MORNING) == f"Do, 18.{_}Februar"
    assert (GERMAN.mark(MORNING), GERMAN.under_mark(MORNING)) == (f"18.{_}Feb.", "Do, 2027")
    assert ENGLISH.weekday(MORNING) == f"Thursday, 18{_}February 2027"
    assert GERMAN.day(date(2026, 11, 1)) == f"1.{_}November 2026"


def test_a_time_is_the_one_on_the_wall_of_the_place() -> None:
    assert GERMAN.time(MORNING) == f"9.15{_}Uhr"
    assert GERMAN.span(MORNING, EVENING) == f"9.15 bis 17.30{_}Uhr"
    assert ENGLISH.span(MORNING, EVENING) == f"9:15{_}am to 5:30{_}pm"
    assert GERMAN.time(MORNING, "Europe/Lisbon") == f"8.15{_}Uhr"
    assert GERMAN.iso(MORNING) == "2027-02-18T09:15+01:00"


def test_a_journey_over_several_days_says_both() -> None:
    told = GERMAN.span(MORNING, EVENING.replace(day=19))
    assert told == f"Do, 18.{_}Februar, 9.15{_}Uhr, bis Fr, 19.{_}Februar, 17.30{_}Uhr"


def test_a_day_late_in_the_evening_is_the_places_day() -> None:
    assert GERMAN.day(datetime(2027, 7, 1, 22, 30, tzinfo=UTC)) == f"2.{_}Juli 2027"


def test_large_numbers_are_grouped() -> None:
    assert (GERMAN.number(1_250), ENGLISH.number(1_250)) == ("1.250", "1,250")
