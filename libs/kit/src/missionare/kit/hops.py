"""Hops: how long facts take from being saved at their owner to being applied here, by both servers' clocks."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from missionare.kit import metrics
from missionare.kit.envelope import Envelope
from missionare.kit.mongo import Database, Document

SAMPLES = 1_000
"""The latest hops a summary speaks of."""
COLLECTION = "hops"


@dataclass
class Hops:
    """The latest hops of one consumer, by source."""

    consumer: str
    _latest: dict[str, deque[float]] = field(default_factory=dict)
    _fresh: bool = False

    def note(self, source: str, envelopes: Iterable[Envelope]) -> None:
        """Note that facts of one source have just been applied."""
        now = datetime.now(UTC)
        observe = metrics.hop_seconds.labels(self.consumer, source).observe
        latest = self._latest.setdefault(source, deque(maxlen=SAMPLES))
        for envelope in envelopes:
            seconds = max(0.0, (now - envelope.time).total_seconds())
            observe(seconds)
            latest.append(seconds * 1_000)
        self._fresh = True

    async def keep(self, database: Database) -> None:
        """Store the summary where the api role reads it, if anything was noted since the last time."""
        if not self._fresh:
            return
        self._fresh = False
        # A copy: the first fact of another source may be applied while a summary is being stored.
        for source, latest in list(self._latest.items()):
            summary = {
                "source": source,
                "consumer": self.consumer,
                "facts": len(latest),
                "p50_ms": round(statistics.median(latest), 1),
                "max_ms": round(max(latest), 1),
                "at": datetime.now(UTC),
            }
            row_id = f"{source}>{self.consumer}"
            await database[COLLECTION].update_one({"_id": row_id}, {"$set": summary}, upsert=True)


async def latest(database: Database) -> list[Document]:
    """Give the last summary of each hop."""
    return list(await database[COLLECTION].find({}, sort=[("_id", 1)], limit=100).to_list(None))
