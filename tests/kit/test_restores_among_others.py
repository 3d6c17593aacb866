"""One service is set back while the others ran on: nothing is lost, nothing counts twice, and forks are noted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from pymongo import AsyncMongoClient
from support.boxes.events import BoxFilled
from support.boxes.fillings import confirm, service_of
from support.boxes.service import SYSTEM, Box, Boxes, save, tally

from missionare.kit.applying import YOUNG, Via
from missionare.kit.backup import backup
from missionare.kit.consumer import COLLECTIONS, Consumer
from missionare.kit.envelope import Envelope, from_row
from missionare.kit.ledger import Ledger
from missionare.kit.mongo import Database, Document
from missionare.kit.reconcile import Reconciliation
from missionare.kit.restore import restore
from missionare.kit.service import Service
from missionare.kit.settings import Settings
from missionare.kit.store import View
from missionare.kit.testing import settings_for


class Tallies(View):
    collection = "tallies"


@dataclass
class Network:
    """An owner of boxes and a reader that counts what is put into them, each with a database of its own."""

    owner_url: str
    reader_url: str
    folder: Path

    @asynccontextmanager
    async def owner(self) -> AsyncIterator[Service]:
        """Run the owner for a moment."""
        service = service_of(self.owner_url, self.folder)
        await service.open()
        yield service
        await service.stop()

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[Service]:
        """Run the reader for a moment."""
        service = self._reader()
        await service.open()
        await service.database.ensure_collections(COLLECTIONS)
        yield service
        await service.stop()

    async def tell(self, box: str, *items: int, confirmed: bool = True) -> None:
        """Put something into a box, and have the broker take what is told of it."""
        async with self.owner() as owner:
            found = await owner.context.views[Boxes].find(box, SYSTEM)  # type: ignore[attr-defined]
            for each in items:
                found = await save(owner.context, found or Box(id=box), BoxFilled(box_id=box, items=each))
            if confirmed:
                await confirm(owner.context)

    async def hear(self, *by_topic: Envelope) -> None:
        """Let the reader hear what the topic brings, and what its owner's feed has."""
        owner = Database(self.owner_url)
        async with self.reader() as reader:
            # What is young is left to the topic, which brings nothing by itself here.
            old = [{"$set": {"at": {"$subtract": ["$at", 2 * YOUNG // timedelta(milliseconds=1)]}}}]
            await owner["confirmations"].update_many({}, old)
            consumer = Consumer(reader.context, tally(), {"boxes": Ledger(owner)})
            await consumer.batch(by_topic)
            await Reconciliation(reader.database, consumer).sweep(Via.FEED)
            for stream in await consumer.parking.holding():
                await consumer.repair(stream)
        await owner.close()

    async def facts(self) -> list[Envelope]:
        """Give everything that the owner knows to have told."""
        async with self.owner() as owner:
            rows = await owner.database["facts"].find({}, sort=[("_id", 1)]).to_list(None)
        return [from_row(row, "boxes") for row in rows]

    async def heard(self, box: str) -> list[int]:
        """Give what the reader has counted of a box, in the order in which it did."""
        async with self.reader() as reader:
            row = await reader.database["tallies"].find_one({"_id": f"tally:{box}"})
        return list(row["order"]) if row else []

    async def forks(self) -> list[tuple[str, str]]:
        """Give the reader's forks: which box, and what the owner forgot."""
        async with self.reader() as reader:
            rows: list[Document] = await reader.database["forks"].find({}, sort=[("at", 1)]).to_list(None)
        return [(row["subject"], row["seen"]) for row in rows]

    async def keep_owner(self, name: str) -> Path:
        """Take a backup of the owner."""
        async with self.owner() as owner:
            await backup(owner, self.folder / name)
        return self.folder / name

    async def keep_reader(self, name: str) -> Path:
        """Take a backup of the reader."""
        async with self.reader() as reader:
            await backup(reader, self.folder / name)
        return self.folder / name

    async def set_owner_back(self, kept: Path) -> None:
        """Restore the owner."""
        await _restored(service_of(self.owner_url, self.folder), kept)

    async def set_reader_back(self, kept: Path) -> None:
        """Restore the reader."""
        await _restored(self._reader(), kept)

    def _reader(self) -> Service:
        settings = settings_for("counting", self.reader_url, self.folder, kind=Settings)
        return Service("counting", settings, views=(Tallies,), handlers=(tally(),))


async def _restored(service: Service, kept: Path) -> None:
    await restore(service, kept, replace=True)
    await service.stop()


@pytest.fixture
async def network(mongo_url: str, mongod: str, tmp_path: Path) -> AsyncIterator[Network]:
    name = mongo_url.rpartition("/")[2].partition("?")[0]
    yield Network(mongo_url, mongo_url.replace(f"/{name}?", f"/{name}_reader?"), tmp_path)
    async with AsyncMongoClient[Document](mongod) as client:
        await client.drop_database(f"{name}_reader")
        await client.drop_database(f"{name}_reader_audit")


async def test_what_an_owner_forgot_stays_counted_and_what_it_says_anew_is_counted_once(network: Network) -> None:
    await network.tell("b1", 1, 2)
    await network.tell("b2", 7)
    await network.hear()
    kept = await network.keep_owner("kept")
    await network.tell("b1", 3)
    await network.hear()

    await network.set_owner_back(kept)
    await network.tell("b1", 4)
    told = await network.facts()
    await network.hear(*told)
    await network.hear(*told)

    assert await network.heard("b1") == [1, 2, 3, 4]
    assert await network.heard("b2") == [7]
    assert await network.forks() == [("b1", "1.3")]


async def test_what_an_owner_forgot_is_noted_though_it_says_nothing_more(network: Network) -> None:
    await network.tell("b1", 1)
    kept = await network.keep_owner("kept")
    await network.tell("b1", 2)
    await network.hear()

    await network.set_owner_back(kept)
    await network.hear()

    assert await network.forks() == [("b1", "1.2")]
    assert await network.heard("b1") == [1, 2]


@pytest.mark.thorough
async def test_what_was_pending_at_the_backup_is_told_again_and_counts_once(network: Network) -> None:
    await network.tell("b1", 1, confirmed=False)
    kept = await network.keep_owner("kept")
    await network.tell("b2", 1)
    await network.hear(*await network.facts())

    await network.set_owner_back(kept)
    await network.tell("b3", 1)
    await network.hear(*await network.facts())

    assert [await network.heard(box) for box in ("b1", "b2", "b3")] == [[1], [1], [1]]
    assert await network.forks() == [("b2", "1.1")]


@pytest.mark.thorough
async def test_one_backup_of_an_owner_may_be_restored_twice(network: Network) -> None:
    await network.tell("b1", 1)
    kept = await network.keep_owner("kept")
    for items in (2, 3):
        await network.tell("b1", items)
        await network.hear()
        await network.set_owner_back(kept)
    await network.tell("b1", 4)
    await network.hear(*await network.facts())

    assert await network.heard("b1") == [1, 2, 3, 4]
    assert [box for box, _ in await network.forks()] == ["b1", "b1"]


async def test_a_reader_that_was_set_back_hears_again_what_it_forgot(network: Network) -> None:
    await network.tell("b1", 1)
    await network.hear()
    kept = await network.keep_reader("kept")
    await network.tell("b1", 2, 3)
    await network.tell("b2", 1)
    await network.hear()

    await network.set_reader_back(kept)
    assert await network.heard("b1") == [1]
    await network.tell("b1", 4)
    await network.hear(*(await network.facts())[-1:])  # the broker knows how far the reader was

    assert (await network.heard("b1"), await network.heard("b2")) == ([1, 2, 3, 4], [1])
    assert await network.forks() == []


@pytest.mark.thorough
async def test_both_may_be_set_back_to_different_moments(network: Network) -> None:
    await network.tell("b1", 1)
    await network.hear()
    reader = await network.keep_reader("reader")
    await network.tell("b1", 2)
    await network.hear()
    owner = await network.keep_owner("owner")
    await network.tell("b1", 3)
    await network.hear()

    await network.set_owner_back(owner)
    await network.set_reader_back(reader)
    await network.tell("b1", 4)
    await network.hear(*await network.facts())

    assert await network.heard("b1") == [1, 2, 4]
    assert await network.forks() == []


async def by_hand(network: Network) -> None:
    """The defect: an owner that goes on in the era before."""
    async with network.owner() as owner:
        await owner.database["leases"].update_one({"_id": "relay"}, {"$set": {"era": 1}})


async def as_it_is(_network: Network) -> None:
    """Nothing more is done."""


@pytest.mark.thorough
@pytest.mark.parametrize(("also", "heard"), [(as_it_is, [1, 2, 3]), (by_hand, [1, 2])])
async def test_without_an_era_of_its_own_what_is_said_after_a_restore_is_lost(
    network: Network, also: Callable[[Network], Awaitable[None]], heard: list[int]
) -> None:
    await network.tell("b1", 1)
    kept = await network.keep_owner("kept")
    await network.tell("b1", 2)
    await network.hear()

    await network.set_owner_back(kept)
    await also(network)
    await network.tell("b1", 3)
    await network.hear(*await network.facts())

    assert await network.heard("b1") == heard
