"""Kafka: how this platform connects, produces and subscribes. The traps it avoids stand in the decisions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaAckableMessage

from missionare.kit.connecting import whole
from missionare.kit.kafka_access import options_of, security_of
from missionare.kit.logs import log
from missionare.kit.settings import Settings

BATCH_RECORDS = 200
BATCH_TIMEOUT_MS = 10
FETCH_WAIT_MS = 50
MAX_BATCH_BYTES = 262_144
"""The default of 16 KiB holds 18 facts."""
REQUEST_MS = 40_000
REBALANCE_MS = 30_000
DRAIN_SECONDS = 20.0
JOIN_SECONDS = 2.0

Records = Sequence[Any]


async def connect_producer(settings: Settings) -> AIOKafkaProducer:
    """Give a started producer that waits for all replicas.

    Raises:
        KafkaConnectionError: no broker answers.
    """
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.brokers,
        acks="all",
        enable_idempotence=settings.kafka_idempotence,
        compression_type="lz4",
        max_batch_size=MAX_BATCH_BYTES,
        request_timeout_ms=10_000,
        **options_of(settings),
    )
    try:
        await whole(producer.start())
    except BaseException:
        await producer.stop()
        raise
    return producer


async def end_producer(producer: AIOKafkaProducer, within: float) -> None:
    """Stop a producer. What it could not send within so many seconds is given up; afterwards it holds nothing."""
    try:
        await asyncio.wait_for(producer.stop(), within)
    except (KafkaError, OSError, TimeoutError) as error:
        log.warning("the producer did not stop in order", error=type(error).__name__)
        # aiokafka waits for everything to be sent before it lets go of anything, and without a broker that has no end.
        await producer._sender.close()  # noqa: SLF001 - as above
        producer._message_accumulator.fail_all(KafkaConnectionError())  # noqa: SLF001 - as above
        await producer.client.close()


class Drain(ConsumerRebalanceListener):  # type: ignore[misc]
    """Lets the running batch end before its partitions go to somebody else; the guard covers what takes longer."""

    def __init__(self) -> None:
        """Start idle and without partitions."""
        self.busy = asyncio.Lock()
        self.assigned = asyncio.Event()
        self.partitions: set[TopicPartition] = set()

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Wait for the running batch, at most 20 seconds."""
        self.partitions -= set(revoked)
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                async with self.busy:
                    return
        except TimeoutError:
            log.warning("a batch still runs while its partitions move on", seconds=DRAIN_SECONDS)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Note that this member takes part."""
        self.partitions = set(assigned)
        self.assigned.set()


class Subscription:
    """One consumer group member that hands whole batches to a function and commits when it returns.

    If the function raises, every partition of the batch is rewound and comes again.
    """

    def __init__(self, settings: Settings, group: str, topics: Sequence[str]) -> None:
        """Prepare; nothing is connected yet."""
        self.drain = Drain()
        self.group = group
        self._broker = KafkaBroker(
            settings.brokers,  # as a list: FastStream takes a text with commas for one address
            request_timeout_ms=REQUEST_MS,
            allow_auto_create_topics=False,
            consumer_only=True,  # the relay sends; a second producer and an admin client would only hold connections
            graceful_timeout=DRAIN_SECONDS,
            logger=None,
            security=security_of(settings),
        )
        self._subscriber = self._broker.subscriber(
            *topics,
            batch=True,
            group_id=group,
            max_records=BATCH_RECORDS,
            batch_timeout_ms=BATCH_TIMEOUT_MS,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.NACK_ON_ERROR,
            session_timeout_ms=int(settings.kafka_session_seconds * 1_000),
            heartbeat_interval_ms=int(settings.kafka_heartbeat_seconds * 1_000),
            rebalance_timeout_ms=REBALANCE_MS,
            listener=self.drain,
            parser=self._tolerant,
            decoder=_raw,
        )

    def deliver_to(self, receive: Callable[[Records], Awaitable[None]]) -> None:
        """Name the function that gets the records of a batch; called once, before `start`."""

        async def receive_batch(message: Any) -> None:
            async with self.drain.busy:
                await receive(message)

        self._subscriber(receive_batch)

    async def start(self) -> None:
        """Connect, join the group and begin to consume; a start that fails or is cancelled leaves nothing open.

        Raises:
            KafkaConnectionError: no broker answers.
        """
        try:
            await whole(self._broker.start())
        except BaseException:
            await self._let_go()
            raise

    async def stop(self) -> None:
        """Finish the running batch, commit, leave the group."""
        await self._broker.stop()

    async def _let_go(self) -> None:
        """Close what a start has opened, without waiting for a group that is still being joined."""
        try:
            await asyncio.wait_for(self._broker.stop(), JOIN_SECONDS)
        except TimeoutError:
            # aiokafka waits until the group has taken it in, whatever the group waits for, and closes nothing before.
            await self.client._fetcher.close()  # noqa: SLF001 - as above
            await self.client._client.close()  # noqa: SLF001 - as above

    @property
    def client(self) -> Any:
        """Give aiokafka's consumer, for its positions; None before start."""
        return self._subscriber.consumer

    async def _tolerant(self, records: Records) -> KafkaAckableMessage:
        """Pass on raw records: the default parser dies on a null header, and the record would be skipped."""
        return KafkaAckableMessage(
            body=b"",
            headers={},
            raw_message=tuple(records),
            consumer=self._subscriber.consumer,
        )


async def _raw(message: KafkaAckableMessage) -> Any:
    return message.raw_message
