"""The demonstration is the same story at whatever hour, in whatever season it is played."""

from datetime import UTC, datetime, timedelta

import pytest

from missionare.cli.demo.chapters.planning import BERLIN, IN_DAYS, travel_day
from missionare.cli.demo.narrator import Narrator
from missionare.cli.demo.world import World

HOURS = [datetime(2026, month, 24, hour, 30, tzinfo=UTC) for month in (2, 9, 11) for hour in range(0, 24, 3)]


@pytest.mark.parametrize("now", HOURS)
def test_the_group_travels_on_a_working_day_at_least_a_month_away(now):
    day = travel_day(now)

    assert day.strftime("%A") == "Thursday"
    assert timedelta(days=IN_DAYS - 1) < day - now < timedelta(days=IN_DAYS + 8)
    assert day.replace(hour=8).astimezone(BERLIN).hour == 8


def test_time_passes_to_the_very_moment():
    moved = []
    world = World("", "", None, None, moved.append, Narrator())
    moment = world.now() + timedelta(days=30, minutes=7)

    world.pass_time_until(moment, "the day has come")

    assert moved[0] == world.ahead
    assert abs(world.now() - moment) < timedelta(seconds=5)
