"""Positions: how far a consumer group is behind its topics, for metrics, status and the watchdog."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from missionare.kit import metrics
from missionare.kit.mongo import Database, Document

KEEP_SECONDS = 5.0


@dataclass(frozen=True)
class PartitionLag:
    """How many records of a partition the group has not finished, and for how long there have been some."""

    topic: str
    partition: int
    lag: int
    age_seconds: float


class Positions:
    """Measures a whole group, also the partitions of members that do not answer any more."""

    def __init__(self, database: Database, group: str, topics: Sequence[str], partitions: int) -> None:
        """Name what is measured; the last measurement is kept in `positions`, where the api role reads it."""
        self._rows = database["positions"]
        self._group = group
        self._partitions = [TopicPartition(topic, number) for topic in topics for number in range(partitions)]
        self._behind_since: dict[TopicPartition, float] = {}
        self._kept: tuple[float, list[int]] = (0.0, [])

    async def measure(self, client: Any, admin: AIOKafkaAdminClient) -> list[PartitionLag]:
        """Ask the broker for ends and committed offsets, and set the gauges.

        Raises:
            KafkaError: the broker does not answer.
        """
        ends = await client.end_offsets(self._partitions)
        # Named one by one: the bundled broker's answer to "all of them" cannot be read.
        committed = await admin.list_consumer_group_offsets(self._group, partitions=self._partitions)
        lags = [self._lag(tp, ends.get(tp, 0), committed.get(tp)) for tp in self._partitions]
        for lag in lags:
            labels = (self._group, lag.topic, str(lag.partition))
            metrics.lag.labels(*labels).set(lag.lag)
            metrics.lag_age_seconds.labels(*labels).set(lag.age_seconds)
        await self._keep(lags)
        return lags

    def _lag(self, tp: TopicPartition, end: int, committed: Any) -> PartitionLag:
        offset = max(0, committed.offset) if committed is not None else 0
        behind = max(0, end - offset)
        now = time.monotonic()
        if behind:
            since = self._behind_since.setdefault(tp, now)
        else:
            since = now
            self._behind_since.pop(tp, None)
        return PartitionLag(tp.topic, tp.partition, behind, now - since)

    async def _keep(self, lags: Sequence[PartitionLag]) -> None:
        """Store a measurement where it differs from the last, or that one is getting old."""
        at, numbers = self._kept
        current = [lag.lag for lag in lags]
        if current == numbers and time.monotonic() - at < KEEP_SECONDS:
            return
        self._kept = (time.monotonic(), current)
        behind = [
            {"topic": lag.topic, "partition": lag.partition, "lag": lag.lag, "age_seconds": round(lag.age_seconds, 1)}
            for lag in lags
            if lag.lag
        ]
        row = {"at": datetime.now(UTC), "lag": sum(current), "partitions": behind}
        await self._rows.update_one({"_id": self._group}, {"$set": row}, upsert=True)


async def latest(database: Database) -> list[Document]:
    """Give the last measurement of each group, newest first."""
    return list(await database["positions"].find({}, sort=[("at", -1)], limit=10).to_list(None))
