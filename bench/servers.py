"""The servers of a benchmark: the bundled mongod and broker, configured as `missionare up` does, on a real disk."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pymongo import MongoClient

from missionare.cli import ports
from missionare.cli.children import leashed
from missionare.cli.folder import DataFolder
from missionare.cli.servers import broker, libcurl, mongod
from missionare.kit import topics
from missionare.kit.mongo import Database

SERVICES: Final = ("boxes", "members")
START_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.02


@contextmanager
def scratch(root: Path) -> Iterator[Path]:
    """Give a folder on the disk the project lies on; in memory a durable write would cost nothing."""
    root.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=root))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Servers:
    """A running mongod and broker."""

    folder: DataFolder
    mongod_port: int
    broker_port: int

    @property
    def kafka(self) -> str:
        """The broker's `host:port`."""
        return f"{ports.HOST}:{self.broker_port}"

    def mongo_url(self, service: str) -> str:
        """The address of a service's database, with its user and password."""
        return mongod.url(self.folder, self.mongod_port, service)

    @asynccontextmanager
    async def database(self, service: str) -> AsyncIterator[Database]:
        """Connect to a service's database through the platform's own driver settings: majority and journal."""
        database = Database(self.mongo_url(service))
        try:
            yield database
        finally:
            await database.close()

    def empty(self, service: str) -> None:
        """Drop a service's databases, so that every round begins with none."""
        password = self.folder.password(mongod.ADMIN)
        url = f"mongodb://{mongod.ADMIN}:{password}@{ports.HOST}:{self.mongod_port}/?directConnection=true"
        with MongoClient[dict[str, Any]](url) as client:
            for name in (service, f"{service}_audit"):
                client.drop_database(name)

    @asynccontextmanager
    async def fresh(self, service: str) -> AsyncIterator[Database]:
        """Connect to a service's database, emptied."""
        self.empty(service)
        async with self.database(service) as database:
            yield database

    async def provide_topic(self, name: str) -> None:
        """Create a topic with the platform's number of partitions."""
        await topics.provision(self.kafka, [topics.TopicSpec(name, broker.REPLICAS)])


@asynccontextmanager
async def servers(root: Path) -> AsyncIterator[Servers]:
    """Start mongod and broker and end them afterwards; they cannot outlive this process."""
    with scratch(root) as path:
        folder = DataFolder(path)
        folder.open(temporary=True)
        chosen = ports.choose(folder.ports, ["mongod", "broker"], gateway=0)
        running = Servers(folder, chosen["mongod"], chosen["broker"])
        commands = {
            "mongod": mongod.command(folder, running.mongod_port),
            "broker": broker.command(running.broker_port),
        }
        environment = libcurl.environment(folder.root)
        with processes(folder.logs, commands, {"mongod": environment}):
            await until(mongod.Probe(running.mongod_port).alive, "mongod answers")
            await mongod.prepare(folder, running.mongod_port, SERVICES)
            await until(broker.Probe(running.broker_port), "the broker answers")
            try:
                yield running
            finally:
                folder.close()


@contextmanager
def processes(
    logs: Path, commands: Mapping[str, Sequence[str]], environments: Mapping[str, Mapping[str, str]]
) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Start processes that write to files in `logs`, and end them in the reverse order."""
    started: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in commands.items():
            with (logs / f"{name}.log").open("ab") as output:
                started[name] = subprocess.Popen(
                    leashed(command), env={**os.environ, **environments.get(name, {})},
                    stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                )  # fmt: skip
        yield started
    finally:
        for process in reversed(started.values()):
            process.kill()
            process.wait()


async def until(condition: Callable[[], Awaitable[bool]], what: str, seconds: float = START_SECONDS) -> None:
    """Wait for something of another process, which tells nobody.

    Raises:
        TimeoutError: it did not come about.
    """
    try:
        async with asyncio.timeout(seconds):
            while not await condition():  # noqa: ASYNC110 - another process becomes it
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        msg = f"not within {seconds:.0f} s: {what}"
        raise TimeoutError(msg) from None


async def listens(port: int) -> bool:
    """Whether somebody accepts connections on a port of this machine."""
    try:
        _, writer = await asyncio.open_connection(ports.HOST, port)
    except OSError:
        return False
    writer.close()
    return True
