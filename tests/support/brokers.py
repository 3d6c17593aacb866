"""Apache Kafka for tests: nodes on loopback that are killed, paused and started again. None outlives the test run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from support.servers import Child, free_port, listens
from support.waiting import wait_until

from missionare.cli.failures import Failure
from missionare.cli.servers import apache, jars
from missionare.cli.servers.apache import Node
from missionare.cli.servers.executables import BROKER

ON_A_TEST_BROKER: Final[Mapping[str, Any]] = {
    "kafka_idempotence": False,
    "kafka_session_seconds": 2,
    "kafka_heartbeat_seconds": 0.5,
    "topic_replicas": 1,
}
"""Settings of a service that do on the bundled broker, and on Apache Kafka as the tests start it. The former lets the
first member of a group wait for half a session."""
SHORT_SESSIONS: Final = {"group.min.session.timeout.ms": "1000"}
"""What Apache Kafka needs for them: by default it refuses sessions below six seconds."""
ABSENT = "Apache Kafka cannot run here"
"""How the reason of a skip begins."""
STARTED = "Kafka Server started"
START_SECONDS = 120.0


@dataclass(kw_only=True)
class Server(Child):
    """One node and, while it runs, its process."""

    node: Node

    @classmethod
    def of(cls, node: Node) -> Server:
        """Give the server of a node that has been set up."""
        return cls(command=node.command(), log=node.folder / "kafka.log", environment=dict(apache.LOCALE), node=node)

    def wait_until_ready(self) -> None:
        """Wait until it takes part in its cluster."""
        wait_until(self.is_ready, f"{self.node.folder.name} taking part", within=START_SECONDS)

    def is_ready(self) -> bool:
        """Whether it takes part in its cluster."""
        assert not self.has_ended, f"Kafka ended: {self.said()[-2_000:]}"
        return self.said().count(STARTED) == self.starts


@dataclass
class Kafka:
    """A cluster of one or more nodes."""

    servers: Sequence[Server]

    @property
    def address(self) -> str:
        """`host:port,...` of all nodes."""
        return ",".join(f"127.0.0.1:{server.node.port}" for server in self.servers)


@contextmanager
def apache_kafka(folder: Path, *, nodes: int = 1, differing: Mapping[str, str] | None = None) -> Iterator[Kafka]:
    """Start Apache Kafka under a folder, and take everything away afterwards; skip where it cannot run.

    Args:
        folder: an empty one of its own.
        nodes: how many.
        differing: settings of Kafka's that are to differ from those of `missionare up`.
    """
    provide_or_skip()
    made = [Node(number, free_port(), free_port(), folder / f"kafka-{number}") for number in range(1, nodes + 1)]
    cluster = apache.new_cluster()
    for node in made:
        node.set_up(made, cluster=cluster, differing=differing or {})
    kafka = Kafka([Server.of(node) for node in made])
    try:
        for server in kafka.servers:
            server.start()
        for server in kafka.servers:
            server.wait_until_ready()
        yield kafka
    finally:
        for server in kafka.servers:
            server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def provide_or_skip() -> None:
    """Bring the jars where they are not here; skip where that is not possible."""
    if why := _why_not():
        pytest.skip(f"{ABSENT}: {why}")


@cache
def _why_not() -> str | None:
    """Say what is missing. Asked once: a network that swallows everything keeps Maven busy for minutes each time."""
    try:
        jars.java()
        jars.provide()
    except Failure as failure:
        return failure.say("en")
    return None


@dataclass(kw_only=True)
class Bundled(Child):
    """The broker that comes with the platform; it keeps everything in memory."""

    port: int

    @property
    def address(self) -> str:
        """`host:port` of it."""
        return f"127.0.0.1:{self.port}"


@contextmanager
def bundled_broker(folder: Path) -> Iterator[Bundled]:
    """Start the bundled broker, with its log under a folder, and end it afterwards."""
    port = free_port()
    url = f"tcp://127.0.0.1:{port}"
    command = [str(BROKER.find()), "broker", "--listener-url", url, "--advertised-listener-url", url]
    command += ["--storage-engine", "memory://tansu/", "--cluster-id", "test"]
    broker = Bundled(command=command, log=folder / "broker.log", port=port)
    broker.start()
    try:
        wait_until(lambda: listens(port), "the broker listening")
        yield broker
    finally:
        broker.kill()
