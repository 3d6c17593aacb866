"""Relay, broker and consumer together, on the real servers."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from support.boxes.events import BoxFilled
from support.boxes.service import Box, context_of, save, tally
from support.brokers import ON_A_TEST_BROKER
from support.waiting import eventually

from missionare.kit import topics
from missionare.kit.envelope import from_row
from missionare.kit.kafka import Subscription, connect_producer
from missionare.kit.ledger import Position
from missionare.kit.mongo import Database
from missionare.kit.parking import counts
from missionare.kit.positions import Positions
from missionare.kit.settings import Settings
from missionare.kit.timers import Timers
from missionare.kit.topics import TopicSpec, topic_of
from missionare.kit.work import Context
from missionare.kit.worker import STUCK_SECONDS, Worker

pytestmark = pytest.mark.broker


@pytest.fixture
async def settings(kafka: str, mongo_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings for the bundled broker; a topic of its own per test keeps the tests apart."""
    await topics.provision(kafka, topics.of(["boxes"], replicas=1))
    return Settings(
        mongo_url=mongo_url,
        kafka_bootstrap_servers=kafka,
        **ON_A_TEST_BROKER,
        kafka_incarnation=uuid.uuid4().hex,
    )


@pytest.fixture
async def context(database: Database) -> Context:
    return await context_of(database)


@pytest.fixture
async def worker(context: Context, settings: Settings) -> AsyncIterator[Worker]:
    failures: list[str] = []
    worker = Worker(context, settings, handlers=[tally()], timers=Timers(), fail=failures.append)
    await worker.start()
    yield worker
    await worker.stop()
    assert failures == []


async def order_of(database: Database, box: str) -> list[int]:
    row = await database["tallies"].find_one({"_id": f"tally:{box}"})
    return row["order"] if row else []


async def test_one_broker_of_several_is_enough_to_join(context: Context, settings: Settings) -> None:
    several = f"127.0.0.1:9, {settings.kafka_bootstrap_servers}"
    told = Settings(**{**settings.model_dump(), "kafka_bootstrap_servers": several})
    worker = Worker(context, told, handlers=[tally()], timers=Timers(), fail=pytest.fail)

    await worker.start()
    try:
        await eventually(lambda: not worker.problems())
    finally:
        await worker.stop()


async def test_what_is_saved_arrives_once_in_order_and_is_confirmed(
    worker: Worker, context: Context, database: Database
) -> None:
    boxes = [uuid.uuid4().hex for _ in range(10)]
    await eventually(lambda: not worker.problems())

    for name in boxes:
        box = Box(id=name)
        for items in range(1, 6):
            box = await save(context, box, BoxFilled(box_id=name, items=items))

    for name in boxes:
        await eventually(lambda name=name: _equals(order_of(database, name), [1, 2, 3, 4, 5]))
    await eventually(lambda: _equals(_pending(context), 0))
    feed = await context.ledger.confirmed(Position())
    assert sum(len(confirmation.facts) for confirmation in feed.confirmations) == 50
    assert await database["counters"].find_one({"_id": "tally:repaired"}) is None


async def test_the_lag_of_the_whole_group_is_measured(worker: Worker, context: Context, database: Database) -> None:
    await eventually(lambda: not worker.problems())

    await save(context, Box(id="b1"), BoxFilled(box_id="b1", items=1))

    await eventually(lambda: _measured(database))


async def test_malformed_records_are_kept_raw_and_block_nothing(
    worker: Worker, context: Context, database: Database, settings: Settings
) -> None:
    await eventually(lambda: not worker.problems())
    producer = await connect_producer(settings)
    deep = b"[" * 5_000 + b"]" * 5_000
    for value, headers in [
        (b"not json", []),
        (b"{}", [("ce_specversion", b"1.0"), ("ce_id", None)]),
        (b"\xff\xfe", [("ce_specversion", b"\xff")]),
        (deep, []),
        (None, []),
    ]:
        await producer.send_and_wait(topic_of("boxes"), value, key=b"k", headers=headers, partition=0)
    await producer.stop()
    name = uuid.uuid4().hex
    await save(context, Box(id=name), BoxFilled(box_id=name, items=1))

    await eventually(lambda: _equals(order_of(database, name), [1]))
    await eventually(lambda: _equals(counts(database), {"tally": {"raw": 5}}))


