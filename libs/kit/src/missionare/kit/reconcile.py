"""Reconciliation: reads the owners' feeds of confirmations and applies what the topic did not bring.

The cursor is kept in the consumer's own database and moves only after a page is durably dealt with. Whatever
was lost on the way (a broker, a topic, an offset) repairs itself, and the count of repaired facts stays 0
where nothing was lost.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from pymongo.errors import PyMongoError

from missionare.kit import metrics
from missionare.kit.applying import YOUNG, Via
from missionare.kit.consumer import Consumer
from missionare.kit.envelope import Envelope, from_row, link
from missionare.kit.guard import Stream, in_order
from missionare.kit.lease import Lease
from missionare.kit.ledger import Confirmation, Feed, Position
from missionare.kit.logs import log
from missionare.kit.mongo import Database, Document
from missionare.kit.peers import PeerRefused, PeerUnavailable
from missionare.kit.together import to_the_end

SETTLE = timedelta(seconds=120)
"""So long after an owner's restore every aggregate is compared once more: facts of the era before were under way."""
TURN_SECONDS = 0.2


class ImpossibleCursor(Exception):
    """The owner does not know where we are, without a higher era: it was set back by hand and cannot be repaired."""


class Reconciliation:
    """Sweeps all owners of one consumer."""

    def __init__(self, database: Database, consumer: Consumer) -> None:
        """Bind to a consumer; the cursors stand beside its streams."""
        self._cursors = database["cursors"]
        self._streams = database["streams"]
        self._lease = Lease(database, f"reconcile:{consumer.name}")
        self._consumer = consumer
        self.read = 0
        """Facts of the feeds that this consumer reads, in all sweeps of this object."""
        self.brought = 0
        """Of those, facts that the guard had not seen."""

    async def sweep(self, via: Via, *, wait: bool = False) -> bool:
        """Read every owner's feed on from the cursor; False where an owner could not be asked.

        In steady running a young confirmation is left to the topic: the sweep stops there and never skips it.

        Only one worker sweeps at a time; to the others it counts as done, unless they wait for their turn. At start it
        does not: whoever holds the lease may be dead.
        """
        try:
            while await self._lease.take() is None:
                if not wait:
                    return via is not Via.START
                await asyncio.sleep(TURN_SECONDS)
            outcomes = [await self._sweep_owner(source, via) for source in sorted(self._consumer.handlers.sources)]
            return all(outcomes)
        finally:  # also when cancelled while taking it
            await self._lease.release()

    async def _sweep_owner(self, source: str, via: Via) -> bool:
        try:
            await self._read_on(source, via)
        except (PeerUnavailable, PeerRefused) as error:
            log.warning("an owner could not be asked", source=source, error=type(error).__name__)
            return False
        except ImpossibleCursor as error:
            log.error("an owner was set back by hand", source=source, error=type(error).__name__)
            metrics.owners_set_back.labels(self._consumer.name, source).inc()
        return True

    async def _read_on(self, source: str, via: Via) -> None:
        """Read page after page. While one is dealt with the next is on its way, and is dealt with after it."""
        owner = self._consumer.owners[source]
        cursor = await self._cursors.find_one({"_id": self._id(source)}) or {"after": "0,0", "era": 0}
        after = Position.parse(cursor["after"])
        feed = await owner.confirmed(after)
        while True:
            self._consumer.eras[source] = max(self._consumer.eras[source], feed.era, cursor["era"])
            if feed.head < after and feed.era <= cursor["era"]:
                raise ImpossibleCursor(source)
            compare_again_at = await self._compared(source, cursor, feed)
            taken = _old_enough(feed, via)
            after = taken[-1].position if taken else after
            cursor = {
                "after": str(after),
                "era": feed.era,
                "head": str(feed.head),
                "compare_again_at": compare_again_at,
            }
            dealing = self._deal(source, taken, via, cursor)
            if not taken or after >= feed.head or len(taken) < len(feed.confirmations):
                await dealing
                return
            _, feed, _ = await to_the_end([dealing, owner.confirmed(after), self._lease.take()])

    async def _deal(self, source: str, taken: list[Confirmation], via: Via, cursor: Document) -> None:
        """Deal with a page, and only then move the cursor past it."""
        await self._apply(source, taken, via)
        await self._cursors.update_one({"_id": self._id(source)}, {"$set": cursor}, upsert=True)

    async def _apply(self, source: str, taken: list[Confirmation], via: Via) -> None:
        facts = [from_row(row, source) for batch in taken for row in batch.facts]
        read = self._consumer.handlers.aggregates
        wanted = [fact for fact in facts if (fact.source, fact.aggregate) in read]
        streams, fresh = await self._unseen(wanted)
        self.read += len(wanted)
        self.brought += len(fresh)
        if fresh:
            log.info("facts come by the feed", source=source, count=len(fresh), consumer=self._consumer.name)
            await self._consumer.batch(fresh, via, streams)

    async def _unseen(self, facts: list[Envelope]) -> tuple[dict[str, Stream], list[Envelope]]:
        """Give the streams of these facts as they are now, and what is not applied yet, in order."""
        guard = self._consumer.guard
        streams = await guard.read([guard.id_of(fact) for fact in facts])
        fresh = [fact for fact in facts if fact.order > link(streams[guard.id_of(fact)].seen)]
        return streams, in_order(fresh)

    async def _compared(self, source: str, cursor: Document, feed: Feed) -> datetime | None:
        """Compare with an owner that was restored, at once and when that has settled; give when to do it again."""
        again_at: datetime | None = cursor.get("compare_again_at")
        restored = bool(cursor["era"]) and feed.era > cursor["era"]
        settled = again_at is not None and feed.server_time >= again_at
        if restored or settled:
            await self._compare_all(source)
        if restored:
            return feed.server_time + SETTLE
        return None if settled else again_at

    async def _compare_all(self, source: str) -> None:
        """After a restore of the owner: ask about every aggregate, since any may have gone another way."""
        prefix = f"{self._consumer.name}|{source}|"
        log.warning("an owner was restored, every aggregate is compared", source=source)
        ids = {"_id": {"$gte": prefix, "$lt": prefix + "\uffff"}}
        async for row in self._streams.find(ids, {"_id": 1}):
            await self._consumer.repair(row["_id"])

    def _id(self, source: str) -> str:
        return f"{self._consumer.name}|{source}"


