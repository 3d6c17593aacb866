"""Restore: a service's database as a backup has it, in an era of its own.

    restored = await restore(service, Path("2026-11-28"))    # reads 2026-11-28/<service>/

Nothing is touched before every file has proven to be as it was written and the database to be free: no process of the
service is connected, and there is nothing in it, or it may be replaced. The documents are then prepared under other
names beside what is there, and take its place when they are complete. As long as that is under way a mark in the
database keeps the service from starting; what was interrupted is done again by the same command.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Final

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import IndexModel
from pymongo.errors import BulkWriteError

from missionare.kit import backup, eras
from missionare.kit.archive import Archive, Kept
from missionare.kit.backup import Step, Tell
from missionare.kit.eras import RESTORING, Renewed
from missionare.kit.mongo import UNREACHABLE, Document
from missionare.kit.refusals import Refusal, Text
from missionare.kit.service import CannotStart, Service

ACTOR: Final = "machine:restore"
PREPARED: Final = f"{RESTORING}."
"""How the names of collections begin that are to take their place."""
PAGE_BYTES: Final = 8 * 1024 * 1024
DUPLICATE_KEY: Final = 11_000
BESIDE: Final = frozenset({"leases", "cursors", "counters", "positions", "hops", RESTORING})
"""What a service writes by merely running: a database with nothing else in it counts as empty."""
SHOWN: Final = 5
LOOKS: Final = 20
LOOK_SECONDS: Final = 0.1
AWARE: Final[CodecOptions[RawBSONDocument]] = CodecOptions(RawBSONDocument, tz_aware=True, tzinfo=UTC)


class ServiceRuns(Refusal):
    """A process of the service has the database open."""

    text: ClassVar[Text] = {
        "de": "{service} läuft noch: mit seiner Datenbank verbunden ist {who}. Beenden Sie alle Prozesse dieses "
        "Dienstes, api und worker, und wiederholen Sie den Befehl. Nichts wurde geändert.",
        "en": "{service} still runs: connected to its database is {who}. Stop all processes of this service, api and "
        "worker, and repeat the command. Nothing was changed.",
    }


class NotEmpty(Refusal):
    """The database holds documents that a restore would replace."""

    text: ClassVar[Text] = {
        "de": "Die Datenbank von {service} ist nicht leer ({found}). Sollen ihre Daten durch die der Sicherung ersetzt "
        "werden, dann sichern Sie sie zuerst und wiederholen Sie den Befehl mit --replace. Nichts wurde geändert.",
        "en": "The database of {service} is not empty ({found}). If its data is to be replaced by that of the backup, "
        "take a backup of it first and repeat the command with --replace. Nothing was changed.",
    }


@dataclass(frozen=True)
class Restored:
    """What came of a restore."""

    service: str
    taken_at: datetime
    era: int
    """The owner's from now on, above every one before."""
    collections: int
    documents: int
    pending: int
    """Facts that no confirmation names: they are sent, whether or not they were before."""
    unknown: int
    """Ids that were dropped from confirmations, because there is no such fact."""
    audit: int
    """Rows of the audit trail that were missing."""
    forgotten: dict[str, int]
    """What people did since the backup, as far as the audit trail here has it, and which is undone by this: how often
    each act. Who must not act any more, and what was ended, has to be ended again."""
    seconds: float


async def restore(service: Service, source: Path, *, replace: bool = False, tell: Tell = lambda _: None) -> Restored:
    """Put a backup in the place of a service's database, which must not be open anywhere else.

    Args:
        service: whose database it is; not opened yet.
        source: the folder of the backup.
        replace: give up what the database holds.
        tell: told after each collection, from another thread.

    Raises:
        NoBackup, BackupDamaged, BackupTooNew, BackupOfAnother, ServiceRuns, NotEmpty: nothing was changed.
        CannotStart: the database does not answer; where it went away in between, the same command begins again.
    """
    began = time.monotonic()
    archive = Archive.read(source / service.name, service.name)
    await asyncio.to_thread(_check, archive, tell)
    await service.reach()
    restoring = _Restoring(service, archive, tell)
    try:
        await restoring.claim(replace=replace)
        renewed, audit, forgotten = await asyncio.to_thread(restoring.fill)
        await restoring.settle(renewed.era)
    except UNREACHABLE as error:
        msg = f"the database {service.name} went away ({type(error).__name__}). Start it and repeat the command."
        raise CannotStart(msg) from error
    finally:
        restoring.client.close()
    manifest = archive.manifest
    return Restored(
        service=service.name,
        taken_at=manifest.taken_at,
        era=renewed.era,
        collections=len(manifest.collections),
        documents=manifest.documents,
        pending=renewed.pending,
        unknown=renewed.unknown,
        audit=audit,
        forgotten=forgotten,
        seconds=round(time.monotonic() - began, 1),
    )


