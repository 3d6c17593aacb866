"""A backup is one moment of a database, and a restore brings it back without taking anything for something else."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure
from support.boxes.events import BoxFilled
from support.boxes.fillings import confirm, fillings, service_of
from support.boxes.service import SYSTEM, Box, Boxes, save

from missionare.kit.archive import (
    MANIFEST,
    BackupDamaged,
    BackupNotWritten,
    BackupOfAnother,
    BackupThere,
    BackupTooNew,
    NoBackup,
)
from missionare.kit.backup import (
    SNAPSHOT_TOO_OLD,
    SNAPSHOT_UNAVAILABLE,
    BackupTookTooLong,
    Snapshot,
    Step,
    backup,
)
from missionare.kit.eras import RESTORING
from missionare.kit.mongo import Document
from missionare.kit.restore import NotEmpty, ServiceRuns, restore
from missionare.kit.service import CannotStart, Service
from missionare.kit.upkeep import COMMANDS

pytestmark = pytest.mark.thorough  # whole databases, written and read

Begin = Callable[[], Service]


@pytest.fixture
async def begin(mongo_url: str, tmp_path: Path) -> AsyncIterator[Begin]:
    """Each call gives a process of the service, as it were; each has connections of its own."""
    begun: list[Service] = []

    def new() -> Service:
        begun.append(service_of(mongo_url, tmp_path, fillings()))
        return begun[-1]

    yield new
    for service in begun:
        await service.stop()


@pytest.fixture
async def taken(begin: Begin, tmp_path: Path) -> Path:
    """A backup of two boxes: one fact of theirs is confirmed, one is pending. No process runs any more."""
    service = begin()
    await service.open()
    box = await save(service.context, Box(id="b1"), BoxFilled(box_id="b1", items=1))
    await confirm(service.context)
    await save(service.context, box, BoxFilled(box_id="b1", items=2))
    await service.database.audit.insert_one({"_id": "a1", "at": await service.context.ledger.server_time()})
    await backup(service, tmp_path / "kept")
    await service.stop()
    return tmp_path / "kept"


@pytest.fixture
def raw(mongo_url: str) -> Iterator[Any]:
    """The database as somebody else sees it."""
    with MongoClient[Document](mongo_url) as client:
        yield client.get_default_database()


def content(raw: Any) -> dict[str, list[Document]]:
    """Give everything that a database holds."""
    return {
        name: list(raw[name].find({}, sort=[("_id", 1)]))
        for name in sorted(raw.list_collection_names())
        if raw[name].find_one({}) is not None
    }


def empty(raw: Any) -> None:
    """Make it a new machine's."""
    raw.client.drop_database(raw.name)
    raw.client.drop_database(f"{raw.name}_audit")


async def test_a_new_machine_gets_everything_and_tells_what_was_pending(begin: Begin, taken: Path, raw: Any) -> None:
    before, indexes = content(raw), raw["facts"].index_information()
    empty(raw)

    restored = await restore(begin(), taken)

    after = content(raw)
    for name in ("boxes", "facts", "confirmations", "outbox"):
        assert after[name] == before[name]
    assert raw["facts"].index_information() == indexes
    assert (restored.pending, restored.unknown, restored.audit) == (1, 0, 1)
    assert restored.era > before["leases"][0]["era"]
    [audited] = raw.client[f"{raw.name}_audit"]["audit"].find({"what": "restore"})
    assert f"era:{restored.era}" in audited["objects"]


async def test_the_same_backup_may_be_restored_twice_and_each_time_begins_an_era(
    begin: Begin, taken: Path, raw: Any
) -> None:
    eras = []
    for _ in range(2):
        service = begin()
        eras.append((await restore(service, taken, replace=True)).era)
        box = await service.context.views[Boxes].get("b1", SYSTEM)  # type: ignore[attr-defined]
        await save(service.context, box, BoxFilled(box_id="b1", items=3))
        await service.stop()

    last = raw["facts"].find_one({}, sort=[("_id", -1)])
    assert eras[0] < eras[1] == last["era"]
    assert (last["sequence"], last["previous"]) == (3, "1.2")


async def test_a_ledger_that_is_no_snapshot_is_put_right(begin: Begin, tmp_path: Path, raw: Any) -> None:
    service = begin()
    await service.open()
    await save(service.context, Box(id="b1"), BoxFilled(box_id="b1", items=1))
    raw["outbox"].delete_many({})
    raw["confirmations"].insert_one({"_id": {"era": 1, "n": 1}, "facts": ["never-heard-of"]})
    await backup(service, tmp_path / "kept")
    await service.stop()

    restored = await restore(begin(), tmp_path / "kept", replace=True)

    assert (restored.pending, restored.unknown) == (1, 1)
    assert [row["key"] for row in raw["outbox"].find({})] == ["b1"]
    assert raw["confirmations"].find_one({})["facts"] == []


