"""Real servers for tests: one mongod and one broker per test process, started when first asked for."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator

import pytest
from support.servers import free_port, listens, run_server, stop_server
from support.waiting import wait_until

from missionare.kit.mongo import Database


@pytest.fixture(scope="session")
def mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A replica set of one without authentication; gives its address without a database."""
    from missionare.cli.servers.executables import MONGOD
    from missionare.cli.servers.libcurl import environment

    data = tmp_path_factory.mktemp("mongod")
    port = free_port()
    command = [str(MONGOD.find()), "--replSet", "test", "--bind_ip", "127.0.0.1", "--port", str(port)]
    command += ["--dbpath", str(data), "--wiredTigerCacheSizeGB", "0.25", "--nounixsocket", "--quiet"]
    command += ["--setParameter", "diagnosticDataCollectionEnabled=false", "--oplogSize", "128"]
    process = run_server(command, env=environment(data), log=data / "mongod.log")
    try:
        _initiate(port)
        yield f"mongodb://127.0.0.1:{port}"
    finally:
        stop_server(process)
        shutil.rmtree(data, ignore_errors=True)


def _initiate(port: int) -> None:
    from pymongo import MongoClient
    from pymongo.errors import PyMongoError

    with MongoClient(f"mongodb://127.0.0.1:{port}", directConnection=True, serverSelectionTimeoutMS=200) as client:

        def answers() -> bool:
            try:
                client.admin.command("ping")
            except PyMongoError:
                return False
            return True

        wait_until(answers, "mongod answering")
        member = {"_id": 0, "host": f"127.0.0.1:{port}"}
        client.admin.command("replSetInitiate", {"_id": "test", "members": [member]})
        wait_until(lambda: bool(client.admin.command("hello")["isWritablePrimary"]), "mongod becoming primary")


@pytest.fixture
async def mongo_url(mongod: str) -> AsyncIterator[str]:
    """The address of a database of this test's own, thrown away afterwards."""
    from pymongo import AsyncMongoClient

    name = f"t{uuid.uuid4().hex[:12]}"
    yield f"{mongod}/{name}?replicaSet=test"
    async with AsyncMongoClient(mongod) as client:
        await client.drop_database(name)
        await client.drop_database(f"{name}_audit")


@pytest.fixture
async def database(mongo_url: str) -> AsyncIterator[Database]:
    """A database of this test's own, through the driver that the run asks for."""
    database = Database(mongo_url, "pymongo" if os.environ.get("MISSIONARE_MONGO_DRIVER") == "pymongo" else "motor")
    yield database
    await database.close()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The bundled Kafka-protocol broker, in memory; gives its address."""
    from missionare.cli.servers.executables import BROKER

    folder = tmp_path_factory.mktemp("broker")
    port = free_port()
    url = f"tcp://127.0.0.1:{port}"
    command = [str(BROKER.find()), "broker", "--listener-url", url, "--advertised-listener-url", url]
    command += ["--storage-engine", "memory://tansu/", "--cluster-id", "test"]
    process = run_server(command, log=folder / "broker.log")
    try:
        wait_until(lambda: listens(port), "the broker listening")
        yield f"127.0.0.1:{port}"
    finally:
        stop_server(process)
