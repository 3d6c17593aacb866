"""Tansu: a Kafka-protocol broker that keeps its log in memory. For one machine; production is Apache Kafka."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping, Sequence
from typing import Final

from missionare.cli.folder import DataFolder
from missionare.cli.ports import HOST
from missionare.cli.probes import PROBE_SECONDS
from missionare.cli.servers.executables import BROKER
from missionare.kit import topics

CLUSTER: Final = "missionare"
REPLICAS: Final = 1

SETTINGS: Final[Mapping[str, str]] = {
    "MISSIONARE_KAFKA_IDEMPOTENCE": "false",  # it refuses idempotent producers
    "MISSIONARE_KAFKA_SESSION_SECONDS": "2",  # it lets the first member of a group wait for half of it
    "MISSIONARE_KAFKA_HEARTBEAT_SECONDS": "0.5",
    "MISSIONARE_TOPIC_REPLICAS": str(REPLICAS),
}
"""What this broker needs its clients to do differently."""

API_VERSIONS: Final = 18


def command(port: int) -> list[str]:
    """Give the command line."""
    listener = f"tcp://{HOST}:{port}"
    return [
        str(BROKER.find()), "broker",
        "--cluster-id", CLUSTER,
        "--listener-url", listener,
        "--advertised-listener-url", listener,
        "--storage-engine", "memory://tansu/",
    ]  # fmt: skip


async def prepare(folder: DataFolder, port: int, owners: Sequence[str]) -> None:
    """Create the topics, before any client connects: asking for a missing one would create it with 4 partitions.

    The log begins empty with every start, so the groups of the last one must not be continued.
    """
    folder.raise_incarnation()
    await topics.provision(f"{HOST}:{port}", topics.of(owners, replicas=REPLICAS))


class Probe:
    """Asks the broker which requests it knows, as every client does first."""

    def __init__(self, port: int, host: str = HOST) -> None:
        """Ask at this port."""
        self._port = port
        self._host = host

    async def __call__(self) -> bool:
        """Whether it answers."""
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                return await _answers(self._host, self._port)
        except (OSError, EOFError, TimeoutError):
            return False


async def _answers(host: str, port: int) -> bool:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        # Size, key, version, correlation id, no client id: the smallest request there is.
        writer.write(struct.pack(">ihhih", 10, API_VERSIONS, 0, 1, -1))
        size, correlation = struct.unpack(">ii", await reader.readexactly(8))
        return bool(size > 0 and correlation == 1)
    finally:
        writer.close()
