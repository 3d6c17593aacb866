"""A service's real consumers, which also note in the same transaction what took effect, and may be put into trouble."""

from __future__ import annotations

import itertools
import random
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from every_service.neighbours import UNHEARD, Neighbourhood, Record, Told, heard_by
from pymongo import UpdateOne

from missionare.kit.applying import Via
from missionare.kit.envelope import Envelope, from_row
from missionare.kit.handlers import Handler, Handlers
from missionare.kit.owners import FEED_PATH, RemoteOwner
from missionare.kit.reconcile import Reconciliation
from missionare.kit.settings import Settings
from missionare.kit.testing import FakePeers, Platform
from missionare.kit.timers import Timers
from missionare.kit.work import Work
from missionare.kit.worker import Worker

HEARD = "heard"
FIRST_OFFSET = 10**9
"""Of records that no broker carried; a real topic never gets so far, so the two are not mistaken for each other."""
Trouble = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Story:
    """Facts of a service's neighbours, in the order in which they were told."""

    facts: tuple[Told, ...]

    @property
    def streams(self) -> dict[str, list[Told]]:
        """The facts by the aggregate they belong to."""
        found: dict[str, list[Told]] = {}
        for fact in self.facts:
            found.setdefault(fact.stream, []).append(fact)
        return found

    def records(self) -> list[Record]:
        """What the neighbours' relays send of it."""
        return [fact.record() for fact in self.facts]

    def envelopes(self) -> list[Envelope]:
        """What a consumer reads in them."""
        return [from_row(fact.row, fact.source) for fact in self.facts]

    def disorder(self, chaos: random.Random) -> list[Record]:
        """Give the records in any order, some of them several times."""
        records = self.records()
        arrivals = records + chaos.choices(records, k=len(records) // 2)
        chaos.shuffle(arrivals)
        return arrivals


class Hearing:
    """One running service with its consumers' real handlers, and the neighbours it listens to."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.service = platform.service
        self.database = platform.service.database
        self.neighbours: Neighbourhood = platform.service.context.peers  # type: ignore[assignment]
        self.troubles: dict[str, Trouble] = {}
        """What happens in a handler that is given the fact of this id."""
        self.failures: list[str] = []
        """Why a worker gave up."""
        self.offsets = itertools.count(FIRST_OFFSET)
        """Places in the topic that no other record of these tests has."""
        self.handlers = [self._listening(table) for table in self.service.handlers]
        self.worker = self.another_worker(self.service.settings)

    @property
    def unheard(self) -> set[str]:
        """The facts that the neighbours keep to themselves."""
        return UNHEARD.get(self.service.name, set())

    @classmethod
    async def of(cls, platform: Platform) -> Hearing:
        """Listen with a running service."""
        hearing = cls(platform)
        await hearing.database.ensure_collections([HEARD])
        for consumer in hearing.worker.consumers:
            await consumer.parking.ensure_indexes()
        return hearing

    def another_worker(self, settings: Settings) -> Worker:
        """Give a worker of this service that is not started; a neighbour tells the service's own facts, too."""
        worker = Worker(
            self.service.context, settings, handlers=self.handlers, timers=Timers(), fail=self.failures.append
        )
        for consumer in worker.consumers:
            consumer.owners = {**consumer.owners, self.service.name: self.neighbours.owner(self.service.name)}
        return worker

    def story(self, subjects: int = 2) -> Story:
        """Let the neighbours tell one of every fact this service listens to, about new subjects each time."""
        run = uuid.uuid4().hex[:8]
        told = [
            self.neighbours.owner(source).tell(fact)
            for number in range(subjects)
            for source, fact in heard_by(self.service.name, self.handlers, f"{run}-{number}")
        ]
        return Story(tuple(told))

    async def receive(self, records: Sequence[Record], *, batches_of: int = 200) -> None:
        """Hand records to the worker as its subscription does, batch by batch."""
        for start in range(0, len(records), batches_of):
            await self.worker.receive(records[start : start + batches_of])

    async def fill_gaps(self) -> None:
        """Ask the owners about every gap that was met, as the worker's task does."""
        for consumer in self.worker.consumers:
            while not consumer.gaps.empty():
                await self.worker._repair(consumer, consumer.gaps.get_nowait())

    @contextmanager
    def owners_away(self) -> Iterator[None]:
        """Let no owner answer."""
        present = [dict(consumer.owners) for consumer in self.worker.consumers]
        for consumer in self.worker.consumers:
            consumer.owners = {source: RemoteOwner(away(source), source) for source in consumer.owners}
        try:
            yield
        finally:
            for consumer, owners in zip(self.worker.consumers, present, strict=True):
                consumer.owners = owners

    async def reconcile(self, story: Story, via: Via) -> None:
        """Let the owners confirm a story that is older than a minute, and sweep their feeds once."""
        for owner in self.neighbours.owners.values():
            owner.confirm(story.facts, ago=timedelta(minutes=2))
        for consumer in self.worker.consumers:
            assert await Reconciliation(self.database, consumer).sweep(via)

    async def effects(self, story: Story) -> dict[str, list[str]]:
        """Give what took effect, in order, by consumer and aggregate."""
        rows = await self.database[HEARD].find({"stream": {"$in": list(story.streams)}}).to_list(None)
        return {row["_id"]: row["facts"] for row in rows}

    def owed(self, story: Story) -> dict[str, list[str]]:
        """Give what has to take effect: everything that has a handler, once, in order."""
        owed: dict[str, list[str]] = {}
        for table in self.handlers:
            for fact in story.facts:
                if table.find(fact.type) is not None:
                    owed.setdefault(f"{table.consumer}|{fact.stream}", []).append(fact.id)
        return owed

    def read(self, story: Story) -> dict[str, int]:
        """Count the facts of a story that each consumer reads, with or without a handler for them."""
        return {
            table.consumer: sum(table.reads(fact.source, fact.row["aggregate"]) for fact in story.facts)
            for table in self.handlers
        }

    async def positions(self, story: Story) -> dict[str, str]:
        """Give how far the guard is, by consumer and aggregate."""
        wanted = [f"{table.consumer}|{stream}" for table in self.handlers for stream in story.streams]
        rows = await self.database["streams"].find({"_id": {"$in": wanted}}).to_list(None)
        return {row["_id"]: row["seen"] for row in rows}

    def heads(self, story: Story) -> dict[str, str]:
        """Give how far the guard has to be: at the last fact of every aggregate whose kind is read."""
        return {
            f"{table.consumer}|{stream}": facts[-1].link
            for table in self.handlers
            for stream, facts in story.streams.items()
            if table.reads(facts[0].source, facts[0].row["aggregate"])
        }

    async def waiting(self, story: Story) -> Counter[str]:
        """Count what of a story is set aside, by state."""
        suffixes = list(story.streams)
        wanted = [f"{table.consumer}|{stream}" for table in self.handlers for stream in suffixes]
        rows = await self.database["parked"].find({"stream": {"$in": wanted}}).to_list(None)
        return Counter(row["state"] for row in rows)

    async def kept_raw(self, *, since: int) -> set[str]:
        """Name the positions whose records were kept raw, from an offset on."""
        rows = await self.database["parked"].find({"state": "raw"}, {"position": 1}).to_list(None)
        return {row["position"] for row in rows if int(row["position"].rpartition("-")[2]) >= since}

    async def repaired(self) -> int:
        """Count the facts that the topic did not bring."""
        rows = await self.database["counters"].find({"_id": {"$regex": ":repaired$"}}).to_list(None)
        return sum(row["n"] for row in rows)

    def _listening(self, table: Handlers) -> Handlers:
        heard = {name: replace(handler, handle=self._noting(table, handler)) for name, handler in table.table.items()}
        return Handlers(table.consumer, heard)

    def _noting(self, table: Handlers, handler: Handler) -> Callable[[Any, Work], Awaitable[None]]:
        async def handle(received: Any, work: Work) -> None:
            fact = work.fact
            assert fact is not None
            if fact.id in self.troubles:
                await self.troubles[fact.id]()
            await handler.handle(received, work)
            note = {"$push": {"facts": fact.id}, "$set": {"stream": fact.stream}}
            work.write(HEARD, UpdateOne({"_id": f"{table.consumer}|{fact.stream}"}, note, upsert=True))

        return handle


def away(source: str) -> Any:
    """Give peers that find an owner away."""
    peers = FakePeers()
    peers.away(source, FEED_PATH)
    return peers


async def raises(error: BaseException) -> None:
    """Be the trouble of a handler that fails with this error."""
    raise error


def failing_with(error: BaseException) -> Trouble:
    """Give the trouble of a handler that fails with this error, every time."""
    return lambda: raises(error)
