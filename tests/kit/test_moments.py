"""Moments are told in the time of the clock on the wall."""

from datetime import UTC, datetime

import pytest

from missionare.kit.moments import told


@pytest.mark.parametrize(
    ("moment", "german", "english"),
    [
        (datetime(2027, 1, 4, 23, 30, tzinfo=UTC), "05.01.2027, 00:30 Uhr", "05 January 2027, 00:30"),
        (datetime(2027, 7, 4, 22, 30, tzinfo=UTC), "05.07.2027, 00:30 Uhr", "05 July 2027, 00:30"),
        (datetime(2026, 10, 25, 0, 59, tzinfo=UTC), "25.10.2026, 02:59 Uhr", "25 October 2026, 02:59"),
        (datetime(2026, 10, 25, 1, 0, tzinfo=UTC), "25.10.2026, 02:00 Uhr", "25 October 2026, 02:00"),
    ],
)
def test_summer_and_winter_time_are_those_of_the_region(moment, german, english):
    assert (told(moment, "de"), told(moment, "en")) == (german, english)
