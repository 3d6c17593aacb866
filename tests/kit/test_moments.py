"""Moments are told in the time of the clock on the wall."""

from datetime import UTC, datetime

import pytest

from missionare.kit.moments import told


@pytest.mark.parametrize(
    ("moment", "german", "english"),
    [
        (datetime(2027, 1, 4, 23, 30, tzinfo=UTC), "5. Januar 2027, 0.30 Uhr", "5 January 2027, 12:30 am"),
        (datetime(2027, 7, 4, 22, 30, tzinfo=UTC), "5. Juli 2027, 0.30 Uhr", "5 July 2027, 12:30 am"),
        (datetime(2026, 10, 25, 0, 59, tzinfo=UTC), "25. Oktober 2026, 2.59 Uhr", "25 October 2026, 2:59 am"),
        (datetime(2026, 10, 25, 1, 0, tzinfo=UTC), "25. Oktober 2026, 2.00 Uhr", "25 October 2026, 2:00 am"),
        (datetime(2027, 3, 1, 16, 5, tzinfo=UTC), "1. März 2027, 17.05 Uhr", "1 March 2027, 5:05 pm"),
    ],
)
def test_summer_and_winter_time_are_those_of_the_region(moment, german, english):
    assert (told(moment, "de"), told(moment, "en")) == (german, english)
