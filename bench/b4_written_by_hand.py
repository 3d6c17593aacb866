"""B4: what one would write instead: a FastStream handler with one write and one acknowledgement per message.

Platform: the kernel with plain writes to a read model, as in B3a.
Compared with (named policy): FastStream's subscriber for single messages, `ack_policy=AckPolicy.ACK`, the fetch
settings of the platform, and one durable upsert per message. That policy commits the offset of a message whose
handler failed, so besides being slower it loses facts; how many, the promises count.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from bench import boxes, tallies
from bench.b3_kernel import LONGEST_SECONDS, subscribe
from bench.boxes import SERVICE, TOPIC, BoxFilled
from bench.measure import Bench, Figure, Stopwatch, alternate, stopwatch
from bench.servers import Servers, servers
from missionare.kit.ids import uuid7
from missionare.kit.kafka import FETCH_WAIT_MS
from missionare.kit.mongo import Database

AIM: Final = 5.0
POLICY: Final = AckPolicy.ACK


async def run(bench: Bench) -> list[Figure]:
    """Measure facts per second; the handler by hand gets fewer of them, since it is slow."""
    count, fewer = bench.size.of(50_000, 10_000), bench.size.of(2_500, 1_000)
    async with servers(bench.folder) as running:
        await boxes.publish(running, boxes.facts(count, bench.size.seed))

        async def by_hand() -> float:
            async with running.fresh(SERVICE) as database, stopwatch() as watch:
                await _by_hand(running, database, fewer, watch)
                return fewer / watch.seconds

        async def platform() -> float:
            async with running.fresh(SERVICE) as database, stopwatch() as watch:
                await subscribe(running, database, count, tallies.read_model, watch)
                return count / watch.seconds

        rates = await alternate(bench, by_hand, platform)
    figure = rates.figure(
        key="B4",
        work=f"facts to a read model: kernel ({count:,}) against a handler written by hand ({fewer:,})",
        floor_is=f"FastStream handler, policy {POLICY.name}, one write and one acknowledgement per message",
        unit="facts/s",
        aim=AIM,
    )
    return [figure]


async def _by_hand(running: Servers, database: Database, count: int, watch: Stopwatch) -> None:
    """Let FastStream call a handler per message; counted from the first message on."""
    await tallies.prepared(database)
    settings = boxes.settings(running)
    broker = KafkaBroker(running.kafka, allow_auto_create_topics=False, graceful_timeout=1.0, logger=None)
    finished = asyncio.Event()
    left = count

    @broker.subscriber(
        TOPIC,
        group_id=f"bench-{uuid7()}",
        auto_offset_reset="earliest",
        ack_policy=POLICY,
        fetch_max_wait_ms=FETCH_WAIT_MS,
        session_timeout_ms=int(settings.kafka_session_seconds * 1_000),
        heartbeat_interval_ms=int(settings.kafka_heartbeat_seconds * 1_000),
    )
    async def on_box_filled(fact: dict[str, Any]) -> None:
        nonlocal left
        if left == count:
            watch.start()
        told = BoxFilled.model_validate(fact)
        change = {"$inc": {"items": told.items, "facts": 1}}
        await database["tallies"].update_one({"_id": told.box_id}, change, upsert=True)
        left -= 1
        if left == 0:
            watch.stop()
            finished.set()

    await broker.start()
    try:
        await asyncio.wait_for(finished.wait(), LONGEST_SECONDS)
    finally:
        await broker.stop()
