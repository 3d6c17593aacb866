"""A read model is built anew while a worker brings facts, on the real broker."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from support.boxes.events import BoxFilled
from support.boxes.fillings import fillings, service_of
from support.boxes.service import Box, save
from support.brokers import ON_A_TEST_BROKER
from support.waiting import eventually

from missionare.kit import topics
from missionare.kit.comparison import canonical_hash
from missionare.kit.rebuild import back, rebuild
from missionare.kit.service import Service
from missionare.kit.timers import Timers
from missionare.kit.topics import topic_of
from missionare.kit.worker import Worker

pytestmark = pytest.mark.broker

NAME = "boxes.fillings"
PACE_SECONDS = 0.05
"""Between two facts of a box: who tells more than a busy machine can apply is never caught up with."""


@pytest.fixture
async def service(kafka: str, mongo_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    await provision_anew(kafka)
    service = service_of(mongo_url, tmp_path, fillings())
    service.settings = service.settings.model_copy(
        update={
            **ON_A_TEST_BROKER,
            "kafka_bootstrap_servers": kafka,
            "kafka_incarnation": uuid.uuid4().hex,
        }
    )
    await service.open()
    yield service
    await service.database["fillings@2"].drop()
    await service.stop()


async def provision_anew(kafka: str) -> None:
    """Make the topic anew: facts that other tests left in it are none that this service's own ledger knows."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        if topic_of("boxes") in await admin.list_topics():
            await admin.delete_topics([topic_of("boxes")])
    finally:
        await admin.close()
    await topics.provision(kafka, topics.of(["boxes"], replicas=1))


@pytest.fixture
async def worker(service: Service) -> AsyncIterator[Worker]:
    failures: list[str] = []
    worker = Worker(service.context, service.settings, handlers=service.handlers, timers=Timers(), fail=failures.append)
    await worker.start()
    await eventually(lambda: not worker.problems())
    yield worker
    await worker.stop()
    assert failures == []


async def fill(service: Service, box_id: str, stop: asyncio.Event) -> int:
    """Put things into a box until told to stop, and give how often."""
    box = Box(id=box_id)
    items = 0
    while not stop.is_set():
        items += 1
        box = await save(service.context, box, BoxFilled(box_id=box_id, items=items))
        await asyncio.sleep(PACE_SECONDS)
    return items


async def test_facts_told_meanwhile_are_there_once_in_both_generations(service: Service, worker: Worker) -> None:
    stop = asyncio.Event()
    names = [uuid.uuid4().hex for _ in range(3)]
    filling = [asyncio.create_task(fill(service, name, stop)) for name in names]
    await eventually(lambda: _all_of(service, "fillings", names, [1]))

    report = await rebuild(service, NAME)
    stop.set()
    told = dict(zip(names, await asyncio.gather(*filling), strict=True))

    assert (report.serving, report.previous) == (2, 1)
    for name, items in told.items():
        for place in ("fillings", "fillings@2"):
            await eventually(lambda name=name, items=items, place=place: _order_is(service, place, name, items))
    assert await canonical_hash(service.database, "fillings@2") == await canonical_hash(service.database, "fillings")
    await eventually(lambda: [consumer.name for consumer in worker.consumers] == [f"{NAME}@2", f"{NAME}@1"])
    assert worker.problems() == []
    assert await service.database["counters"].find({}).to_list(None) == [], "nothing had to be repaired"


async def test_the_generation_that_was_taken_back_stays_fresh(service: Service, worker: Worker) -> None:
    name = uuid.uuid4().hex
    box = await save(service.context, Box(id=name), BoxFilled(box_id=name, items=1))
    await eventually(lambda: _order_is(service, "fillings", name, 1))
    await rebuild(service, NAME)
    await back(service, NAME)

    await save(service.context, box, BoxFilled(box_id=name, items=2))

    for place in ("fillings", "fillings@2"):
        await eventually(lambda place=place: _order_is(service, place, name, 2))
    assert worker.problems() == []


async def _order_is(service: Service, place: str, box_id: str, items: int) -> bool:
    row = await service.database[place].find_one({"_id": box_id})
    return row is not None and row["order"] == list(range(1, items + 1))


async def _all_of(service: Service, place: str, names: list[str], first: list[int]) -> bool:
    rows = await service.database[place].find({"_id": {"$in": names}}).to_list(None)
    return len(rows) == len(names) and all(row["order"][: len(first)] == first for row in rows)