async def test_nobody_holds_a_lease_after_a_restore(begin: Begin, taken: Path, raw: Any) -> None:
    raw["leases"].update_one({"_id": "relay"}, {"$set": {"owner": "somebody"}})

    restored = await restore(begin(), taken, replace=True)

    relay = raw["leases"].find_one({"_id": "relay"})
    assert (relay["owner"], relay["era"], relay["n"]) == (None, restored.era, 0)


async def test_a_service_that_runs_is_not_restored(begin: Begin, taken: Path, raw: Any) -> None:
    running = begin()
    await running.open()
    before = content(raw)

    with pytest.raises(ServiceRuns):
        await restore(begin(), taken, replace=True)

    assert content(raw) == before


async def test_a_database_that_is_not_empty_is_replaced_only_when_told(begin: Begin, taken: Path, raw: Any) -> None:
    before = content(raw)

    with pytest.raises(NotEmpty):
        await restore(begin(), taken)

    assert content(raw) == before


async def test_what_the_backup_does_not_know_is_gone_afterwards(begin: Begin, taken: Path, raw: Any) -> None:
    raw["fillings@2"].insert_one({"_id": "later"})

    await restore(begin(), taken, replace=True)

    assert "fillings@2" not in raw.list_collection_names()


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def change(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


async def test_a_damaged_backup_changes_nothing(begin: Begin, taken: Path, raw: Any) -> None:
    before, service = content(raw), begin()
    for name in (MANIFEST, "documents/facts.bson.gz", "audit/audit.bson.gz"):
        file = taken / "boxes" / name
        whole = file.read_bytes()
        for spoil in (cut, change, Path.unlink):
            spoil(file)
            with pytest.raises((BackupDamaged, NoBackup)) as refused:
                await restore(service, taken, replace=True)
            assert name in refused.value.say("en")
            file.write_bytes(whole)

    assert content(raw) == before


async def test_another_service_s_backup_is_refused(begin: Begin, taken: Path) -> None:
    service = begin()
    service.name = "other"
    (taken / "boxes").rename(taken / "other")

    with pytest.raises(BackupOfAnother):
        await restore(service, taken, replace=True)


async def test_a_form_that_is_not_known_yet_is_refused(begin: Begin, taken: Path) -> None:
    manifest = taken / "boxes" / MANIFEST
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": 2}))

    with pytest.raises(BackupTooNew):
        await restore(begin(), taken, replace=True)


async def test_an_interrupted_restore_keeps_the_service_from_starting_until_it_is_done_again(
    begin: Begin, taken: Path, raw: Any
) -> None:
    raw["facts"].rename("restoring.facts")  # as after a death while things took their place
    raw[RESTORING].insert_one({"_id": "restore", "replacing": True})
    interrupted = begin()
    with pytest.raises(CannotStart, match="missionare restore boxes"):
        await interrupted.open()
    await interrupted.stop()

    await restore(begin(), taken)

    assert raw["facts"].count_documents({}) == 2
    assert not [name for name in raw.list_collection_names() if name.startswith(RESTORING)]


async def test_what_people_did_since_stays_written_down_and_is_named(begin: Begin, taken: Path, raw: Any) -> None:
    audit = raw.client[f"{raw.name}_audit"]["audit"]
    later = raw.client.admin.command("hello")["localTime"].replace(year=2100)
    audit.insert_one({"_id": "a2", "at": later, "actor": "person:p1", "what": "end_role"})

    restored = await restore(begin(), taken, replace=True)

    assert restored.forgotten == {"end_role": 1}
    assert {row["_id"] for row in audit.find({})} >= {"a1", "a2"}


def everything_in(folder: Path) -> list[Path]:
    return [folder, *folder.rglob("*")]


async def test_a_backup_is_its_owner_s_alone_and_never_overwritten(begin: Begin, taken: Path) -> None:
    assert not [file for file in everything_in(taken) if stat.S_IMODE(file.stat().st_mode) & 0o077]
    service = begin()
    await service.open()
    with pytest.raises(BackupThere):
        await backup(service, taken)


class OneAfterTheOther(Snapshot):
    """The defect: each collection is read as it is when its turn comes."""

    def pages(self, part: str, collection: str) -> Iterator[bytes]:
        self._session.end_session()
        self._session = self._client.start_session()
        yield from super().pages(part, collection)


@pytest.mark.parametrize(("reading", "whole"), [(Snapshot, True), (OneAfterTheOther, False)])
async def test_a_backup_under_load_holds_a_fact_only_with_the_state_it_tells_of(
    begin: Begin, tmp_path: Path, raw: Any, *, reading: type[Snapshot], whole: bool
) -> None:
    service = begin()
    await service.open()
    box = await save(service.context, Box(id="b1"), BoxFilled(box_id="b1", items=1))
    loop = asyncio.get_running_loop()

    def fill_meanwhile(step: Step) -> None:
        """Once `boxes` is read, and before `facts` is."""
        if step.collection == "boxes":
            filling = save(service.context, box, BoxFilled(box_id="b1", items=2))
            asyncio.run_coroutine_threadsafe(filling, loop).result()

    await backup(service, tmp_path / "kept", tell=fill_meanwhile, reading=reading)
    await service.stop()
    await restore(begin(), tmp_path / "kept", replace=True)

    told = raw["facts"].count_documents({})
    assert (raw["boxes"].find_one({"_id": "b1"})["chain"]["sequence"] == told) is whole


async def test_many_writers_leave_no_trace_of_half_a_command_in_a_backup(
    begin: Begin, tmp_path: Path, raw: Any
) -> None:
    service = begin()
    await service.open()
    begun, enough = asyncio.Event(), asyncio.Event()

    async def fill(name: str) -> int:
        box, count = Box(id=name), 0
        while not enough.is_set():
            box, count = await save(service.context, box, BoxFilled(box_id=name, items=1)), count + 1
            begun.set()
        return count

    writers = [asyncio.create_task(fill(f"b{number}")) for number in range(8)]
    await begun.wait()
    await backup(service, tmp_path / "kept")
    enough.set()
    written = sum(await asyncio.gather(*writers))
    await service.stop()

    await restore(begin(), tmp_path / "kept", replace=True)

    sequences = {row["_id"]: row["chain"]["sequence"] for row in raw["boxes"].find({})}
    told: dict[str, int] = {}
    for fact in raw["facts"].find({}):
        told[fact["subject"]] = told.get(fact["subject"], 0) + 1
    assert told == sequences
    assert 0 < sum(told.values()) < written
    assert raw["outbox"].count_documents({}) == sum(told.values())


class Changing(Snapshot):
    """A database in which a collection was made or dropped a moment ago, once."""

    left = 1

    def pages(self, part: str, collection: str) -> Iterator[bytes]:
        if self.left:
            Changing.left -= 1
            raise OperationFailure("collection changes", SNAPSHOT_UNAVAILABLE)
        yield from super().pages(part, collection)


class Forgetful(Snapshot):
    """A database that does not remember the moment any more."""

    def pages(self, part: str, collection: str) -> Iterator[bytes]:
        raise OperationFailure("too old", SNAPSHOT_TOO_OLD)


async def test_collections_that_change_only_delay_a_backup(begin: Begin, tmp_path: Path) -> None:
    service = begin()
    await service.open()

    report = await backup(service, tmp_path / "kept", reading=Changing)

    assert Changing.left == 0
    assert report.collections > 0


async def test_a_backup_that_takes_too_long_leaves_nothing_behind(begin: Begin, tmp_path: Path) -> None:
    service = begin()
    await service.open()

    with pytest.raises(BackupTookTooLong, match="minSnapshotHistoryWindowInSeconds"):
        await backup(service, tmp_path / "kept", reading=Forgetful)

    assert everything_in(tmp_path / "kept") == [tmp_path / "kept"]


async def test_a_place_that_cannot_be_written_is_said(begin: Begin, tmp_path: Path) -> None:
    service = begin()
    await service.open()
    (tmp_path / "kept").write_text("a file")

    with pytest.raises(BackupNotWritten):
        await backup(service, tmp_path / "kept")


async def test_the_process_tells_of_progress_and_outcome(
    begin: Begin, taken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = await COMMANDS["restore"](begin(), ["--from", str(taken), "--replace"])

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (status, {line.get("phase") for line in lines} >= {"checking", "preparing"}) == (0, True)
    assert (lines[-1]["service"], lines[-1]["pending"]) == ("boxes", 1)


@pytest.mark.parametrize(("language", "said"), [("de", "ist nicht leer"), ("en", "is not empty")])
async def test_a_refusal_is_one_sentence_on_standard_error(
    begin: Begin, taken: Path, capsys: pytest.CaptureFixture[str], language: str, said: str
) -> None:
    status = await COMMANDS["restore"](begin(), ["--from", str(taken), "--language", language])

    assert (status, said in capsys.readouterr().err) == (1, True)
