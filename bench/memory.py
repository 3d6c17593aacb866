"""Memory: a million facts through relay and kernel of one process, which holds no more at the end than early on.

The facts come in twenty waves: stored as pending, relayed, heard and applied to a read model. What a worker remembers
of them (streams, positions, hops, what was decided) must not grow with their number.
"""

from __future__ import annotations

import asyncio
import gc
from typing import Final

import psutil

from bench import boxes, tallies
from bench.b3_kernel import listening
from bench.boxes import SERVICE, TOPIC
from bench.measure import Bench, Figure
from bench.servers import Servers, servers
from missionare.kit.bells import Bells
from missionare.kit.kafka import connect_producer
from missionare.kit.mongo import Database
from missionare.kit.relay import Relay
from missionare.kit.topics import PARTITIONS

WAVES: Final = 20
SETTLED: Final = 2
"""Waves after which everything has been used once."""
AIM: Final = 1.1
MEBIBYTE: Final = 1024**2


async def run(bench: Bench) -> list[Figure]:
    """Measure resident memory after a tenth of the facts and after all of them."""
    count = bench.size.of(1_000_000, 100_000)
    async with servers(bench.folder) as running:
        await running.provide_topic(TOPIC)
        async with running.fresh(SERVICE) as database:
            used = await _waves(running, database, count // WAVES, bench)
            await tallies.check(database, count // WAVES * WAVES)
    first, last = used[SETTLED - 1], used[-1]
    return [
        Figure(
            key="B3 memory",
            work=f"relay and kernel of one process: resident memory after {count:,} facts",
            floor_is="the same process after a tenth of them",
            platform=last,
            floor=first,
            unit="MiB",
            ratio=last / first,
            aim=AIM,
            more_is_better=False,
        )
    ]


async def _waves(running: Servers, database: Database, size: int, bench: Bench) -> list[float]:
    """Send wave after wave through; give the resident mebibytes after each."""
    stopping, bells, used = asyncio.Event(), Bells(), list[float]()
    settings = boxes.settings(running)
    async with listening(running, database, tallies.read_model) as heard:
        relay = Relay(
            database,
            source=SERVICE,
            topic=TOPIC,
            partitions=PARTITIONS,
            connect=lambda: connect_producer(settings),
            bells=bells,
        )
        working = asyncio.create_task(relay.run(stopping))
        try:
            for number in range(1, WAVES + 1):
                await boxes.store(database, boxes.facts(size, bench.size.seed + number))
                bells.ring_all()
                await heard.wait_for(number * size)
                gc.collect()
                used.append(psutil.Process().memory_info().rss / MEBIBYTE)
                bench.say(f"{number * size:,} facts: {used[-1]:.0f} MiB")
        finally:
            stopping.set()
            await working
    return used
