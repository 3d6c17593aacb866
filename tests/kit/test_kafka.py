"""The connection to the broker: what is given up when it is away holds nothing any more."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiokafka.errors import KafkaError
from support.brokers import bundled_broker

from missionare.kit import topics
from missionare.kit.kafka import connect_producer, end_producer
from missionare.kit.settings import Settings
from missionare.kit.testing import settings_for
from missionare.kit.topics import TopicSpec

pytestmark = pytest.mark.broker


async def test_a_producer_whose_broker_is_gone_lets_go_of_everything(tmp_path: Path) -> None:
    with bundled_broker(tmp_path) as broker:
        await topics.provision(broker.address, [TopicSpec.owned_by("members", replicas=1)])
        settings = settings_for("members", "mongodb://127.0.0.1/nothing", tmp_path, kind=Settings).model_copy(
            update={"kafka_bootstrap_servers": broker.address, "kafka_idempotence": False}
        )
        producer = await connect_producer(settings)
        await producer.send_and_wait("members.events", b"{}", partition=0)
        broker.kill()
        pending = await producer.send("members.events", b"{}", partition=0)

        await end_producer(producer, within=0.2)

    with pytest.raises(KafkaError):
        await pending
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
