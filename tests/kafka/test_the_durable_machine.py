"""`missionare up --broker apache`: what was acknowledged outlives every process, the broker's included."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from support import consequences
from support.brokers import provide_or_skip
from support.consequences import assert_consequences
from support.platforms import EVERYBODY, SERVICES, assert_gone, processes_of
from support.travel import prepared, travel

from missionare.cli.demo.world import World
from missionare.cli.options import BrokerChoice
from missionare.cli.running import Running
from missionare.kit.topics import PARTITIONS, topic_of

COMPLETED = "answer"
WORKERS = SERVICES

pytestmark = pytest.mark.apache


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, World]]:
    """A platform on Apache Kafka, as for real use but for its clock."""
    provide_or_skip()
    data = tmp_path_factory.mktemp("durable")
    with Running.start(data, temporary=True, broker=BrokerChoice.APACHE) as platform:
        with prepared(platform) as world:
            yield platform, world
        everybody = processes_of(platform)
    assert_gone(everybody)


def test_the_broker_is_apache_kafka_and_keeps_its_log_in_the_data_folder(lived_in: tuple[Running, World]) -> None:
    platform, _ = lived_in
    assert set(platform.names) == set(EVERYBODY)
    assert "Kafka Server started" in platform.log("broker")
    kept = {path.name for path in (platform.folder.root / "kafka" / "log").iterdir()}
    assert {f"{topic_of(service)}-{PARTITIONS - 1}" for service in SERVICES} <= kept


def test_a_broker_that_dies_comes_back_with_its_log_and_stops_no_worker(lived_in: tuple[Running, World]) -> None:
    platform, world = lived_in
    workers = {name: platform.pid(name) for name in WORKERS}

    trip = travel(world, lambda step: platform.kill("broker") if step == "complete" else None)

    platform.wait_until_ready()
    assert platform.entry("broker")["restarts"] == 1
    assert {name: platform.pid(name) for name in WORKERS} == workers
    with consequences.opened(platform) as books:
        assert_consequences(books, world, trip)
        facts = sum(books.of[service]["facts"].count_documents({}) for service in SERVICES)
    # The relay may have sent some of them a second time.
    assert _records(platform.kafka) >= facts


def test_when_every_process_of_the_machine_dies_at_once_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    provide_or_skip()
    with (
        Running.start(tmp_path, temporary=True, broker=BrokerChoice.APACHE) as platform,
        prepared(platform) as world,
    ):
        everybody, port = processes_of(platform), platform.state["ports"]["gateway"]
        # Completed in this very moment: whatever follows from it has yet to happen.
        trip = travel(world, until=COMPLETED)
        for process in everybody:
            with suppress(ProcessLookupError):  # whoever is tied to one of those before may be gone already
                os.kill(process.pid, signal.SIGKILL)
        assert_gone(everybody)

        with Running.start(tmp_path, port=port, temporary=True, broker=BrokerChoice.APACHE) as again:
            assert again.url == world.gateway
            with consequences.opened(again) as books:
                assert_consequences(books, world, trip, answered=False)
                facts = sum(books.of[service]["facts"].count_documents({}) for service in SERVICES)
            assert _records(again.kafka) >= facts, "the log of before was not continued"
            everybody = processes_of(again)
        assert_gone(everybody)


def _records(address: str) -> int:
    """How many records the topics of all services hold."""

    async def counted() -> int:
        consumer = AIOKafkaConsumer(bootstrap_servers=address)
        await consumer.start()
        try:
            parts = [TopicPartition(topic_of(service), n) for service in SERVICES for n in range(PARTITIONS)]
            return sum((await consumer.end_offsets(parts)).values())
        finally:
            await consumer.stop()

    return asyncio.run(counted())
