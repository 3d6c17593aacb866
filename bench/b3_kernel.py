"""B3: the consumer kernel, from records on the topic to state that is applied once and in order.

Platform: FastStream's subscription and `Worker.receive`: envelope, guard, handlers, transactions.
Floor: aiokafka's bare `getmany` with the same fetch settings and the same transactions, as many at a time, and a
commit of the offsets per batch. No guard reads, no envelope checks, no parking: redelivered facts would count twice.

* B3a: plain writes to a read model, up to 100 facts in a transaction {streams, read model}.
* B3b: a process, one transaction per fact {streams, era, aggregate, facts, outbox} after reading the aggregate.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

from aiokafka import AIOKafkaConsumer
from pymongo import UpdateOne

from bench import boxes, tallies
from bench.boxes import SERVICE, TOPIC
from bench.measure import Bench, Figure, Stopwatch, alternate, stopwatch
from bench.servers import Servers, servers
from missionare.kit.consumer import LANES, SHARED_FACTS, SHARED_LANES
from missionare.kit.handlers import Handlers
from missionare.kit.ids import uuid7
from missionare.kit.kafka import BATCH_RECORDS, BATCH_TIMEOUT_MS, FETCH_WAIT_MS, Subscription
from missionare.kit.mongo import Database, Document, Session
from missionare.kit.timers import Timers
from missionare.kit.worker import Worker

AIM_TOGETHER: Final = 0.7
AIM_ALONE: Final = 0.8
LONGEST_SECONDS: Final = 600

Records = Sequence[Any]
Apply = Callable[[Database, Records], Awaitable[None]]


async def run_together(bench: Bench) -> list[Figure]:
    """Measure facts per second where up to 100 share a transaction."""
    count = bench.size.of(100_000, 20_000)
    return [
        await _measure(
            bench,
            count,
            tallies.read_model,
            _apply_together,
            key="B3a",
            work=f"kernel, up to {SHARED_FACTS} facts in a transaction: {count:,} records to applied state",
            aim=AIM_TOGETHER,
        )
    ]


async def run_alone(bench: Bench) -> list[Figure]:
    """Measure facts per second where each has its own transaction."""
    count = bench.size.of(10_000, 2_500)
    return [
        await _measure(
            bench,
            count,
            tallies.process,
            _apply_alone,
            key="B3b",
            work=f"kernel, one transaction per fact: {count:,} records to saved aggregates with facts",
            aim=AIM_ALONE,
        )
    ]


async def _measure(
    bench: Bench, count: int, handlers: Callable[[str], Handlers], apply: Apply, *, key: str, work: str, aim: float
) -> Figure:
    async with servers(bench.folder) as running:
        await boxes.publish(running, boxes.facts(count, bench.size.seed))

        async def floor() -> float:
            async with running.fresh(SERVICE) as database, stopwatch() as watch:
                await _consume(running, database, count, apply, watch)
                await tallies.check(database, count)
                return count / watch.seconds

        async def platform() -> float:
            async with running.fresh(SERVICE) as database, stopwatch() as watch:
                await subscribe(running, database, count, handlers, watch)
                await tallies.check(database, count)
                return count / watch.seconds

        rates = await alternate(bench, floor, platform)
    floor_is = "bare getmany and the same transactions, as many at a time"
    return rates.figure(key=key, work=work, floor_is=floor_is, unit="facts/s", aim=aim)


class Heard:
    """How many records the platform has dealt with."""

    def __init__(self) -> None:
        """Begin with none."""
        self.count = 0
        self._more = asyncio.Condition()

    async def note(self, records: int) -> None:
        """Add some."""
        async with self._more:
            self.count += records
            self._more.notify_all()

    async def wait_for(self, count: int) -> None:
        """Wait until there are so many."""
        async with asyncio.timeout(LONGEST_SECONDS), self._more:
            await self._more.wait_for(lambda: self.count >= count)


async def subscribe(
    running: Servers, database: Database, count: int, handlers: Callable[[str], Handlers], watch: Stopwatch
) -> None:
    """Let the platform's subscription and worker apply everything; counted from the first batch on."""
    async with listening(running, database, handlers, watch.start) as heard:
        await heard.wait_for(count)
        watch.stop()


@asynccontextmanager
async def listening(
    running: Servers,
    database: Database,
    handlers: Callable[[str], Handlers],
    begin: Callable[[], None] = lambda: None,
) -> AsyncIterator[Heard]:
    """Let the platform's subscription and worker apply what is on the topic; `begin` is called at the first batch."""
    group = f"bench-{uuid7()}"
    settings = boxes.settings(running)
    context = await tallies.prepared(database)
    worker = Worker(context, settings, handlers=[handlers(group)], timers=Timers(), fail=_fail)
    subscription = Subscription(settings, group, [TOPIC])
    heard = Heard()

    async def receive(records: Records) -> None:
        if not heard.count:
            begin()
        await worker.receive(records)
        await heard.note(len(records))

    subscription.deliver_to(receive)
    await subscription.start()
    try:
        yield heard
    finally:
        await subscription.stop()