class _Restoring:
    """One restore, from the mark that it sets to the mark that it takes away."""

    def __init__(self, service: Service, archive: Archive, tell: Tell) -> None:
        self._service = service
        self._archive = archive
        self._tell = tell
        self.client: Any = service.database.plain()
        self._main = self.client[service.database.name]
        self._audit = self.client[f"{service.database.name}_audit"]["audit"]
        self._mark = service.database[RESTORING]

    async def claim(self, *, replace: bool) -> None:
        """Keep the service from starting, and make sure that it does not run and that nothing is lost.

        The mark comes first: a process that does not see it has connected before we look who is connected.
        """
        left = await self._mark.find_one({})
        await self._mark.update_one({"_id": "restore"}, {"$setOnInsert": {"replacing": False}}, upsert=True)
        try:
            if others := await self._others():
                raise ServiceRuns(service=self._service.name, who=", ".join(others[:SHOWN]))
            if not (replace or (left and left["replacing"])) and (found := await asyncio.to_thread(self._found)):
                raise NotEmpty(service=self._service.name, found=found)
        except Refusal:
            if left is None:
                await self._mark.drop()
            raise

    async def _others(self) -> list[str]:
        """Name who else is connected; the connections of a process that has just ended may outlive it by a moment."""
        for _ in range(LOOKS):
            if not (others := await self._service.database.others()):
                return []
            await asyncio.sleep(LOOK_SECONDS)
        return others

    def fill(self) -> tuple[Renewed, int, dict[str, int]]:
        """Prepare everything beside what is there, then let it take its place."""
        for name in self._main.list_collection_names():
            if name.startswith(PREPARED):
                self._main.drop_collection(name)
        kept = self._comes_back()
        for number, each in enumerate(kept, 1):
            self._prepare(each)
            self._tell(Step("preparing", each.name, each.documents, number, len(kept)))
        era = eras.above(self._archive.manifest.era, eras.era_of(self._main))
        renewed = eras.renew(self._main, era, prefix=PREPARED)
        self._main[RESTORING].update_one({"_id": "restore"}, {"$set": {"replacing": True}})
        self._take_place()
        added, known = self._complete_audit()
        return renewed, added, self._forgotten(known)

    async def settle(self, era: int) -> None:
        """Let every view put right what it says, note what was done, and let the service start again."""
        for view in self._service.context.views.values():
            await view.restored()
        objects = [f"snapshot:{self._archive.manifest.snapshot}", f"era:{era}"]
        await backup.note(self._service, ACTOR, "restore", objects)
        await self._mark.drop()
        await self._service.open()

    def _comes_back(self) -> list[Kept]:
        """Leave out what an older version had put into its backups and what is not kept any more."""
        left_out = {view.collection for view in self._service.context.views if not view.backed_up}
        return [kept for kept in self._archive.manifest.collections if kept.name not in left_out]

    def _found(self) -> str:
        """Name the collections that hold documents."""
        names = [name for name in self._main.list_collection_names() if not name.startswith((PREPARED, "system."))]
        filled = sorted(name for name in set(names) - BESIDE if self._main[name].find_one({}, {"_id": 1}) is not None)
        return ", ".join(filled[:SHOWN]) + (" ..." if len(filled) > SHOWN else "")

    def _prepare(self, kept: Kept) -> None:
        rows = self._main[PREPARED + kept.name]
        self._main.create_collection(rows.name)
        for page in _pages(self._archive.documents(kept)):
            rows.insert_many(page, ordered=False)
        if kept.indexes:
            rows.create_indexes([_index(index) for index in kept.indexes])

    def _take_place(self) -> None:
        """Rename what was prepared, and drop what the backup does not know."""
        prepared = [name for name in self._main.list_collection_names() if name.startswith(PREPARED)]
        for name in prepared:
            self._main[name].rename(name.removeprefix(PREPARED), dropTarget=True)
        known = {name.removeprefix(PREPARED) for name in prepared}
        for name in self._main.list_collection_names():
            if name not in known and name != RESTORING and not name.startswith("system."):
                self._main.drop_collection(name)

    def _forgotten(self, known: list[str]) -> dict[str, int]:
        """Count what the audit trail here tells of the time after the backup."""
        after = {
            "_id": {"$nin": known},
            "at": {"$gt": self._archive.manifest.taken_at},
            "actor": {"$nin": [ACTOR, backup.ACTOR]},
        }
        grouped = {"$group": {"_id": "$what", "n": {"$sum": 1}}}
        rows = self._audit.aggregate([{"$match": after}, grouped, {"$sort": {"_id": 1}}])
        return {str(row["_id"]): int(row["n"]) for row in rows}

    def _complete_audit(self) -> tuple[int, list[str]]:
        """Add the rows that the trail lacks. It is never set back: what people did stays written down.

        Given are how many, and which rows of the backup are of its very last moment or, by another clock, later.
        """
        added, taken_at = 0, self._archive.manifest.taken_at
        latest: list[str] = []
        for page in _pages(self._archive.documents(self._archive.manifest.audit)):
            latest += [row["_id"] for row in page if row["at"] > taken_at]
            try:
                self._audit.insert_many(page, ordered=False)
                added += len(page)
            except BulkWriteError as error:
                if any(failure["code"] != DUPLICATE_KEY for failure in error.details["writeErrors"]):
                    raise
                added += error.details["nInserted"]
        return added, latest


def _check(archive: Archive, tell: Tell) -> None:
    of = len(archive.manifest.collections) + 1
    for number, kept in enumerate(archive.check(), 1):
        tell(Step("checking", kept.name, kept.documents, number, of))


def _pages(documents: Iterator[bytes]) -> Iterator[list[RawBSONDocument]]:
    """Group documents so that memory holds a few megabytes of them."""
    page: list[RawBSONDocument] = []
    size = 0
    for document in documents:
        page.append(RawBSONDocument(document, AWARE))
        size += len(document)
        if size >= PAGE_BYTES:
            yield page
            page, size = [], 0
    if page:
        yield page


def _index(index: Document) -> IndexModel:
    options = dict(index)
    return IndexModel(list(options.pop("key").items()), **options)
