"""Apache Kafka in KRaft mode, broker and controller in one process: the durable broker of a single machine.

Its log is under the data folder, so it starts again with everything it had. Workers need not stop with it, and their
groups go on where they were.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Final

from missionare.cli import files
from missionare.cli.children import leashed
from missionare.cli.failures import Failure
from missionare.cli.folder import DataFolder
from missionare.cli.ports import HOST
from missionare.cli.servers import jars
from missionare.kit import topics
from missionare.kit.refusals import Text

REPLICAS: Final = 1
MEGABYTES: Final = 300
"""Free space wanted for its log, besides what the platform wants anyway: about a million facts."""
STOP_SECONDS: Final = 30.0
FORMAT_SECONDS: Final = 60.0

SETTINGS: Final[Mapping[str, str]] = {
    "MISSIONARE_KAFKA_IDEMPOTENCE": "true",
    # On one machine no network can be silent between the two: a member that says nothing for this long is dead or
    # stopped, and its successor waits exactly this long for its partitions. In production it is 45 s.
    "MISSIONARE_KAFKA_SESSION_SECONDS": "10",
    "MISSIONARE_KAFKA_HEARTBEAT_SECONDS": "2",
    "MISSIONARE_TOPIC_REPLICAS": str(REPLICAS),
}
"""What its clients on the same machine are told."""

MACHINE: Final = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError")
"""For a small machine with other work: with the first compiler alone a start costs 2 s of one core instead of 4, and
the serial collector is the one for a small heap. 180 MB after the start."""
LOCALE: Final[Mapping[str, str]] = {"LC_ALL": "C.UTF-8"}
"""Without it Java cannot open a folder whose name is not plain ASCII."""
INFORMATION: Final = frozenset({"TRACE", "DEBUG", "INFO", "WARN"})


class StorageNotFormatted(Failure):
    """Kafka could not make its log."""

    text: ClassVar[Text] = {
        "de": "Apache Kafka konnte sein Log unter {folder} nicht anlegen. Es sagt:\n{lines}",
        "en": "Apache Kafka could not make its log under {folder}. It says:\n{lines}",
    }


class LogDoesNotFit(Failure):
    """The log has topics of another shape than this version declares."""

    text: ClassVar[Text] = {
        "de": "Die Topics in {folder} stimmen nicht:\n{problems}\nHalten Sie die Plattform an und löschen Sie diesen "
        "Ordner: jeder Fakt steht in der Datenbank seines Dienstes und kommt von dort.",
        "en": "The topics in {folder} are not right:\n{problems}\nStop the platform and delete this folder: every "
        "fact is in its service's database and arrives from there.",
    }


@dataclass(frozen=True)
class Node:
    """One Kafka process: a broker and a controller."""

    number: int
    port: int
    controller_port: int
    folder: Path

    @property
    def log(self) -> Path:
        """Everything it keeps."""
        return self.folder / "log"

    @property
    def properties(self) -> Path:
        """The file it reads its settings from."""
        return self.folder / "server.properties"

    def command(self) -> list[str]:
        """Give the command line.

        Raises:
            JavaMissing: with what to install.
        """
        return [*_java(*MACHINE, f"-Dlog4j2.configurationFile={jars.HERE / 'log4j2.xml'}"), "kafka.Kafka",
                str(self.properties)]  # fmt: skip

    def set_up(
        self, nodes: Sequence[Node], *, cluster: str, differing: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Write its settings and make its log; finds a log made already. The jars must be there.

        Args:
            nodes: the whole cluster, this one included.
            cluster: the cluster's id, the same for all; `new_cluster` gives one.
            differing: settings of Kafka's that are to differ from ours.

        Raises:
            StorageNotFormatted: with what Kafka says.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        wanted = {**settings(self, nodes), **differing}
        files.write(self.properties, _written(wanted))
        if not self.log.exists():
            self._format(wanted, cluster)

    def _format(self, wanted: Mapping[str, str], cluster: str) -> None:
        """Make the log beside its place: what was interrupted half-way never counts as a log."""
        unfinished = self.folder / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        properties = self.folder / "format.properties"
        files.write(properties, _written({**wanted, "log.dirs": str(unfinished)}))
        done = subprocess.run(
            leashed([*_java(), "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties)]),
            env={**os.environ, **LOCALE},
            capture_output=True, text=True, errors="replace", check=False, timeout=FORMAT_SECONDS,
        )  # fmt: skip
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip().splitlines()[-5:]
            raise StorageNotFormatted(folder=self.folder, lines="\n".join(f"  {line}" for line in said))
        properties.unlink()
        unfinished.rename(self.log)


def the_node(folder: DataFolder, ports: Mapping[str, int]) -> Node:
    """The one node of a single machine."""
    return Node(1, ports["broker"], ports["controller"], folder.kafka)


def set_up(node: Node) -> None:
    """Bring the jars where they are missing, and make the log where there is none. Call it from the main thread.

    Raises:
        Failure: something is missing, with what to do.
    """
    jars.java()
    jars.provide()
    node.set_up([node], cluster=new_cluster())


async def prepare(folder: DataFolder, port: int, owners: Sequence[str]) -> None:
    """Create the topics at the first start, and find them as declared at every later one.

    Raises:
        LogDoesNotFit: they are there and differ.
    """
    try:
        await topics.provision(f"{HOST}:{port}", topics.of(owners, replicas=REPLICAS))
    except topics.TopicsWrong as wrong:
        raise LogDoesNotFit(folder=folder.kafka, problems=wrong) from wrong


def new_cluster() -> str:
    """Give an id for a new cluster, in the form Kafka wants: a UUID as 22 characters."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode("ascii").rstrip("=")


def worth_showing(line: str) -> bool:
    """Whether the console shows a line of its log: errors, and what is no log line (Java's own complaints)."""
    return line.split(" ", 2)[1:2] not in [[level] for level in INFORMATION]


def _java(*options: str) -> list[str]:
    return [str(jars.java()), *options, "-cp", f"{jars.folder()}/*"]


def settings(node: Node, nodes: Sequence[Node]) -> dict[str, str]:
    """Give the settings of a node in a cluster of these nodes."""
    copies = str(len(nodes))
    enough = str(max(1, len(nodes) - 1))
    return {
        "process.roles": "broker,controller",
        "node.id": str(node.number),
        "controller.quorum.voters": ",".join(f"{each.number}@{HOST}:{each.controller_port}" for each in nodes),
        "listeners": f"PLAINTEXT://{HOST}:{node.port},CONTROLLER://{HOST}:{node.controller_port}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{node.port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": str(node.log),
        "auto.create.topics.enable": "false",
        "default.replication.factor": copies,
        "offsets.topic.num.partitions": "4",
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": enough,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": enough,
        # Nobody else will join in the first seconds of a group: who is there begins at once.
        "group.initial.rebalance.delay.ms": "0",
        # After a kill the newest segment of each partition is read again before the start is over.
        "log.segment.bytes": str(64 * 1024 * 1024),
        # The defaults are for large machines: 128 MB of heap for compaction alone.
        "log.cleaner.dedupe.buffer.size": str(4 * 1024 * 1024),
        "num.network.threads": "2",
        "num.io.threads": "4",
        "background.threads": "4",
    }


def _written(settings: Mapping[str, str]) -> str:
    # The format is Latin-1 with the escapes of JSON: a folder's name may hold anything.
    return "".join(f"{name}={json.dumps(value)[1:-1]}\n" for name, value in settings.items())
