"""A service's real worker on the real broker, and its neighbours' topics."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from every_service.hearing import Hearing, Story
from every_service.neighbours import Record
from every_service.tree import SERVICES
from support.brokers import ON_A_TEST_BROKER
from support.waiting import eventually

from missionare.kit import topics
from missionare.kit.envelope import MAX_BYTES
from missionare.kit.topics import PARTITIONS, TopicSpec, topic_of
from missionare.kit.worker import Worker

ALL_TOPICS = topics.of(SERVICES, replicas=1)


class OnTheTopic:
    """One service's worker; it is started and stopped at will, and what it failed with is kept in `hearing`."""

    def __init__(self, hearing: Hearing, kafka: str) -> None:
        self.hearing = hearing
        self._kafka = kafka
        self._producer = AIOKafkaProducer(
            bootstrap_servers=kafka, acks="all", compression_type="lz4", max_request_size=4 * MAX_BYTES
        )
        self._incarnation = ""
        self.worker: Worker | None = None

    @property
    def sources(self) -> list[str]:
        """The services whose topics are read."""
        return sorted({source for table in self.hearing.handlers for source in table.sources})

    async def open(self) -> None:
        """Provide topics and a group that begins at their present ends."""
        await topics.provision(self._kafka, ALL_TOPICS)
        await self._producer.start()
        await self._begin_at_the_ends()

    async def close(self) -> None:
        """Stop whatever runs, and leave empty topics: other tests read the same broker from its beginning."""
        await self.stop()
        await self._producer.stop()
        async with topics._admin(self._kafka) as admin:
            await topics._delete(admin, [spec.name for spec in ALL_TOPICS])
        await topics.provision(self._kafka, ALL_TOPICS)

    async def start(self, *, ready: bool = True) -> None:
        """Start a worker, and wait until facts come to it."""
        settings = self.hearing.service.settings.model_copy(
            update={
                **ON_A_TEST_BROKER,
                "kafka_bootstrap_servers": self._kafka,
                "kafka_incarnation": self._incarnation,
                "reconcile_seconds": 1,
            }
        )
        worker = self.worker = self.hearing.another_worker(settings)
        await worker.start()
        if ready:
            await eventually(lambda: not worker.problems())

    async def stop(self) -> None:
        """Stop the worker as its process would."""
        worker, self.worker = self.worker, None
        if worker is not None:
            await worker.stop()

    async def send(self, records: Sequence[Record]) -> list[Record]:
        """Put records on the topic, and give them with the offsets they got."""
        sent = [
            await self._producer.send(
                record.topic, record.value, key=record.key, partition=record.partition, headers=list(record.headers)
            )
            for record in records
        ]
        return [record.but(offset=(await place).offset) for record, place in zip(records, sent, strict=True)]

    async def deliver(self, story: Story) -> None:
        """Send a story and wait until all of it has taken effect."""
        await self.send(story.records())
        await self.arrived(story)

    async def arrived(self, story: Story) -> None:
        """Wait until a story has taken effect: each fact once, in order."""
        hearing = self.hearing

        async def there() -> bool:
            return await hearing.positions(story) == hearing.heads(story) and await hearing.waiting(story) == {}

        await eventually(there)
        assert await hearing.effects(story) == hearing.owed(story)

    async def recreate(self, *, partitions: int = PARTITIONS) -> None:
        """Delete the topics that are read, and create them anew: whatever they held is lost."""
        specs = [replace(TopicSpec.owned_by(source, replicas=1), partitions=partitions) for source in self.sources]
        async with topics._admin(self._kafka) as admin:
            await topics._delete(admin, [spec.name for spec in specs])
        await topics.provision(self._kafka, specs)
        self._incarnation = uuid.uuid4().hex

    async def _begin_at_the_ends(self) -> None:
        """Take a new group that has nothing to do with what other tests have left on the topics."""
        self._incarnation = uuid.uuid4().hex
        partitions = [TopicPartition(topic_of(source), n) for source in self.sources for n in range(PARTITIONS)]
        group = f"{self.hearing.service.name}-{self._incarnation}"
        consumer = AIOKafkaConsumer(bootstrap_servers=self._kafka, group_id=group, enable_auto_commit=False)
        await consumer.start()
        try:
            consumer.assign(partitions)
            await consumer.commit(await consumer.end_offsets(partitions))
        finally:
            await consumer.stop()
