"""One Apache Kafka for the tests of a file, a crew of real workers on it, and a load whose outcome is known exactly."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from support.boxes.events import BoxFilled
from support.boxes.service import Box, context_of, save
from support.brokers import Kafka, apache_kafka
from support.servers import run_server
from support.waiting import eventually

from missionare.kit import topics
from missionare.kit.mongo import Database

CREWMAN = str(Path(__file__).with_name("crewman.py"))
READY_SECONDS = 60.0
REST_SECONDS = 90.0
SESSION_SECONDS = 6.0
BOXES = 24
"""More than there are partitions, so that every worker has some."""


@pytest.fixture(scope="module")
def apache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """Apache Kafka of this file's own, which its tests may kill."""
    memory = Path("/dev/shm")
    folder = tempfile.mkdtemp(prefix="missionare-kafka-", dir=memory) if memory.is_dir() else None
    with apache_kafka(Path(folder) if folder else tmp_path_factory.mktemp("kafka")) as kafka:
        yield kafka


class Crew:
    """Workers of one service, each a process, in a group of their own."""

    def __init__(self, address: str, mongo_url: str, folder: Path) -> None:
        """Prepare; nobody works yet."""
        self._folder = folder
        self._environment = {
            "MISSIONARE_MONGO_URL": mongo_url,
            "MISSIONARE_KAFKA_BOOTSTRAP_SERVERS": address,
            "MISSIONARE_KAFKA_SESSION_SECONDS": str(SESSION_SECONDS),
            "MISSIONARE_KAFKA_HEARTBEAT_SECONDS": "1",
            "MISSIONARE_KAFKA_INCARNATION": uuid.uuid4().hex,
            "MISSIONARE_TOPIC_REPLICAS": "1",
        }
        self.workers: list[subprocess.Popen[bytes]] = []

    async def joined_by(self, number: int = 1) -> list[subprocess.Popen[bytes]]:
        """Start so many workers at the same moment, and wait until each takes part."""
        logs = [self._folder / f"worker-{len(self.workers) + n}.log" for n in range(number)]
        new = [run_server([sys.executable, CREWMAN], env=self._environment, log=log) for log in logs]
        self.workers += new
        for log in logs:
            await eventually(lambda log=log: "ready" in log.read_text().split("\n"), within=READY_SECONDS)
        return new

    async def left_by(self, worker: subprocess.Popen[bytes], number: signal.Signals = signal.SIGTERM) -> None:
        """Let a worker end, in order or not, and wait for its end."""
        worker.send_signal(number)
        await asyncio.to_thread(worker.wait, READY_SECONDS)

    def dismiss(self) -> None:
        """End whoever is left."""
        for worker in self.workers:
            worker.kill()
            worker.wait()


class Load:
    """Fills boxes one item after the other, and knows what every box must have heard in the end."""

    def __init__(self, database: Database) -> None:
        """Prepare; nothing is filled yet."""
        self._database = database
        self._boxes = [Box(id=uuid.uuid4().hex) for _ in range(BOXES)]
        self._filled = dict.fromkeys((box.id for box in self._boxes), 0)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Load]:
        """Fill all the time; whatever is done meanwhile happens in the middle of batches."""
        task = asyncio.create_task(self._fill())
        try:
            yield self
        finally:
            self._stopping = True
            await task

    _stopping = False

    async def _fill(self) -> None:
        context = await context_of(self._database)
        while not self._stopping:
            for n, box in enumerate(self._boxes):
                items = self._filled[box.id] + 1
                self._boxes[n] = await save(context, box, BoxFilled(box_id=box.id, items=items))
                self._filled[box.id] = items
            await asyncio.sleep(0.02)

    @property
    def filled(self) -> int:
        """How many facts were saved so far."""
        return sum(self._filled.values())

    async def heard(self) -> int:
        """How many of them have taken effect so far."""
        rows = await self._database["tallies"].find({}).to_list(None)
        return sum(row["facts"] for row in rows if row["_id"].removeprefix("tally:") in self._filled)

    async def goes_on(self, more: int = 100) -> None:
        """Wait until so many more have taken effect."""
        wanted = await self.heard() + more

        async def enough() -> bool:
            return await self.heard() >= wanted

        await eventually(enough, within=REST_SECONDS)

    async def assert_each_took_effect_once_in_order(self) -> None:
        """Wait for the last one, then compare every box with what was put into it, complete and in order."""

        async def all_heard() -> bool:
            return await self.heard() >= self.filled and await self._database["outbox"].find_one({}) is None

        await eventually(all_heard, within=REST_SECONDS)
        rows = {row["_id"].removeprefix("tally:"): row["order"] async for row in self._database["tallies"].find({})}
        heard = {box: rows.get(box, []) for box in self._filled}
        assert heard == {box: list(range(1, items + 1)) for box, items in self._filled.items()}
        assert await self._database["parked"].find_one({}) is None


@pytest.fixture
async def crew(apache: Kafka, mongo_url: str, tmp_path: Path) -> AsyncIterator[Crew]:
    """A crew without members yet, on topics that are as declared."""
    await topics.provision(apache.address, topics.of(["boxes"], replicas=1))
    crew = Crew(apache.address, mongo_url, tmp_path)
    yield crew
    crew.dismiss()


@pytest.fixture
async def load(database: Database) -> Load:
    """A load that has not begun."""
    return Load(database)
