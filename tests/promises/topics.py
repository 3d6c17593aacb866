"""The real topics of a platform, read and written past every relay, and how far its services have come with them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from promises.stage import Stage
from support.platforms import SERVICES

from missionare.kit.topics import PARTITIONS, topic_of

LARGEST = 8 * 1024**2
AHEAD = 500
"""How many records are on their way to the broker at once."""
POLL_MS = 500
LOOK_SECONDS = 0.2

Headers = Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True)
class Record:
    """A record as it stands, or shall stand, in a topic."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    offset: int = -1

    @property
    def position(self) -> str:
        """Say where it stands."""
        return f"{self.topic}-{self.partition}-{self.offset}"


class Topics:
    """The topics of all services."""

    def __init__(self, stage: Stage, producer: AIOKafkaProducer, admin: AIOKafkaAdminClient) -> None:
        """Use `opened`."""
        self._stage = stage
        self._producer = producer
        self._admin = admin
        self._partitions = [TopicPartition(topic_of(name), n) for name in SERVICES for n in range(PARTITIONS)]

    async def everything(self) -> list[Record]:
        """Read all there is, each partition in its order."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self._stage.platform.kafka, enable_auto_commit=False)
        await consumer.start()
        try:
            consumer.assign(self._partitions)
            await consumer.seek_to_beginning()
            wanted = sum((await consumer.end_offsets(self._partitions)).values())
            found: list[Record] = []
            while len(found) < wanted:
                for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                    found.extend(_kept(record) for record in records)
        finally:
            await consumer.stop()
        return found

    async def send(self, records: Iterable[Record]) -> list[Record]:
        """Add records to their partitions in this order; each comes back with the place it got."""
        sent: list[Record] = []
        waiting: list[tuple[Record, Any]] = []

        async def settle() -> None:
            for record, future in waiting:
                sent.append(replace(record, offset=(await future).offset))
            waiting.clear()

        for record in records:
            future = await self._producer.send(
                record.topic, record.value, record.key, partition=record.partition, headers=list(record.headers)
            )
            waiting.append((record, future))
            if len(waiting) == AHEAD:
                await settle()
        await settle()
        return sent

    async def finished(self, within: float) -> bool:
        """Wait until every service has finished everything that is there; False where it has not in time."""
        deadline = time.monotonic() + within
        while await self._behind():
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(LOOK_SECONDS)
        return True

    async def _behind(self) -> int:
        """Count the records that a group has not finished, over all services."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self._stage.platform.kafka, enable_auto_commit=False)
        await consumer.start()
        try:
            ends = await consumer.end_offsets(self._partitions)
        finally:
            await consumer.stop()
        behind = 0
        for service in SERVICES:
            group = f"{service}-{self._stage.platform.folder.incarnation}"
            committed = await self._admin.list_consumer_group_offsets(group, partitions=self._partitions)
            behind += sum(
                max(0, ends[tp] - max(0, committed[tp].offset)) for tp in self._partitions if _reads(committed, tp)
            )
        return behind


@asynccontextmanager
async def opened(stage: Stage) -> AsyncIterator[Topics]:
    """Connect to the broker of a platform."""
    producer = AIOKafkaProducer(
        bootstrap_servers=stage.platform.kafka, acks="all", enable_idempotence=False, max_request_size=LARGEST
    )
    admin = AIOKafkaAdminClient(bootstrap_servers=stage.platform.kafka)
    await producer.start()
    await admin.start()
    try:
        yield Topics(stage, producer, admin)
    finally:
        await producer.stop()
        await admin.close()


def _reads(committed: Any, partition: TopicPartition) -> bool:
    return partition in committed and committed[partition].offset is not None


def _kept(record: Any) -> Record:
    return Record(record.topic, record.partition, record.key, record.value, tuple(record.headers), record.offset)
