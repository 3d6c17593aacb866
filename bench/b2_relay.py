"""B2: the relay, from pending facts to acknowledged and confirmed records.

Platform: `kit.relay.Relay` as a worker runs it, lease and doorbell included.
Floor: a bare loop over the same rows: ids of the outbox, their facts, `send_batch` with the same bytes, one
transaction that writes the confirmation and deletes the outbox rows; pages of 2,000. No lease, no order after a
failure, no repetition: it would lose facts where the relay does not.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaProducer

from bench import boxes
from bench.boxes import SERVICE, TOPIC
from bench.measure import Bench, Figure, alternate, stopwatch
from bench.servers import Servers, servers
from missionare.kit.bells import Bells
from missionare.kit.kafka import connect_producer
from missionare.kit.ledger import Ledger
from missionare.kit.mongo import Database, Document, Session
from missionare.kit.relay import Relay
from missionare.kit.topics import PARTITIONS

PAGE: Final = 2_000
AIM: Final = 0.7
LOOK_SECONDS: Final = 0.01


async def run(bench: Bench) -> list[Figure]:
    """Measure facts per second."""
    rows = boxes.facts(bench.size.of(100_000, 20_000), bench.size.seed)
    async with servers(bench.folder) as running:

        async def floor() -> float:
            return await _floor(running, rows)

        async def platform() -> float:
            return await _platform(running, rows)

        await running.provide_topic(TOPIC)
        rates = await alternate(bench, floor, platform)
    figure = rates.figure(
        key="B2",
        work=f"relay: {len(rows):,} pending facts to acknowledged records",
        floor_is="bare loop over the same rows, pages of 2,000",
        unit="facts/s",
        aim=AIM,
    )
    return [figure]


async def _platform(running: Servers, rows: list[Document]) -> float:
    async with _pending(running, rows) as database:
        settings = boxes.settings(running)
        relay = Relay(
            database,
            source=SERVICE,
            topic=TOPIC,
            partitions=PARTITIONS,
            connect=lambda: connect_producer(settings),
            bells=Bells(),
        )
        stopping = asyncio.Event()
        async with stopwatch() as watch:
            working = asyncio.create_task(relay.run(stopping))
            while await database["outbox"].find_one({}) is not None:  # noqa: ASYNC110 - the database tells nobody
                await asyncio.sleep(LOOK_SECONDS)
        stopping.set()
        await working
        return await _rate(database, rows, watch.seconds)


async def _floor(running: Servers, rows: list[Document]) -> float:
    async with _pending(running, rows) as database:
        producer = await connect_producer(boxes.settings(running))
        try:
            async with stopwatch() as watch:
                await _bare_loop(database, producer)
        finally:
            await producer.stop()
        return await _rate(database, rows, watch.seconds)


async def _bare_loop(database: Database, producer: AIOKafkaProducer) -> None:
    number = 0
    while pending := await database["outbox"].find({}, sort=[("_id", 1)], limit=PAGE).to_list(None):
        ids = [row["_id"] for row in pending]
        page = await database["facts"].find({"_id": {"$in": ids}}, sort=[("_id", 1)]).to_list(None)
        await boxes.send(producer, TOPIC, page)
        number += 1
        await _confirm(database, number, ids)


async def _confirm(database: Database, number: int, ids: list[str]) -> None:
    async def steps(session: Session) -> None:
        confirmation = {"_id": {"era": 1, "n": number}, "facts": ids}
        await database["confirmations"].insert_one(confirmation, session=session)
        await database["outbox"].delete_many({"_id": {"$in": ids}}, session=session)

    await database.transaction(steps)


@asynccontextmanager
async def _pending(running: Servers, rows: list[Document]) -> AsyncIterator[Database]:
    async with running.fresh(SERVICE) as database:
        await Ledger(database).ensure()
        await boxes.store(database, rows)
        yield database


async def _rate(database: Database, rows: list[Document], seconds: float) -> float:
    confirmed = await database.aggregate(
        "confirmations", [{"$group": {"_id": None, "n": {"$sum": {"$size": "$facts"}}}}]
    )
    if confirmed[0]["n"] != len(rows):
        msg = f"{confirmed[0]['n']} of {len(rows)} facts were confirmed"
        raise AssertionError(msg)
    return len(rows) / seconds
