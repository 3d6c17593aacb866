"""The relay: from the outbox to the broker, at least once, in order per key.

One relay per service works under a lease, the others stand by. A page of pending facts is sent partition by
partition; then one transaction records the confirmation and deletes exactly the acknowledged outbox rows. What
was not acknowledged is sent again; a late send of a relay that was paused is a duplicate, which consumers drop.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, Protocol

from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner
from pymongo import ReturnDocument
from pymongo.errors import PyMongoError

from missionare.kit import metrics
from missionare.kit.bells import Bells
from missionare.kit.crash import crash_point
from missionare.kit.envelope import headers
from missionare.kit.kafka import end_producer
from missionare.kit.lease import LEASE_SECONDS, Held, Lease
from missionare.kit.ledger import OUTBOX, RELAY
from missionare.kit.logs import log
from missionare.kit.mongo import Database, Document, Session
from missionare.kit.outlets import Outlet

PAGE = 2_000
SCAN = 20_000
"""How far the relay looks past rows of partitions that fail, so that these do not hold up the others."""
PAGE_BYTES = 8 * 1024 * 1024
STRIDE = 100
"""Facts taken from the driver at a time: one by one, each costs as much as the sending of it."""
KEYS = 16_384
"""Keys whose partition is remembered; to compute it is a tenth of what the relay does for a fact."""
SEND_SECONDS = 10
"""Below the lease, so that a relay never sends on without knowing whether it still holds it."""
RENEW_SECONDS = LEASE_SECONDS / 3
LOOK_SECONDS = 1.0
"""The outbox is looked at so often even if nothing rings."""

_partitioner = DefaultPartitioner()


@lru_cache(maxsize=KEYS)
def _partition_of(key: str, partitions: int) -> int:
    numbers = list(range(partitions))
    return int(_partitioner(key.encode(), numbers, numbers))


class Producer(Protocol):
    """The part of aiokafka's producer that the relay uses."""

    def create_batch(self) -> Any:
        """Give an empty batch."""

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> Any:
        """Hand a batch over; the future ends when the broker has it."""

    async def stop(self) -> None:
        """Flush and disconnect."""


class Deposed(Exception):
    """Another relay has taken over, or the outbox is not as it was read. Everything is read again."""


