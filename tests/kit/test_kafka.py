"""The connection to the broker: what is given up when it is away holds nothing any more."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import uvloop
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from support.brokers import bundled_broker

from missionare.kit import topics
from missionare.kit.kafka import Subscription, connect_producer, end_producer
from missionare.kit.settings import Settings
from missionare.kit.testing import settings_for
from missionare.kit.topics import TopicSpec

pytestmark = pytest.mark.broker


async def test_a_producer_whose_broker_is_gone_lets_go_of_everything(tmp_path: Path) -> None:
    with bundled_broker(tmp_path) as broker:
        await topics.provision(broker.address, [TopicSpec.owned_by("members", replicas=1)])
        settings = _settings(broker.address, tmp_path)
        producer = await connect_producer(settings)
        await producer.send_and_wait("members.events", b"{}", partition=0)
        broker.kill()
        pending = await producer.send("members.events", b"{}", partition=0)

        await end_producer(producer, within=0.2)

    with pytest.raises(KafkaError):
        await pending
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_a_client_on_uvloop_finds_its_broker_again_whenever_a_connection_breaks(tmp_path: Path) -> None:
    async def meet(address: str) -> None:
        client = AIOKafkaClient(bootstrap_servers=address)
        connect = client._get_conn

        async def broken(turns: int, *values: Any, **options: Any) -> Any:
            connection = await connect(*values, **options)
            connection._writer.transport.abort()
            for _ in range(turns):
                await asyncio.sleep(0)
            return connection

        await client.bootstrap()
        try:
            for turns in range(6):
                client._get_conn = partial(broken, turns)
                async with asyncio.timeout(10):
                    assert not await client.force_metadata_update()
                    client._get_conn = connect
                    assert await client.force_metadata_update()
        finally:
            await client.close()

    with bundled_broker(tmp_path) as broker:
        uvloop.run(meet(broker.address))


@pytest.mark.parametrize("what", ["producer", "topics"])
async def test_a_start_that_is_cancelled_at_any_moment_leaves_nothing_open(what: str, tmp_path: Path) -> None:
    with bundled_broker(tmp_path) as broker, _complaints() as complaints:
        specs = [TopicSpec.owned_by("members", replicas=1)]
        await topics.provision(broker.address, specs)
        settings = _settings(broker.address, tmp_path)
        turns = 1
        while await _cancelled_after(turns, lambda: _started(what, settings, specs)):
            turns += 1
        gc.collect()

    assert turns > 5, "a start asks the broker at least twice"
    assert [str(complaint.message) for complaint in complaints] == []
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_joining_a_group_can_be_cancelled_and_leaves_nothing_open(tmp_path: Path) -> None:
    async def receive(records: object) -> None:
        """Nothing is sent here."""

    with bundled_broker(tmp_path) as broker, _complaints() as complaints:
        await topics.provision(broker.address, [TopicSpec.owned_by("members", replicas=1)])
        subscription = Subscription(_settings(broker.address, tmp_path), "members", ["members.events"])
        subscription.deliver_to(receive)

        assert await _cancelled_after(3, subscription.start)

        del subscription
        gc.collect()

    assert [str(complaint.message) for complaint in complaints] == []
    assert asyncio.all_tasks() == {asyncio.current_task()}


@contextmanager
def _complaints() -> Iterator[list[warnings.WarningMessage]]:
    """Gather what is said of things that were left open."""
    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        yield complaints


async def _cancelled_after(turns: int, begin: Callable[[], Coroutine[Any, Any, None]]) -> bool:
    """Cancel a start after so many turns of the event loop; say whether it had not ended by then."""
    start = asyncio.ensure_future(begin())
    for _ in range(turns):
        await asyncio.sleep(0)
    start.cancel()
    await asyncio.gather(start, return_exceptions=True)
    return start.cancelled()


async def _started(what: str, settings: Settings, specs: Sequence[TopicSpec]) -> None:
    if what == "topics":
        await topics.verify(settings.kafka_bootstrap_servers, specs)
        return
    producer = await connect_producer(settings)
    await asyncio.shield(producer.stop())


def _settings(address: str, folder: Path) -> Settings:
    return settings_for("members", "mongodb://127.0.0.1/nothing", folder, kind=Settings).model_copy(
        update={"kafka_bootstrap_servers": address, "kafka_idempotence": False}
    )