async def reconcile_forever(reconciliation: Reconciliation, consumer: Consumer, *, every_seconds: float) -> None:
    """Sweep at start until every owner has answered, then again and again."""
    pause = 0.2
    while not consumer.caught_up.is_set():
        try:
            complete = await reconciliation.sweep(Via.START)
            consumer.asked.set()
            if complete:
                consumer.caught_up.set()
                break
        except PyMongoError as error:
            log.warning("the database is away", error=type(error).__name__, consumer=consumer.name)
        await asyncio.sleep(pause)
        pause = min(5.0, pause * 1.5)
    while True:
        await asyncio.sleep(every_seconds)
        try:
            await sweep_unless_late(reconciliation, consumer)
        except PyMongoError as error:
            log.warning("the database is away", error=type(error).__name__, consumer=consumer.name)


async def sweep_unless_late(reconciliation: Reconciliation, consumer: Consumer) -> bool:
    """Sweep, and give whether every owner has answered; not while the topic is late.

    Whoever has much to do would else get it twice, by the topic and by the feed, and have still more to do.
    """
    if consumer.late:
        log.info("a sweep is left out, for the topic is late", consumer=consumer.name)
        return False
    return await reconciliation.sweep(Via.FEED)


async def repaired(database: Database, consumer: str) -> int:
    """Count the facts that a consumer had to fetch from their owners because the topic did not bring them."""
    row = await database["counters"].find_one({"_id": f"{consumer}:repaired"})
    return int(row["n"]) if row else 0


def _old_enough(feed: Feed, via: Via) -> list[Confirmation]:
    if via is Via.START:
        return feed.confirmations
    limit: datetime = feed.server_time - YOUNG
    taken: list[Confirmation] = []
    for confirmation in feed.confirmations:
        if confirmation.at > limit:
            break
        taken.append(confirmation)
    return taken