async def test_what_was_saved_while_no_worker_ran_is_delivered_at_start(
    context: Context, settings: Settings, database: Database
) -> None:
    name = uuid.uuid4().hex
    await save(context, Box(id=name), BoxFilled(box_id=name, items=3))

    worker = Worker(context, settings, handlers=[tally()], timers=Timers(), fail=pytest.fail)
    await worker.start()
    try:
        await eventually(lambda: _equals(order_of(database, name), [3]))
    finally:
        await worker.stop()


async def test_a_lost_topic_is_made_good_from_the_owners_feed(
    context: Context, settings: Settings, database: Database
) -> None:
    name = uuid.uuid4().hex
    await save(context, Box(id=name), BoxFilled(box_id=name, items=3))
    relaying = Worker(context, settings, handlers=[], timers=Timers(), fail=pytest.fail)
    await relaying.start()
    await eventually(lambda: _equals(_pending(context), 0))
    await relaying.stop()
    later = settings.model_copy(update={"kafka_bootstrap_servers": "127.0.0.1:9"})

    worker = Worker(context, later, handlers=[tally()], timers=Timers(), fail=pytest.fail)
    await worker.start()
    try:
        await eventually(lambda: _equals(order_of(database, name), [3]))
    finally:
        await worker.stop()


async def test_a_long_outage_of_the_broker_does_not_count_as_standing_still(
    context: Context, settings: Settings
) -> None:
    away = settings.model_copy(update={"kafka_bootstrap_servers": "127.0.0.1:9"})
    failures: list[str] = []
    worker = Worker(context, away, handlers=[tally()], timers=Timers(), fail=failures.append)
    worker._last_progress = time.monotonic() - 2 * STUCK_SECONDS
    measuring = asyncio.create_task(
        worker._measure(Subscription(away, "boxes", ["boxes"]), Positions(context.database, "boxes", [], 1))
    )

    await eventually(lambda: time.monotonic() - worker._last_progress < STUCK_SECONDS)
    worker._watch_progress(behind=True)

    measuring.cancel()
    await asyncio.gather(measuring, return_exceptions=True)  # it closes what it has opened
    assert failures == []


async def test_a_long_batch_does_not_count_as_standing_still_while_its_facts_are_dealt_with(
    context: Context, settings: Settings, database: Database
) -> None:
    failures: list[str] = []
    worker = Worker(context, settings, handlers=[tally()], timers=Timers(), fail=failures.append)
    (consumer,) = worker.consumers
    worker._last_progress = consumer.moved_at = time.monotonic() - 2 * STUCK_SECONDS
    worker._watch_progress(behind=True)
    assert len(failures) == 1
    name = uuid.uuid4().hex
    await save(context, Box(id=name), BoxFilled(box_id=name, items=3))
    rows = await database["facts"].find({"subject": name}).to_list(None)

    await consumer.batch([from_row(row, "boxes") for row in rows])
    worker._watch_progress(behind=True)

    assert len(failures) == 1


async def test_a_worker_that_finds_a_wrong_topic_says_so_and_sends_nothing(
    settings: Settings, database: Database, kafka: str
) -> None:
    context = await context_of(database, "crates")
    crates = TopicSpec.owned_by("crates", replicas=1)
    await topics.provision(kafka, [replace(crates, partitions=4)])
    await save(context, Box(id="b1"), BoxFilled(box_id="b1", items=1))
    failures: list[str] = []

    worker = Worker(context, settings, handlers=[], timers=Timers(), fail=failures.append)
    await worker.start()
    try:
        await eventually(lambda: failures)
    finally:
        await worker.stop()

    assert failures == [f"crates.events: 4 partitions instead of 12; {topics.RECREATE}"]
    assert await _pending(context) == 1


async def test_a_batch_that_cannot_be_dealt_with_is_tried_again_before_it_is_given_back(
    context: Context, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Worker(context, settings, handlers=[tally()], timers=Timers(), fail=pytest.fail)
    outcomes = iter([TimeoutError(), OSError(), None])

    async def batch(envelopes: object) -> None:
        if (outcome := next(outcomes)) is not None:
            raise outcome

    monkeypatch.setattr(worker.consumers[0], "batch", batch)
    await worker.receive([])

    assert list(outcomes) == []


async def _measured(database: Database) -> bool:
    row = await database["positions"].find_one({})
    return row is not None and row["lag"] == 0


async def _pending(context: Context) -> int:
    return (await context.ledger.pending())[0]


async def _equals(value: object, expected: object) -> bool:
    found = await value if asyncio.iscoroutine(value) else value
    return bool(found == expected)
