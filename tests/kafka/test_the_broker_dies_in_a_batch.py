"""The broker is killed in the middle of batches, and comes back with its log."""

from __future__ import annotations

import asyncio
import signal

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaTimeoutError
from kafka.conftest import Crew, Load
from support.brokers import Kafka, Server

from missionare.kit import topics
from missionare.kit.kafka import connect_producer
from missionare.kit.settings import Settings
from missionare.kit.topics import PARTITIONS, TopicSpec

pytestmark = pytest.mark.apache

RECORDS = 6_000
A_PAGE = 50
SENT_SECONDS = 90.0


async def test_workers_go_on_with_a_broker_that_was_killed_and_paused(crew: Crew, load: Load, apache: Kafka) -> None:
    (broker,) = apache.servers
    await crew.joined_by(2)
    async with load.running():
        await load.goes_on()
        broker.kill()
        await _come_back(broker)
        await load.goes_on()
        broker.send(signal.SIGSTOP)
        await asyncio.sleep(3)  # the length of the pause is what is tested
        broker.send(signal.SIGCONT)
        await load.goes_on()

    await load.assert_each_took_effect_once_in_order()
    assert [worker.poll() for worker in crew.workers] == [None, None], "nobody had to be started again"


async def test_what_the_relay_s_producer_sends_across_a_kill_is_there_once_and_in_order(apache: Kafka) -> None:
    topic = await _topic(apache, "sent")
    await _send_across_a_kill(apache, topic)

    assert await _records(apache, topic) == {
        partition: list(range(partition, RECORDS, PARTITIONS)) for partition in range(PARTITIONS)
    }


async def _topic(apache: Kafka, name: str) -> str:
    spec = TopicSpec(f"{name}.events", replicas=1)
    await topics.provision(apache.address, [spec])
    return spec.name


async def _send_across_a_kill(apache: Kafka, topic: str) -> None:
    """Send numbered records in batches, and kill the broker half-way while some of them are on their way."""
    (broker,) = apache.servers
    settings = Settings(
        mongo_url="mongodb://127.0.0.1/nobody",
        kafka_bootstrap_servers=apache.address,
        topic_replicas=1,
    )
    producer = await connect_producer(settings)
    under_way: list[asyncio.Future[object]] = []
    try:
        for number in range(0, RECORDS, A_PAGE * PARTITIONS):
            if number == RECORDS // 2:
                broker.kill()
                under_way.append(asyncio.create_task(_come_back(broker)))
            under_way += [
                await _send(producer, topic, partition, number + partition) for partition in range(PARTITIONS)
            ]
        async with asyncio.timeout(SENT_SECONDS):
            await asyncio.gather(*under_way)
    finally:
        await producer.stop()


async def _send(producer: AIOKafkaProducer, topic: str, partition: int, first: int) -> asyncio.Future[object]:
    batch = producer.create_batch()
    for number in range(first, first + A_PAGE * PARTITIONS, PARTITIONS):
        batch.append(key=None, value=str(number).encode(), timestamp=None)
    while True:
        try:
            future: asyncio.Future[object] = await producer.send_batch(batch, topic, partition=partition)
        except KafkaTimeoutError:
            continue  # its buffer was full for ten seconds, and it has not taken this batch
        return future


async def _come_back(broker: Server) -> None:
    broker.start()  # from the main thread: the kernel ends a server with the thread that started it
    await asyncio.to_thread(broker.wait_until_ready)


async def _records(apache: Kafka, topic: str) -> dict[int, list[int]]:
    """Read the whole topic."""
    consumer = AIOKafkaConsumer(bootstrap_servers=apache.address, auto_offset_reset="earliest")
    await consumer.start()
    try:
        parts = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
        consumer.assign(parts)
        ends = await consumer.end_offsets(parts)
        found: dict[int, list[int]] = {partition: [] for partition in range(PARTITIONS)}
        while sum(len(numbers) for numbers in found.values()) < sum(ends.values()):
            for part, records in (await consumer.getmany(timeout_ms=500)).items():
                found[part.partition] += [int(record.value) for record in records]
        return found
    finally:
        await consumer.stop()
