"""Every process of the platform is killed in the middle of a trip, the supervisor last; all consequences arrive."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import consequences
from support.consequences import assert_consequences
from support.platforms import EVERYBODY, assert_gone, processes_of
from support.travel import STEPS, prepared, travel
from support.waiting import wait_until

from missionare.cli.demo.world import World
from missionare.cli.running import Running

IN_THE_MIDDLE = {
    "mongod": "register",
    "broker": "complete",
    "mailbox": "plan",
    "members": "agree",
    "journeys": "complete",
    "catalog": "complete",
    "notifications": "complete",
    "web": "host",
    "gateway": "set_out",
}
"""During which step of the trip a process is killed: one in which much depends on it."""
INTO_THE_STEP = 0.1
"""Seconds after the beginning of the step. Wherever that is, the outcome is the same."""
COMPLETED = "answer"

pytestmark = [pytest.mark.platform, pytest.mark.xdist_group("every process may die")]


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, World]]:
    """A platform that is as it is for real use, but for its clock."""
    with Running.start(tmp_path_factory.mktemp("deaths"), temporary=True) as platform:
        with prepared(platform) as world:
            yield platform, world
        everybody = processes_of(platform)
    assert_gone(everybody)


def test_every_process_has_its_turn() -> None:
    assert set(IN_THE_MIDDLE) == set(EVERYBODY)
    assert set(IN_THE_MIDDLE.values()) <= {step.__name__ for step in STEPS}


@pytest.mark.parametrize("name", EVERYBODY)
def test_a_process_killed_in_the_middle_of_a_trip_loses_and_doubles_nothing(
    lived_in: tuple[Running, World], name: str
) -> None:
    platform, world = lived_in
    assert name in platform.names
    restarts, pid = int(platform.entry(name)["restarts"]), platform.pid(name)
    killer = threading.Timer(INTO_THE_STEP, platform.kill, [name])

    trip = travel(world, lambda step: killer.start() if step == IN_THE_MIDDLE[name] else None)

    killer.join()
    wait_until(lambda: platform.entry(name)["restarts"] == restarts + 1, f"{name} being started again")
    platform.wait_until_ready()
    assert platform.pid(name) != pid
    with consequences.opened(platform) as books:
        assert_consequences(books, world, trip)


def test_after_the_supervisor_s_own_death_nothing_runs_and_the_next_start_delivers_everything(tmp_path: Path) -> None:
    with Running.start(tmp_path, temporary=True) as platform, prepared(platform) as world:
        everybody = processes_of(platform)
        assert len(everybody) >= len(EVERYBODY)
        port, mailbox_url = platform.state["ports"]["gateway"], platform.mailbox_url
        # Completed in this very moment: whatever follows from it has yet to happen.
        trip = travel(world, until=COMPLETED)
        platform.kill("supervisor")
        assert_gone(everybody)
        assert platform.alive() == []

        with Running.start(tmp_path, port=port, temporary=True) as again:
            assert (again.url, again.mailbox_url) == (world.gateway, mailbox_url)
            with consequences.opened(again) as books:
                assert_consequences(books, world, trip, answered=False)
            everybody = processes_of(again)
        assert_gone(everybody)
