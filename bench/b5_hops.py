"""B5: complete a journey of one participant, until its missionary can read the outreach plan over HTTP.

Platform: everything that `missionare up` starts. The way is journeys (command, then a job) -> topic -> members ->
topic -> notifications -> HTTP. Journeys are completed one after the other: first nothing else happens, then promise
1's load goes on beside it. Two cores do not keep up with that load, so that its backlog grows: what is measured
under it is its first minutes, the same in both sizes, and the note tells the backlog at their end.
Floor: a raw chain of the same hops in one process: each durable transaction {state, outbox}, a change stream that
rings, `send_batch` and a wait for the broker, a confirming delete, `getmany` with the platform's fetch settings.
Nothing of it is checked, repeated or repaired. It has servers of its own on the same machine, and under load the
platform's load beside it, too.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from bench import boxes
from bench.measure import Bench, Figure
from bench.servers import Servers, scratch, servers
from bench.steady_load import steady_load
from bench.travelled import Region, Travelled, region
from missionare.cli.running import Running
from missionare.kit.ids import uuid7
from missionare.kit.kafka import BATCH_RECORDS, BATCH_TIMEOUT_MS, FETCH_WAIT_MS, connect_producer
from missionare.kit.mongo import Database, Session

AIM_P50: Final = 2.0
AIM_MAX: Final = 3.0
LOOK_SECONDS: Final = 0.005
LONGEST_SECONDS: Final = 120.0
STAGES: Final = ("journeys", "members", "notifications")
WARM: Final = 5
LOADED: Final = 40
"""Completions under the load, whose backlog grows meanwhile."""


async def run(bench: Bench) -> list[Figure]:
    """Measure seconds per completion: median and maximum."""
    counts = {"idle": bench.size.of(200, 40), "under load": bench.size.of(LOADED, LOADED)}
    figures: list[Figure] = []
    async with servers(bench.folder) as running, _chain(running) as chain:
        with scratch(bench.folder) as data, Running.start(data) as platform, region(platform) as found:
            for circumstances, load in {"idle": _no_load(), "under load": steady_load(found)}.items():
                async with load as waiting:
                    bare = await _times(counts[circumstances], chain)
                    ours = await _times(counts[circumstances], lambda: _completed(found, found.lay_down(1)))
                    note = f"{waiting()} requests of the load wait" if circumstances != "idle" else ""
                for name, seconds in {"raw chain": bare, "platform": ours}.items():
                    told = f"p50 {_ms(statistics.median(seconds))}, max {_ms(max(seconds))}"
                    bench.say(f"{circumstances}, {name}: {told} {note}")
                figures += _figures(circumstances, ours, bare, note)
    return figures


@asynccontextmanager
async def _no_load() -> AsyncIterator[Callable[[], int]]:
    yield lambda: 0


def _figures(circumstances: str, platform: Sequence[float], floor: Sequence[float], note: str) -> list[Figure]:
    key = "B5" if circumstances == "idle" else "B5 load"
    middle = statistics.median(platform), statistics.median(floor)
    longest = max(platform), max(floor)
    work = f"of {len(platform)} completions until the outreach plan is readable, {circumstances}"
    return [
        _figure(f"{key} p50", f"median {work}", *middle, AIM_P50, note),
        _figure(f"{key} max", f"maximum {work}", *longest, AIM_MAX, note),
    ]


def _figure(key: str, work: str, platform: float, floor: float, aim: float, note: str) -> Figure:
    return Figure(
        key=key,
        work=work,
        floor_is="raw chain of the same hops, same fetch settings",
        platform=platform * 1_000,
        floor=floor * 1_000,
        unit="ms",
        ratio=platform / floor,
        aim=aim,
        more_is_better=False,
        note=note,
    )


async def _times(count: int, once: Callable[[], Awaitable[float]]) -> list[float]:
    """Do it some times to warm up, then `count` times; give the seconds of each."""
    for _ in range(WARM):
        await once()
    return [await once() for _ in range(count)]


async def _completed(found: Region, travelled: Travelled) -> float:
    began = time.perf_counter()
    await found.complete(travelled)
    (person,) = travelled.people
    async with asyncio.timeout(LONGEST_SECONDS):
        # The database is asked as often as the floor's is. To ask the service so often would be a load of its own,
        # on the very process that drafts the plan.
        while not found.plans_on(travelled):  # noqa: ASYNC110 - another process drafts it
            await asyncio.sleep(LOOK_SECONDS)
        while not await found.plans_of(person):  # noqa: ASYNC110 - as above
            await asyncio.sleep(LOOK_SECONDS)
    return time.perf_counter() - began


@asynccontextmanager
async def _chain(running: Servers) -> AsyncIterator[Callable[[], Awaitable[float]]]:
    """Run the raw chain's relays and consumers; give what sends one thing through all of it."""
    settings = boxes.settings(running)
    for stage in STAGES:
        await running.provide_topic(f"{stage}.events")
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(running.fresh(boxes.SERVICE))
        await database.ensure_collections(
            [f"{stage}_{what}" for stage in STAGES for what in ("state", "outbox", "jobs")]
        )
        producer = await connect_producer(settings)
        stack.push_async_callback(producer.stop)
        listeners = [asyncio.Event() for _ in STAGES]
        relays = zip(STAGES[:2], listeners[1:], strict=True)
        hops = [_job(database, listeners[0])]
        hops += [_relay(database, producer, stage, listener) for stage, listener in relays]
        for heard, stage in pairwise(STAGES):
            consumer = await _consumer(running, heard)
            stack.push_async_callback(consumer.stop)
            hops.append(_consume(database, consumer, stage))
        tasks = [asyncio.create_task(hop) for hop in hops]
        stack.push_async_callback(_cancel, tasks)
        for listener in listeners:  # whoever does not listen yet would miss the first one
            await listener.wait()

        async def once() -> float:
            key = uuid7()
            began = time.perf_counter()
            await _commit(database, "journeys", key, then="jobs")
            async with asyncio.timeout(LONGEST_SECONDS):
                while await database["notifications_state"].find_one({"_id": key}) is None:
                    _raise_what_died(tasks)
                    await asyncio.sleep(LOOK_SECONDS)
            return time.perf_counter() - began

        yield once


