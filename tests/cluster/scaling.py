"""How much more three workers of each service do than one, on the same machine."""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass
from typing import Final

from cluster.cluster import MOST_WORKERS, Cluster, Note
from promises.checkers import TALLY
from promises.load import Load
from promises.stories import STORIES
from support.platforms import SERVICES

CLIENTS: Final = 16
"""Without a pause between their commands: as many as the processes can take."""
COMMANDS_SECONDS: Final = 10.0
HELD_SECONDS: Final = 5.0
"""How long workers stand still while facts pile up: less than their session, so that nobody takes over from them."""
ROUNDS: Final = 2
LOOK_SECONDS: Final = 0.1


@dataclass(frozen=True)
class Speed:
    """What so many workers per service do."""

    workers: int
    commands_per_second: float
    """Acknowledged to callers."""
    records_per_second: float
    """Facts taken from owners' outboxes through the brokers and applied, by all four services together."""
    records: int
    """How many of them there were in a round."""


async def measure(cluster: Cluster, seed: int, note: Note) -> tuple[list[Speed], list[Load]]:
    """Measure with one worker of each service and with three; gives the loads, too, for the comparison at the end."""
    speeds: list[Speed] = []
    loads: list[Load] = []
    for workers in (1, MOST_WORKERS):
        await cluster.employ(workers)
        note(f"{workers} workers of each service")
        load = Load(cluster.world, STORIES, seed=seed + workers, clients=CLIENTS)
        async with load.running():
            await load.until(CLIENTS, COMMANDS_SECONDS)
            before, began = load.acknowledged, time.monotonic()
            await asyncio.sleep(COMMANDS_SECONDS)
            commands = (load.acknowledged - before) / (time.monotonic() - began)
        loads.append(load)
        rounds = [await _catch_up(cluster, loads, seed + workers * 100 + number) for number in range(ROUNDS)]
        records = statistics.mean(rate for rate, _ in rounds)
        speeds.append(Speed(workers, commands, records, round(statistics.mean(count for _, count in rounds))))
        note(f"  {commands:.0f} commands/s, {records:.0f} records/s")
    return speeds, loads


async def _catch_up(cluster: Cluster, loads: list[Load], seed: int) -> tuple[float, int]:
    """Let facts pile up before workers that stand still, wake them, and see how fast they catch up."""
    await _caught_up(cluster)
    workers = [part for service in SERVICES for part in cluster.workers(service) if part.is_wanted]
    before = await asyncio.to_thread(_heard, cluster)
    load = Load(cluster.world, STORIES, seed=seed, clients=CLIENTS)
    for part in workers:
        part.pause()
    try:
        async with load.running():
            await asyncio.sleep(HELD_SECONDS)
    finally:
        for part in workers:
            part.wake()
    began = time.monotonic()
    loads.append(load)
    heard = await _caught_up(cluster) - before
    return heard / (time.monotonic() - began), heard


async def _caught_up(cluster: Cluster) -> int:
    """Wait until every service has heard everything that was told; give how much that is."""
    wanted = len(SERVICES) * await asyncio.to_thread(_told, cluster)
    while (heard := await asyncio.to_thread(_heard, cluster)) < wanted:  # noqa: ASYNC110 - other processes apply them
        await asyncio.sleep(LOOK_SECONDS)
    return heard


def _told(cluster: Cluster) -> int:
    return sum(database["facts"].count_documents({}) for database in cluster.books.of.values())


def _heard(cluster: Cluster) -> int:
    count = [{"$group": {"_id": None, "n": {"$sum": {"$size": "$facts"}}}}]
    return sum(row["n"] for database in cluster.books.of.values() for row in database[TALLY].aggregate(count))
