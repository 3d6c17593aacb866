"""mongod: a replica set of one on loopback, with authentication and one user per service."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct
from collections.abc import Sequence
from typing import Any, Final

import bson
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from missionare.cli.failures import SecretsLost
from missionare.cli.folder import DataFolder
from missionare.cli.ports import HOST
from missionare.cli.probes import PROBE_SECONDS
from missionare.cli.servers.executables import MONGOD

REPLICA_SET: Final = "missionare"
ADMIN: Final = "supervisor"
AUDIT_ROLE: Final = "append"
CACHE_GIGABYTES: Final = "0.25"
OPLOG_MEGABYTES: Final = "256"
"""The oplog only rings a doorbell here: the outbox is the truth, so it may be short."""
TRANSACTION_SECONDS: Final = "5"
"""Ours take milliseconds. One whose process was killed holds its documents until then; the default is a minute."""
JOURNAL_MS: Final = "5"
"""Whoever is refused waits until a majority follows the primary, which an idle mongod shows with the next flush of its
journal: by default after up to 100 ms."""
NEVER_SLOW_MS: Final = "2147483647"
"""A command that counts as slow is logged with everything in it: names, addresses, even mongod's own keys."""

AUDIT_ACTIONS: Final = ("insert", "find", "createCollection", "createIndex", "listCollections", "listIndexes")
KEY_FILE_BYTES: Final = 512
PRIMARY_SECONDS: Final = 0.02

UNAUTHORIZED: Final = 13
AUTHENTICATION_FAILED: Final = 18
OP_MSG: Final = 2013
HEADER_BYTES: Final = 16
WORTH_SHOWING: Final = frozenset("EF")

Client = AsyncMongoClient[dict[str, Any]]


def command(folder: DataFolder, port: int) -> list[str]:
    """Give the command line. mongod 6.0.5 has CVE-2025-14847: loopback only, and no zlib compressor."""
    return [
        str(MONGOD.find()),
        "--replSet", REPLICA_SET,
        "--bind_ip", HOST,
        "--port", str(port),
        "--dbpath", str(folder.mongo),
        "--keyFile", str(folder.secret("mongod", "key_file", new_key_file)),
        "--wiredTigerCacheSizeGB", CACHE_GIGABYTES,
        "--oplogSize", OPLOG_MEGABYTES,
        "--journalCommitInterval", JOURNAL_MS,
        "--networkMessageCompressors", "snappy,zstd",
        "--setParameter", "diagnosticDataCollectionEnabled=false",
        "--setParameter", f"transactionLifetimeLimitSeconds={TRANSACTION_SECONDS}",
        "--slowms", NEVER_SLOW_MS,
        "--nounixsocket",
        "--quiet",
    ]  # fmt: skip


def url(folder: DataFolder, port: int, service: str, *, address: str | None = None) -> str:
    """Give a service's address with its user, password and database; `address` is mongod's where it is elsewhere."""
    at = address or _address(port)
    return f"mongodb://{service}:{folder.password(service)}@{at}/{service}?replicaSet={REPLICA_SET}"


def worth_showing(line: str) -> bool:
    """Whether the console shows a line of its log: errors, and what is no log line (the loader's complaints)."""
    try:
        return json.loads(line)["s"] in WORTH_SHOWING
    except (ValueError, KeyError, TypeError):
        return True


class Probe:
    """Asks mongod over the wire what it is: no driver, no user, nothing left behind."""

    def __init__(self, port: int) -> None:
        """Ask at this port."""
        self._port = port

    async def alive(self) -> bool:
        """Whether it answers at all."""
        return await self._hello() is not None

    async def primary(self) -> bool:
        """Whether it takes writes."""
        return bool((await self._hello() or {}).get("isWritablePrimary"))

    async def _hello(self) -> dict[str, Any] | None:
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                return await _hello(self._port)
        except (OSError, EOFError, TimeoutError):
            return None


