"""An imaginary service for the benchmarks of the event core: boxes are filled, and its facts tell of it."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import DefaultPartitioner

from bench.servers import Servers
from missionare.cli.servers.broker import SETTINGS
from missionare.kit.aggregates import Chain
from missionare.kit.envelope import headers
from missionare.kit.facts import Fact, Id
from missionare.kit.ids import uuid7
from missionare.kit.kafka import connect_producer
from missionare.kit.ledger import chained
from missionare.kit.mongo import Database, Document
from missionare.kit.settings import Role, Settings
from missionare.kit.topics import PARTITIONS
from missionare.kit.work import Origin

SERVICE: Final = "boxes"
TOPIC: Final = "boxes.events"
FACTS_PER_BOX: Final = 10
BULK: Final = 5_000
ORIGIN: Final = Origin("person:bench", uuid7(), traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")


class BoxFilled(Fact, aggregate="box"):
    """Something was put into a box."""

    box_id: Id
    items: int


def settings(servers: Servers) -> Settings:
    """Give a worker's settings on these servers, with what the bundled broker needs."""
    return Settings(
        role=Role.WORKER,
        mongo_url=servers.mongo_url(SERVICE),
        kafka_bootstrap_servers=servers.kafka,
        kafka_idempotence=SETTINGS["MISSIONARE_KAFKA_IDEMPOTENCE"] == "true",
        kafka_session_seconds=float(SETTINGS["MISSIONARE_KAFKA_SESSION_SECONDS"]),
        kafka_heartbeat_seconds=float(SETTINGS["MISSIONARE_KAFKA_HEARTBEAT_SECONDS"]),
        topic_replicas=int(SETTINGS["MISSIONARE_TOPIC_REPLICAS"]),
    )


def facts(count: int, seed: int) -> list[Document]:
    """Give rows of `facts` as an owner stores them: ten per box, the boxes in turn as in steady running."""
    chance = random.Random(seed)  # noqa: S311 - a benchmark repeats its data by its seed
    boxes = [uuid7() for _ in range(max(1, count // FACTS_PER_BOX))]
    chains = {box: Chain() for box in boxes}
    rows: list[Document] = []
    while len(rows) < count:
        for box in chance.sample(boxes, len(boxes)):
            chains[box], new = chained(
                chains[box], [BoxFilled(box_id=box, items=chance.randint(1, 9))], era=1, origin=ORIGIN
            )
            rows.extend(new)
    return rows[:count]


async def store(database: Database, rows: Sequence[Document]) -> None:
    """Put facts and their outbox rows into the database, as if commands had just committed them."""
    for start in range(0, len(rows), BULK):
        some = rows[start : start + BULK]
        await database["facts"].insert_many(some)
        await database["outbox"].insert_many([{"_id": row["_id"], "key": row["subject"]} for row in some])


async def publish(servers: Servers, rows: Sequence[Document]) -> None:
    """Put facts on the topic, for benchmarks that begin there."""
    await servers.provide_topic(TOPIC)
    producer = await connect_producer(settings(servers))
    try:
        for start in range(0, len(rows), BULK):
            await send(producer, TOPIC, rows[start : start + BULK])
    finally:
        await producer.stop()


async def send(producer: AIOKafkaProducer, topic: str, rows: Sequence[Document]) -> None:
    """Send rows the way one would without the platform: grouped by partition, in large batches, all awaited."""
    partitioner, partitions = DefaultPartitioner(), list(range(PARTITIONS))
    groups: defaultdict[int, list[Document]] = defaultdict(list)
    for row in rows:
        groups[partitioner(row["subject"].encode(), partitions, partitions)].append(row)
    futures = []
    for partition, group in groups.items():
        batch = producer.create_batch()
        for row in group:
            record = _record(row)
            if batch.append(**record) is None:
                futures.append(await producer.send_batch(batch, topic, partition=partition))
                batch = producer.create_batch()
                batch.append(**record)
        futures.append(await producer.send_batch(batch, topic, partition=partition))
    for future in futures:
        await future


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "key": row["subject"].encode(),
        "value": row["value"].encode(),
        "timestamp": int(row["time"].timestamp() * 1_000),
        "headers": headers(dict(row), SERVICE),
    }
