"""Apache Kafka for tests: nodes on loopback that are killed, paused and started again. None outlives the test run."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.servers import free_port, run_server
from support.waiting import wait_until

from missionare.cli.failures import Failure
from missionare.cli.servers import apache, jars
from missionare.cli.servers.apache import Node

ABSENT = "Apache Kafka cannot run here"
"""How the reason of a skip begins."""
STARTED = "Kafka Server started"
START_SECONDS = 120.0
STOP_SECONDS = 30.0


@dataclass
class Server:
    """One node and, while it runs, its process."""

    node: Node
    starts: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def log(self) -> Path:
        """What it says."""
        return self.node.folder / "kafka.log"

    def start(self) -> None:
        """Start it, with the log it has; `wait_until_ready` tells when it serves."""
        self.starts += 1
        self.process = run_server(self.node.command(), env=dict(apache.LOCALE), log=self.log)

    def wait_until_ready(self) -> None:
        """Wait until it takes part in its cluster."""
        wait_until(self._is_ready, f"{self.node.folder.name} taking part", within=START_SECONDS)

    def kill(self) -> None:
        """Kill it; what it wrote stays."""
        self.send(signal.SIGKILL)
        self.wait()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal: SIGSTOP and SIGCONT pause it and let it go on."""
        if self.process is not None:
            self.process.send_signal(number)

    def wait(self) -> None:
        """Wait for its end."""
        if self.process is not None:
            self.process.wait(STOP_SECONDS)
            self.process = None

    def _is_ready(self) -> bool:
        ended = self.process is None or self.process.poll() is not None
        said = self.log.read_text(encoding="utf-8", errors="replace")
        assert not ended, f"Kafka ended: {said[-2_000:]}"
        return said.count(STARTED) == self.starts


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
    kafka = Kafka([Server(node) for node in made])
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
    try:
        jars.java()
        jars.provide()
    except Failure as failure:
        pytest.skip(f"{ABSENT}: {failure.say('en')}")
