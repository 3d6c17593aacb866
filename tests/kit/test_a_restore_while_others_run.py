"""Owner and reader with workers of their own on the real broker; one is set back while the other one runs."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from pymongo import AsyncMongoClient
from support.boxes.events import BoxFilled
from support.boxes.fillings import service_of
from support.boxes.service import SYSTEM, Box, Boxes, save, tally
from support.brokers import ON_A_TEST_BROKER
from support.waiting import eventually

from missionare.kit import topics
from missionare.kit.backup import backup
from missionare.kit.ledger import Ledger, Position
from missionare.kit.mongo import Document
from missionare.kit.owners import aggregate_feed_document, feed_document
from missionare.kit.peers import PeerUnavailable
from missionare.kit.restore import restore
from missionare.kit.service import Service
from missionare.kit.settings import Settings
from missionare.kit.store import View
from missionare.kit.testing import settings_for
from missionare.kit.timers import Timers
from missionare.kit.topics import topic_of
from missionare.kit.worker import Worker

pytestmark = pytest.mark.broker


class Tallies(View):
    collection = "tallies"


class Feeds:
    """Stands for the way over HTTP to the owner's feeds, as long as the owner runs."""

    def __init__(self) -> None:
        self.ledger: Ledger | None = None

    async def get(self, peer: str, _path: str, *, params: Mapping[str, Any], **_options: Any) -> Any:
        if self.ledger is None:
            raise PeerUnavailable(peer, "away")
        if "aggregate" not in params:
            return feed_document(await self.ledger.confirmed(Position.parse(params["after"]), params["limit"]))
        kind, _, subject = params["aggregate"].partition(",")
        return aggregate_feed_document(await self.ledger.of_aggregate(kind, subject, params["after"]))


class Process:
    """A service that is started, stopped and set back."""

    def __init__(self, build: Any, settings: Settings, feeds: Feeds, failures: list[str]) -> None:
        self._build, self._settings, self._feeds, self._failures = build, settings, feeds, failures
        self.service: Service
        self._worker: Worker

    async def start(self) -> None:
        self.service = self._build()
        await self.service.open()
        context = dataclasses.replace(self.service.context, peers=self._feeds)  # type: ignore[arg-type]
        self._worker = Worker(
            context, self._settings, handlers=self.service.handlers, timers=Timers(), fail=self._failures.append
        )
        await self._worker.start()
        if self.service.name == "boxes":
            self._feeds.ledger = context.ledger
        await eventually(lambda: not self._worker.problems())

    async def stop(self) -> None:
        if self.service.name == "boxes":
            self._feeds.ledger = None
        await self._worker.stop()
        await self.service.stop()

    async def set_back(self, kept: Path) -> None:
        """Stop it, restore it and start it again."""
        await self.stop()
        service = self._build()
        await restore(service, kept, replace=True)
        await service.stop()
        await self.start()


@dataclasses.dataclass
class Pair:
    """Both processes."""

    owner: Process
    reader: Process
    box: str

    async def tell(self, items: int) -> None:
        """Put something into the box."""
        boxes = self.owner.service.context.views[Boxes]
        found = await boxes.find(self.box, SYSTEM)  # type: ignore[attr-defined]
        await save(self.owner.service.context, found or Box(id=self.box), BoxFilled(box_id=self.box, items=items))

    async def heard(self) -> list[int]:
        """Give what the reader has counted, in the order in which it did."""
        row = await self.reader.service.database["tallies"].find_one({"_id": f"tally:{self.box}"})
        return list(row["order"]) if row else []

    async def hears(self, *items: int) -> None:
        """Wait until the reader has counted exactly this."""

        async def so() -> bool:
            return await self.heard() == list(items)

        await eventually(so)

    async def sent(self) -> None:
        """Wait until the broker has everything."""

        async def so() -> bool:
            return await self.owner.service.database["outbox"].find_one({}) is None

        await eventually(so)


@pytest.fixture
async def pair(kafka: str, mongod: str, mongo_url: str, tmp_path: Path) -> AsyncIterator[Pair]:
    await provision_anew(kafka)
    on_broker = {
        **ON_A_TEST_BROKER,
        "kafka_bootstrap_servers": kafka,
        "kafka_incarnation": uuid.uuid4().hex,
        "reconcile_seconds": 0.5,
    }
    name = mongo_url.rpartition("/")[2].partition("?")[0]
    reader_url = mongo_url.replace(f"/{name}?", f"/{name}_reader?")
    settings = settings_for("counting", reader_url, tmp_path, kind=Settings).model_copy(update=on_broker)

    def reader() -> Service:
        return Service("counting", settings, views=(Tallies,), handlers=(tally(),))

    feeds, failures = Feeds(), list[str]()
    owner_settings = settings_for("boxes", mongo_url, tmp_path, kind=Settings).model_copy(update=on_broker)
    both = Pair(
        Process(lambda: service_of(mongo_url, tmp_path), owner_settings, feeds, failures),
        Process(reader, settings, feeds, failures),
        uuid.uuid4().hex,
    )
    await both.owner.start()
    await both.reader.start()
    yield both
    await both.reader.stop()
    await both.owner.stop()
    async with AsyncMongoClient[Document](mongod) as client:
        await client.drop_database(f"{name}_reader")
        await client.drop_database(f"{name}_reader_audit")
    assert failures == []


async def provision_anew(kafka: str) -> None:
    """Make the topics anew: facts that other tests left in them are none that this owner's ledger knows."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        names = {topic_of("boxes"), topic_of("counting")} & set(await admin.list_topics())
        if names:
            await admin.delete_topics(sorted(names))
    finally:
        await admin.close()
    await topics.provision(kafka, topics.of(["boxes", "counting"], replicas=1))


async def test_an_owner_is_set_back_while_its_reader_runs(pair: Pair, tmp_path: Path) -> None:
    await pair.tell(1)
    await pair.hears(1)
    await backup(pair.owner.service, tmp_path / "kept")
    await pair.tell(2)
    await pair.hears(1, 2)

    await pair.owner.set_back(tmp_path / "kept")
    await pair.tell(3)
    await pair.hears(1, 2, 3)
    await pair.sent()
    await pair.tell(4)

    await pair.hears(1, 2, 3, 4)
    [fork] = await pair.reader.service.database["forks"].find({}).to_list(None)
    assert (fork["subject"], fork["seen"]) == (pair.box, "1.2")


async def test_a_reader_is_set_back_while_its_owner_runs(pair: Pair, tmp_path: Path) -> None:
    await pair.tell(1)
    await pair.hears(1)
    await backup(pair.reader.service, tmp_path / "kept")
    await pair.tell(2)
    await pair.tell(3)
    await pair.hears(1, 2, 3)
    await pair.sent()

    await pair.reader.set_back(tmp_path / "kept")
    await pair.tell(4)

    await pair.hears(1, 2, 3, 4)
    assert await pair.reader.service.database["forks"].count_documents({}) == 0
