"""Real servers for tests: one mongod and one broker per test process, started when first asked for."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from support.brokers import bundled_broker
from support.described import expect_described
from support.servers import free_port, run_server, stop_server
from support.waiting import wait_until

from missionare.kit import testing
from missionare.kit.mongo import Database

# Every run tries the same examples, and a slow machine is no failure.
hypothesis.settings.register_profile("missionare", deadline=None, derandomize=True)
hypothesis.settings.load_profile("missionare")

testing.OBSERVERS.append(expect_described)

# httpx2 looks for it at every request to an application, and Python would go through all folders each time.
sys.modules.setdefault("sniffio", None)

ROOM = 2 * 1024**3
ONE_WORKER_PER_SERVICE = "test_facts_come_by_the_topic.py"
"""Its tests share a worker for each service, which takes seconds to join its group."""
ONE_SERVICE_EACH = frozenset({"kit", "members", "journeys", "catalog", "notifications"})


HEAVY = ("platform", "browser", "bench")
"""Folders whose files start a platform or a browser for all their tests, and may take minutes. They come first, in
this order: begun last, one of them would leave the other workers idle."""
CORES = 2
"""So many workers have platforms and browsers; one more has the other tests, which rather wait than work."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give all tests of a heavy file to one worker, and have no more of these at once than there are cores.

    xdist 3.8 cannot group them itself with pytest 9.2: it writes the group into a field that is not read any more
    (pytest-xdist issue 1386), and the mark `xdist_group` does nothing.
    """
    from xdist.scheduler import LoadScopeScheduling

    config.option.loadscopereorder = False  # the items are in order already, and not by the number of tests in a file

    class ByPlatform(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file, _, test = nodeid.partition("::")
            if Path(file).name == ONE_WORKER_PER_SERVICE:
                return file + test.partition("[")[2].rstrip("]").partition("-")[0]
            return file if _folder(nodeid) in HEAVY else nodeid

        def _reschedule(self, node: Any) -> None:
            if self._is_spare(node) and self.workqueue and not self._light():
                node.shutdown()
            else:
                super()._reschedule(node)

        def _assign_work_unit(self, node: Any) -> None:
            if self._is_spare(node) and (light := self._light()):
                self.workqueue.move_to_end(light, last=False)
            super()._assign_work_unit(node)

        def _is_spare(self, node: Any) -> bool:
            return int(node.gateway.id.removeprefix("gw")) >= CORES

        def _light(self) -> str | None:
            """Name the next unit of work that is not heavy."""
            return next((unit for unit in self.workqueue if _folder(unit) not in HEAVY), None)

    return ByPlatform(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the collector of garbage away from what stays until the end: modules and tests are a million objects."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the longest first. On another broker run those tests alone that talk to it: the rest is the same there."""
    items.sort(key=lambda item: _place_in_line(item.path.parent.name))
    if os.environ.get("MISSIONARE_TEST_BROKER") != "apache":
        return
    concerned = [
        item for item in items if item.get_closest_marker("apache") or "kafka" in getattr(item, "fixturenames", ())
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in concerned])
    items[:] = concerned


def _folder(nodeid: str) -> str:
    return Path(nodeid.partition("::")[0]).parent.name


def _place_in_line(folder: str) -> int:
    return HEAVY.index(folder) if folder in HEAVY else len(HEAVY)


@pytest.fixture(scope="session")
def mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A replica set of one without authentication; gives its address without a database."""
    from missionare.cli.servers.executables import MONGOD
    from missionare.cli.servers.libcurl import environment
    from missionare.cli.servers.mongod import JOURNAL_MS, TRANSACTION_SECONDS

    data = _scratch(tmp_path_factory)
    port = free_port()
    command = [str(MONGOD.find()), "--replSet", "test", "--bind_ip", "127.0.0.1", "--port", str(port)]
    command += ["--dbpath", str(data), "--wiredTigerCacheSizeGB", "0.25", "--nounixsocket", "--quiet"]
    command += ["--setParameter", "diagnosticDataCollectionEnabled=false", "--oplogSize", "128"]
    command += ["--journalCommitInterval", JOURNAL_MS]
    command += ["--setParameter", f"transactionLifetimeLimitSeconds={TRANSACTION_SECONDS}"]  # as the platform runs it
    process = run_server(command, env=environment(data), log=data / "mongod.log")
    try:
        _initiate(port)
        yield f"mongodb://127.0.0.1:{port}"
    finally:
        died = process.poll() is not None
        stop_server(process)
        said = (data / "mongod.log").read_text(errors="replace")[-2_000:]
        shutil.rmtree(data, ignore_errors=True)
    assert not died, f"mongod ended by itself; it last said:\n{said}"


def _scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder for data that no test asks to survive a power cut: in memory where there is room."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM
    return Path(tempfile.mkdtemp(prefix="missionare-test-", dir=memory)) if roomy else tmp_path_factory.mktemp("mongod")


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


@pytest.fixture(scope="session")
def emptying(mongod: str) -> Iterator[Callable[[str], None]]:
    """What empties a database of every document and leaves its collections and indexes."""
    from pymongo import MongoClient, WriteConcern

    with MongoClient[dict[str, Any]](mongod, directConnection=True) as client:

        def empty(name: str) -> None:
            # One look at all collections, because most of them are empty already; and one wait, for the last.
            database = client[name]
            looks = [
                {"$unionWith": {"coll": collection, "pipeline": [{"$limit": 1}, {"$project": {"of": collection}}]}}
                for collection in database.list_collection_names()
            ]
            full = [row["of"] for row in database.aggregate([{"$documents": []}, *looks])]
            hasty = database.with_options(write_concern=WriteConcern(1))
            for number, collection in enumerate(full, 1):
                (database if number == len(full) else hasty)[collection].delete_many({})

        yield empty


@pytest.fixture
def mongo_url(mongod: str, emptying: Callable[[str], None], request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database that is empty when the test begins.

    Tests of one folder follow each other in one database: emptying its collections is ten times quicker than making
    them and their indexes anew. A folder whose tests run several services gets a new one each time.
    """
    from pymongo import MongoClient

    folder = request.path.parent.name
    if folder in ONE_SERVICE_EACH:
        yield f"{mongod}/t_{folder}?replicaSet=test"
        emptying(f"t_{folder}")
        emptying(f"t_{folder}_audit")
        return
    name = f"t{uuid.uuid4().hex[:12]}"
    yield f"{mongod}/{name}?replicaSet=test"
    with MongoClient[dict[str, Any]](mongod, directConnection=True) as client:
        client.drop_database(f"{name}_audit")
        client.drop_database(name)


@pytest.fixture
async def database(mongo_url: str) -> AsyncIterator[Database]:
    """A database of this test's own, through the driver that the run asks for."""
    database = Database(mongo_url, "pymongo" if os.environ.get("MISSIONARE_MONGO_DRIVER") == "pymongo" else "motor")
    yield database
    await database.close()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker of this test process's own; gives its address.

    It is the bundled one, in memory, or Apache Kafka where the run asks for it (`MISSIONARE_TEST_BROKER=apache`).
    """
    if os.environ.get("MISSIONARE_TEST_BROKER") == "apache":
        from support.brokers import SHORT_SESSIONS, apache_kafka

        with apache_kafka(_scratch(tmp_path_factory), differing=SHORT_SESSIONS) as apache:
            yield apache.address
        return
    with bundled_broker(tmp_path_factory.mktemp("broker")) as bundled:
        yield bundled.address