async def _consume(running: Servers, database: Database, count: int, apply: Apply, watch: Stopwatch) -> None:
    """Fetch, apply and commit without the platform; counted from the first batch on."""
    await tallies.prepared(database)
    settings = boxes.settings(running)
    consumer = AIOKafkaConsumer(
        TOPIC,
        bootstrap_servers=running.kafka,
        group_id=f"bench-{uuid7()}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=FETCH_WAIT_MS,
        session_timeout_ms=int(settings.kafka_session_seconds * 1_000),
        heartbeat_interval_ms=int(settings.kafka_heartbeat_seconds * 1_000),
    )
    await consumer.start()
    left = count
    try:
        while left > 0:
            found = await consumer.getmany(timeout_ms=BATCH_TIMEOUT_MS, max_records=BATCH_RECORDS)
            records = [record for partition in found.values() for record in partition]
            if not records:
                continue
            if left == count:
                watch.start()
            await apply(database, records)
            await consumer.commit()
            left -= len(records)
        watch.stop()
    finally:
        await consumer.stop()


async def _apply_together(database: Database, records: Records) -> None:
    """Apply a batch in transactions of up to 100 facts, the facts of one box in one of them."""
    chunks: list[list[list[Any]]] = []
    size = SHARED_FACTS
    for queue in _by_key(records):
        if size + len(queue) > SHARED_FACTS:
            chunks.append([])
            size = 0
        chunks[-1].append(queue)
        size += len(queue)
    lanes = asyncio.Semaphore(SHARED_LANES)

    async def transaction(chunk: list[list[Any]]) -> None:
        streams = [_moved(queue) for queue in chunk]
        writes = []
        for queue in chunk:
            for record in queue:
                change = {"$inc": {"items": json.loads(record.value)["items"], "facts": 1}}
                writes.append(UpdateOne({"_id": record.key.decode()}, change, upsert=True))

        async def steps(session: Session) -> None:
            await database["streams"].bulk_write(streams, session=session)
            await database["tallies"].bulk_write(writes, session=session)

        async with lanes:
            await database.transaction(steps)

    await asyncio.gather(*(transaction(chunk) for chunk in chunks))


async def _apply_alone(database: Database, records: Records) -> None:
    """Apply a batch with one transaction per fact, those of one box after each other."""
    lanes = asyncio.Semaphore(LANES)

    async def in_order(queue: list[Any]) -> None:
        async with lanes:
            for record in queue:
                await _raise_tally(database, record)

    await asyncio.gather(*(in_order(queue) for queue in _by_key(records)))


async def _raise_tally(database: Database, record: Any) -> None:
    box = record.key.decode()
    found = await database["tallies"].find_one({"_id": box})
    tally = found or {"_id": box, "version": 0, "items": 0, "facts": 0, "chain": {"sequence": 0}}
    sequence = tally["chain"]["sequence"] + 1
    items = tally["items"] + json.loads(record.value)["items"]
    raised = {**tally, "version": tally["version"] + 1, "items": items, "facts": tally["facts"] + 1}
    raised["chain"] = {"sequence": sequence, "era": 1, "last_us": 0}

    async def steps(session: Session) -> None:
        await database["streams"].bulk_write([_moved([record])], session=session)
        era = (await database["leases"].find_one({"_id": "relay"}, {"era": 1}, session=session))["era"]
        if found:
            await database["tallies"].replace_one({"_id": box, "version": tally["version"]}, raised, session=session)
        else:
            await database["tallies"].insert_one(raised, session=session)
        fact = _fact(box, sequence, era, items)
        await database["facts"].insert_many([fact], session=session)
        await database["outbox"].insert_many([{"_id": fact["_id"], "key": box}], session=session)

    await database.transaction(steps)


def _moved(queue: list[Any]) -> UpdateOne:
    """Note how far a box has come, in a row as the guard keeps it."""
    headers = dict(queue[-1].headers)
    seen = f"{headers['ce_era'].decode()}.{headers['ce_sequence'].decode()}"
    state = {"seen": seen, "blocked": False, "waiting": False}
    change = {"$set": state, "$inc": {"rev": len(queue)}}
    return UpdateOne({"_id": f"bench|boxes|box|{queue[-1].key.decode()}"}, change, upsert=True)


def _fact(box: str, sequence: int, era: int, items: int) -> Document:
    return {
        "_id": uuid7(),
        "type": tallies.TallyRaised.type,
        "aggregate": "tally",
        "subject": box,
        "sequence": sequence,
        "era": era,
        "previous": f"{era}.{sequence - 1}",
        "time": datetime.now(UTC),
        "value": json.dumps({"tally_id": box, "items": items}),
        "actor": "bench",
        "correlation_id": "bench",
        "causation_id": None,
        "traceparent": None,
    }


def _by_key(records: Records) -> list[list[Any]]:
    queues: dict[bytes, list[Any]] = {}
    for record in records:
        queues.setdefault(record.key, []).append(record)
    return list(queues.values())


def _fail(reason: str) -> None:
    raise AssertionError(reason)