class Relay:
    """Sends what is pending, in order per key, as long as it holds the lease."""

    def __init__(
        self,
        database: Database,
        *,
        source: str,
        topic: str,
        partitions: int,
        connect: Callable[[], Any],
        bells: Bells,
        outlet: Outlet | None = None,
    ) -> None:
        """Prepare; `connect` gives a started producer, anew after each fatal error.

        Without an outlet it is the service's facts that are sent, and every batch is noted as confirmed.
        """
        self._database = database
        self._topic = topic
        self._partitions = partitions
        self._connect = connect
        self._producer: Producer | None = None
        self._notes = outlet is None
        self._outbox, self._rows = (outlet.outbox, outlet.rows) if outlet else (OUTBOX, "facts")
        self._bell = bells.of(self._outbox)
        self._record = outlet.record if outlet else partial(_fact, source)
        self._lease = Lease(database, outlet.duty if outlet else RELAY)
        self._failing: set[int] = set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set, then release the lease."""
        failures = 0
        while not stopping.is_set():
            try:
                await self._turn(stopping)
                failures = 0
            except (Deposed, PyMongoError, KafkaError, OSError, TimeoutError) as error:
                failures += 1
                log.warning("relay starts over", error=type(error).__name__, attempt=failures)
                await self._disconnect()
                await _pause(stopping, random.uniform(0, min(5.0, 0.1 * 2**failures)))  # noqa: S311 - jitter
        await self._disconnect()
        try:
            await self._lease.release()
        except PyMongoError as error:
            log.warning("the lease was not released, it ends by itself", error=type(error).__name__)

    async def _turn(self, stopping: asyncio.Event) -> None:
        """Hold the lease and send page after page; return when it is held by somebody else or at the end."""
        held = await self._lease.take()
        if held is None:
            await _pause(stopping, 1.0)
            return
        if self._producer is None:
            self._producer = await asyncio.wait_for(self._connect(), SEND_SECONDS)
        renewed = asyncio.get_running_loop().time()
        while not stopping.is_set():
            if asyncio.get_running_loop().time() - renewed > RENEW_SECONDS:
                held = await self._lease.take()
                if held is None:
                    raise Deposed
                renewed = asyncio.get_running_loop().time()
            self._bell.answer()
            page = await self._page()
            if not page:
                await self._bell.wait(LOOK_SECONDS)
                continue
            await self.send(held, page)

    async def send(self, held: Held, page: Sequence[Document]) -> None:
        """Send one page and confirm what the broker has acknowledged.

        Raises:
            Deposed: the lease changed hands since it was read; nothing is confirmed then.
        """
        crash_point("relay.read_before_publish")
        groups: dict[int, list[Document]] = {}
        for row in page:
            groups.setdefault(self._partition(row["key"]), []).append(row)
        outcomes = await asyncio.gather(*(self._send_partition(*group) for group in groups.items()))
        acknowledged = sorted(fact_id for ids in outcomes for fact_id in ids)
        crash_point("relay.published_before_confirm")
        if acknowledged:
            await self._confirm(held, acknowledged)
            metrics.relay_published.inc(len(acknowledged))
        if len(acknowledged) < len(page):
            metrics.relay_failed.inc(len(page) - len(acknowledged))
            raise KafkaError(f"{len(page) - len(acknowledged)} facts were not acknowledged")

    def _partition(self, key: str) -> int:
        return _partition_of(key, self._partitions)

    async def _page(self) -> list[Document]:
        """Read what is pending, in order; of a partition that failed only the head."""
        keys: dict[str, str] = {}
        tried: set[int] = set()
        cursor = self._database[self._outbox].find({}, sort=[("_id", 1)], limit=SCAN if self._failing else PAGE)
        for row in await cursor.to_list(None):
            partition = self._partition(row["key"]) if self._failing else -1
            if partition in self._failing:
                if partition in tried:
                    continue
                tried.add(partition)
            keys[row["_id"]] = row["key"]
            if len(keys) == PAGE:
                break
        return await self._facts(keys) if keys else []

    async def _facts(self, keys: Mapping[str, str]) -> list[Document]:
        """Read facts until the page's size is reached. One that is not visible yet is left for the next page."""
        page: list[Document] = []
        size = 0
        cursor = self._database[self._rows].find({"_id": {"$in": list(keys)}}, sort=[("_id", 1)])
        while some := await cursor.to_list(STRIDE):
            for row in some:
                row["key"] = keys[row["_id"]]
                size += len(row.get("value", ""))
                if page and size > PAGE_BYTES:
                    await cursor.close()
                    return page
                page.append(row)
        return page

    async def _send_partition(self, partition: int, rows: Sequence[Document]) -> list[str]:
        """Send one partition's facts in order; after the first batch that fails, the later ones count as failed."""
        sent: list[tuple[Any, list[str]]] = []
        acknowledged: list[str] = []
        producer = self._producer
        if producer is None:
            raise Deposed
        try:
            async with asyncio.timeout(SEND_SECONDS):
                for batch, ids in self._batches(producer, rows):
                    sent.append((await producer.send_batch(batch, self._topic, partition=partition), ids))
                for future, ids in sent:
                    await future
                    acknowledged.extend(ids)
        except (KafkaError, TimeoutError, OSError) as error:
            log.warning("a partition did not take its facts", partition=partition, error=type(error).__name__)
            for future, _ in sent:
                # Nobody waits for the later batches any more; their outcome must not be reported as unhandled.
                future.add_done_callback(lambda done: done.cancelled() or done.exception())
        if acknowledged:
            self._failing.discard(partition)
        else:
            self._failing.add(partition)
        return acknowledged

    def _batches(self, producer: Producer, rows: Sequence[Document]) -> list[tuple[Any, list[str]]]:
        batches: list[tuple[Any, list[str]]] = []
        for row in rows:
            record = {
                "key": row["key"].encode(),
                "timestamp": int(row["time"].timestamp() * 1_000),
                **self._record(row),
            }
            if not batches or batches[-1][0].append(**record) is None:
                batches.append((producer.create_batch(), []))
                batches[-1][0].append(**record)
            batches[-1][1].append(row["_id"])
        return batches

    async def _confirm(self, held: Held, ids: list[str]) -> None:
        async def steps(session: Session) -> None:
            # Updating the lease's row, not only reading it, is what makes a take-over conflict with this.
            unchanged = {"_id": self._lease.duty, "owner": held.owner, "term": held.term, "era": held.era}
            row = await self._database["leases"].find_one_and_update(
                unchanged,
                [{"$set": {"n": {"$add": ["$n", 1]}, "confirmed_at": "$$NOW"}}],
                return_document=ReturnDocument.AFTER,
                session=session,
            )
            if row is None:
                raise Deposed
            if self._notes:
                confirmation = {"_id": {"era": row["era"], "n": row["n"]}, "at": row["confirmed_at"], "facts": ids}
                await self._database["confirmations"].insert_one(confirmation, session=session)
            deleted = await self._database[self._outbox].delete_many({"_id": {"$in": ids}}, session=session)
            if deleted.deleted_count != len(ids):
                raise Deposed

        await self._database.transaction(steps)

    async def _disconnect(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await end_producer(producer, SEND_SECONDS)


def _fact(source: str, row: Document) -> dict[str, Any]:
    return {"value": row["value"].encode(), "headers": headers(row, source)}


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return
