"""A replica set for tests, each mongod as the product runs its one; nodes are killed, paused and started again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError
from support.servers import Child
from support.waiting import eventually

from missionare.cli.folder import DataFolder
from missionare.cli.ports import HOST
from missionare.cli.servers import libcurl, mongod

ELECTION_MS = 2_000
"""Without a sign of life from the primary for so long, the others elect another one. MongoDB's default is 10 s."""
START_SECONDS = 60.0
PRIMARY, SECONDARY = 1, 2
CHANGED_MEANWHILE = {103, 109, 308}
"""NewReplicaSetConfigurationIncompatible, ConfigurationInProgress, CurrentConfigNotCommittedYet."""


@dataclass(kw_only=True)
class Node(Child):
    """One mongod."""

    port: int

    async def is_primary(self) -> bool:
        """Whether it takes writes."""
        return await mongod.Probe(self.port).primary()


class ReplicaSet:
    """Three of them, with the users of a data folder."""

    def __init__(self, folder: DataFolder, nodes: Sequence[Node]) -> None:
        """Take over what runs."""
        self._folder = folder
        self.nodes = nodes

    def url(self, service: str) -> str:
        """Give a service's address with its user, password and database, naming all three."""
        first, hosts = self.nodes[0].port, ",".join(f"{HOST}:{node.port}" for node in self.nodes)
        return mongod.url(self._folder, first, service).replace(f"{HOST}:{first}", hosts)

    async def is_whole(self) -> bool:
        """Whether one is primary and all others follow it."""
        password = self._folder.password(mongod.ADMIN)
        hosts = [f"{HOST}:{node.port}" for node in self.nodes]
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
            hosts, username=mongod.ADMIN, password=password, replicaSet=mongod.REPLICA_SET,
            serverSelectionTimeoutMS=2_000, socketTimeoutMS=2_000,
        )  # fmt: skip
        async with client:
            try:
                members = (await client.admin.command("replSetGetStatus"))["members"]
            except PyMongoError:
                return False
        return sorted(member["state"] for member in members) == [PRIMARY, *[SECONDARY] * (len(self.nodes) - 1)]


@asynccontextmanager
async def replica_set(
    folder: DataFolder, ports: Sequence[int], services: Sequence[str], beside: Path
) -> AsyncIterator[ReplicaSet]:
    """Start a replica set with one user per service, and end it afterwards. Call it from the main thread.

    The first node begins alone, exactly as the supervisor makes it; then the others are told of and copy it.

    Args:
        folder: has the passwords and the key file.
        ports: one per node.
        services: who gets a user and a database.
        beside: where the nodes keep their data.
    """
    lent = libcurl.environment(folder.root / "lib")
    nodes = [_node(folder, port, beside / f"database-{number}", lent) for number, port in enumerate(ports, 1)]
    made = ReplicaSet(folder, nodes)
    try:
        for node in nodes:
            node.start()
        for node in nodes:
            await eventually(mongod.Probe(node.port).alive, within=START_SECONDS)
        await mongod.prepare(folder, ports[0], services)
        await _enlarge(folder, ports)
        await eventually(made.is_whole, within=START_SECONDS)
        yield made
    finally:
        for node in nodes:
            node.kill()


def _node(folder: DataFolder, port: int, place: Path, lent: Mapping[str, str]) -> Node:
    own = DataFolder(place)
    own.open(temporary=True)
    key = folder.secret("mongod", "key_file", mongod.new_key_file).read_text(encoding="ascii")
    own.secret("mongod", "key_file", lambda: key)
    return Node(command=mongod.command(own, port), log=own.log_of("mongod"), environment=lent, port=port)


async def _enlarge(folder: DataFolder, ports: Sequence[int]) -> None:
    """Tell the one node of all the others, one after the other, and how soon a silent primary is replaced."""
    async with mongod._client(ports[0], mongod.ADMIN, folder.password(mongod.ADMIN)) as client:
        for number in range(1, len(ports) + 1):
            await eventually(partial(_reconfigured, client, ports[:number]), within=START_SECONDS)
            await eventually(partial(_all_follow, client), within=START_SECONDS)


async def _reconfigured(client: AsyncMongoClient[dict[str, Any]], ports: Sequence[int]) -> bool:
    """Give the set these members; False where mongod has just changed the configuration itself, as it does."""
    config = (await client.admin.command("replSetGetConfig"))["config"]
    config["version"] += 1
    config["settings"]["electionTimeoutMillis"] = ELECTION_MS
    config["members"] = [{"_id": number, "host": f"{HOST}:{port}"} for number, port in enumerate(ports)]
    try:
        await client.admin.command("replSetReconfig", config)
    except OperationFailure as error:
        if error.code in CHANGED_MEANWHILE:
            return False
        raise
    return True


async def _all_follow(client: AsyncMongoClient[dict[str, Any]]) -> bool:
    members = (await client.admin.command("replSetGetStatus"))["members"]
    return all(member["state"] in {PRIMARY, SECONDARY} for member in members)