async def _commit(database: Database, stage: str, key: str, *, then: str, done: str | None = None) -> None:
    """Write a stage's state and what is to follow in one transaction."""

    async def steps(session: Session) -> None:
        await database[f"{stage}_state"].replace_one({"_id": key}, {"_id": key}, upsert=True, session=session)
        await database[f"{stage}_{then}"].insert_one({"_id": key}, session=session)
        if done:
            await database[f"{stage}_{done}"].delete_one({"_id": key}, session=session)

    await database.transaction(steps)


async def _job(database: Database, listening: asyncio.Event) -> None:
    """Do what the command left to be done after it."""
    async for key in _rung(database, "journeys_jobs", listening):
        await _commit(database, "journeys", key, then="outbox", done="jobs")


async def _relay(database: Database, producer: AIOKafkaProducer, stage: str, listening: asyncio.Event) -> None:
    """Send what is in a stage's outbox."""
    async for key in _rung(database, f"{stage}_outbox", listening):
        batch = producer.create_batch()
        batch.append(key=key.encode(), value=b"{}", timestamp=None)
        await (await producer.send_batch(batch, f"{stage}.events", partition=0))
        await database[f"{stage}_outbox"].delete_one({"_id": key})


async def _rung(database: Database, collection: str, listening: asyncio.Event) -> AsyncIterator[str]:
    """Give the ids of what is inserted once `listening` is set, as a change stream tells of it."""
    inserts = [{"$match": {"ns.coll": collection, "operationType": "insert"}}]
    async with database.watch(inserts, max_await_ms=1_000) as stream:
        listening.set()
        while True:
            change = await stream.try_next()
            if change is not None:
                yield change["documentKey"]["_id"]


async def _consumer(running: Servers, heard: str) -> AIOKafkaConsumer:
    settings = boxes.settings(running)
    consumer = AIOKafkaConsumer(
        f"{heard}.events",
        bootstrap_servers=running.kafka,
        group_id=f"bench-{heard}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=FETCH_WAIT_MS,
        session_timeout_ms=int(settings.kafka_session_seconds * 1_000),
        heartbeat_interval_ms=int(settings.kafka_heartbeat_seconds * 1_000),
    )
    await consumer.start()
    return consumer


async def _consume(database: Database, consumer: AIOKafkaConsumer, stage: str) -> None:
    """Apply what a stage hears, and commit."""
    while True:
        found = await consumer.getmany(timeout_ms=BATCH_TIMEOUT_MS, max_records=BATCH_RECORDS)
        for record in (record for records in found.values() for record in records):
            await _commit(database, stage, record.key.decode(), then="outbox")
        if found:
            await consumer.commit()


async def _cancel(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _raise_what_died(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        if task.done():
            task.result()


def _ms(seconds: float) -> str:
    return f"{seconds * 1_000:.0f} ms"