async def prepare(folder: DataFolder, port: int, services: Sequence[str], *, address: str | None = None) -> None:
    """Make it the primary of its replica set under its address, with one user per service. Finds it done, too.

    Args:
        folder: keeps the passwords.
        port: at which it is reached on loopback: nowhere else does it let the first user be made.
        services: who gets a database.
        address: `host:port` by which it is known to others; on loopback unless given.

    Raises:
        SecretsLost: the data knows another password than the folder of secrets.
    """
    known_as = address or _address(port)
    try:
        await _stay_member(folder, port, known_as)
    except OperationFailure as error:
        if error.code != AUTHENTICATION_FAILED:
            raise
        await _begin(folder, port, known_as)
    await _until_primary(port)
    async with _client(port, ADMIN, folder.password(ADMIN)) as client:
        for service in services:
            await _provide_user(client, service, folder.password(service))


async def _stay_member(folder: DataFolder, port: int, address: str) -> None:
    """A replica set that finds itself under another address has no primary until it is told of the move.

    mongod first asks the old address whether it is itself. Where another program holds that port and says nothing, it
    knows no configuration for 30 seconds, and this raises until then.
    """
    async with _client(port, ADMIN, folder.password(ADMIN)) as client:
        config = (await client.admin.command("replSetGetConfig"))["config"]
        first, *others = config["members"]
        if first["host"] != address and not others:  # who has made it larger knows where it is
            first["host"] = address
            config["version"] += 1
            await client.admin.command("replSetReconfig", config, force=True)


async def _begin(folder: DataFolder, port: int, address: str) -> None:
    """Make the replica set and its first user: allowed without a password until that user exists."""
    members = [{"_id": 0, "host": address}]
    try:
        async with _client(port) as client:
            if not (await client.admin.command("hello")).get("setName"):  # else an earlier start came this far
                await client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
            await _until_primary(port)
            await client.admin.command("createUser", ADMIN, pwd=folder.password(ADMIN), roles=["root"])
    except OperationFailure as error:
        if error.code == UNAUTHORIZED:
            raise SecretsLost(folder=folder.mongo, secrets=folder.secrets) from error
        raise


async def _until_primary(port: int) -> None:
    while not await Probe(port).primary():  # noqa: ASYNC110 - another process becomes it, and tells nobody
        await asyncio.sleep(PRIMARY_SECONDS)


async def _provide_user(client: Client, service: str, password: str) -> None:
    """Give a service its database, and an audit database to which it can only add."""
    audit = client[f"{service}_audit"]
    if not (await audit.command("rolesInfo", AUDIT_ROLE))["roles"]:
        privilege = {"resource": {"db": audit.name, "collection": ""}, "actions": AUDIT_ACTIONS}
        await audit.command("createRole", AUDIT_ROLE, privileges=[privilege], roles=[])
    own = client[service]
    if not (await own.command("usersInfo", service))["users"]:
        roles = ["readWrite", "dbAdmin", {"role": AUDIT_ROLE, "db": audit.name}]
        await own.command("createUser", service, pwd=password, roles=roles)


def _client(port: int, user: str | None = None, password: str | None = None) -> Client:
    return AsyncMongoClient(
        HOST, port, username=user, password=password, directConnection=True, serverSelectionTimeoutMS=5_000
    )


def _address(port: int) -> str:
    return f"{HOST}:{port}"


def new_key_file() -> str:
    """Give a secret that the members of a replica set know each other by."""
    return base64.b64encode(os.urandom(KEY_FILE_BYTES)).decode("ascii")


async def _hello(port: int) -> dict[str, Any]:
    """Send one OP_MSG with the command `hello`, which needs no user, and read the answer."""
    body = struct.pack("<iB", 0, 0) + bson.encode({"hello": 1, "$db": "admin"})
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        writer.write(struct.pack("<iiii", HEADER_BYTES + len(body), 1, 0, OP_MSG) + body)
        (length,) = struct.unpack("<i", await reader.readexactly(4))
        answer = await reader.readexactly(length - 4)
        return bson.decode(answer[HEADER_BYTES - 4 + 5 :])
    finally:
        writer.close()
