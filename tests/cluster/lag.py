"""The last question at rest: has every group told the brokers that it has finished everything in its topics?"""

from __future__ import annotations

import asyncio
import time

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from cluster.cluster import Cluster
from support.platforms import SERVICES

from missionare.kit.topics import PARTITIONS, topic_of

WITHIN_SECONDS = 20.0
"""Offsets are committed after the work they stand for."""


async def behind(cluster: Cluster) -> list[str]:
    """Name the groups that have not finished; empty when all have."""
    admin = AIOKafkaAdminClient(bootstrap_servers=cluster.kafka.address)
    consumer = AIOKafkaConsumer(bootstrap_servers=cluster.kafka.address, enable_auto_commit=False)
    await admin.start()
    await consumer.start()
    try:
        deadline = time.monotonic() + WITHIN_SECONDS
        while (late := await _late(admin, consumer)) and time.monotonic() < deadline:  # noqa: ASYNC110 - another process commits them
            await asyncio.sleep(0.3)
        return late
    finally:
        await consumer.stop()
        await admin.close()


async def _late(admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer) -> list[str]:
    """Every group reads every topic, because each service keeps a tally of everything."""
    ends = await consumer.end_offsets([TopicPartition(topic_of(s), n) for s in SERVICES for n in range(PARTITIONS)])
    late = []
    for group in SERVICES:
        committed = await admin.list_consumer_group_offsets(group)
        missing = {tp: end - max(0, committed[tp].offset) if tp in committed else end for tp, end in ends.items()}
        late += [f"K8: {group} is {count} records behind on {tp}" for tp, count in missing.items() if count]
    return late
