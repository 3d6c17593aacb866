"""Processes whose clocks are ten minutes off: order and leases do not follow them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from missionare.kit.lease import LEASE_SECONDS
from missionare.kit.ledger import RELAY, Ledger
from missionare.kit.mongo import Database

pytestmark = pytest.mark.thorough  # two days of two clocks

TESTS = Path(__file__).parents[1]
TEN_MINUTES = 600


@contextmanager
def process(url: str, seconds: int) -> Iterator[subprocess.Popen[str]]:
    """Start a process whose clock is wrong by this much."""
    command = [sys.executable, str(Path(__file__).with_name("skewed.py")), url, str(seconds)]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    running = subprocess.Popen(command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert running.stdout.readline().strip() == "ready"
        yield running
    finally:
        running.communicate(timeout=30)


def fill(running: subprocess.Popen[str]) -> str:
    """Let a process save a fact; gives whether it holds the relay's lease."""
    running.stdin.write("\n")
    running.stdin.flush()
    return running.stdout.readline().strip()


async def test_facts_saved_by_clocks_that_disagree_sort_as_their_chain_goes(mongo_url: str, database: Database) -> None:
    with ExitStack() as running:
        ahead, behind = [running.enter_context(process(mongo_url, skew)) for skew in (TEN_MINUTES, -TEN_MINUTES)]
        for _ in range(3):
            fill(ahead)
            fill(behind)

    rows = await database["facts"].find({}, sort=[("_id", 1)]).to_list(None)
    assert [row["sequence"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert all(row["time"] - datetime.now(UTC) > timedelta(seconds=TEN_MINUTES / 2) for row in rows)


async def test_a_clock_that_is_ahead_takes_no_lease_that_somebody_holds(mongo_url: str, database: Database) -> None:
    with ExitStack() as running:
        right, ahead = [running.enter_context(process(mongo_url, skew)) for skew in (0, TEN_MINUTES)]
        assert fill(right) == "holds"
        assert [fill(ahead), fill(right), fill(ahead)] == ["waits", "holds", "waits"]


async def test_a_lease_taken_by_a_clock_that_is_ahead_ends_no_later(mongo_url: str, database: Database) -> None:
    with process(mongo_url, TEN_MINUTES) as ahead:
        assert fill(ahead) == "holds"
        row = await database["leases"].find_one({"_id": RELAY})
        remaining = (row["until"] - await Ledger(database).server_time()).total_seconds()

    assert remaining <= LEASE_SECONDS
