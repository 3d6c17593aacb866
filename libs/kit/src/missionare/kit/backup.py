"""Backup: one snapshot of a service's database as files, taken while the service runs.

    taken = await backup(service, into=Path("2026-11-28"))   # writes 2026-11-28/<service>/

Every collection is read as it was at the same moment (`readConcern: snapshot`): collections read one after the other
would hold a fact without the state it tells of. MongoDB remembers a moment for `minSnapshotHistoryWindowInSeconds`
(300 by default); a database that takes longer to read needs a longer memory, and the refusal says so.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, ClassVar, Final

from pymongo.errors import OperationFailure

from missionare.kit.archive import AUDIT, DOCUMENTS, Kept, Manifest, Writing, written
from missionare.kit.eras import RESTORING
from missionare.kit.ids import uuid7
from missionare.kit.ledger import FIRST_ERA, RELAY
from missionare.kit.logs import log
from missionare.kit.mongo import Document
from missionare.kit.refusals import Refusal, Text
from missionare.kit.service import Service

ACTOR: Final = "machine:backup"
TRIES: Final = 5
PAUSE_SECONDS: Final = 1.0
PAGE_DOCUMENTS: Final = 1_000
SNAPSHOT_TOO_OLD: Final = 239
SNAPSHOT_UNAVAILABLE: Final = 246
"""A collection or an index was just made or dropped, and cannot be read as it was before that."""
OF_INDEXES: Final = frozenset({"v", "ns", "key"})


class BackupTookTooLong(Refusal):
    """The database no longer remembers the moment that was being read."""

    status = 503
    text: ClassVar[Text] = {
        "de": "Die Sicherung von {service} hat {seconds} s gebraucht, und so lange merkt sich MongoDB einen Stand "
        "nicht. Setzen Sie minSnapshotHistoryWindowInSeconds auf mehr als die Dauer der Sicherung und wiederholen Sie "
        "den Befehl. Geschrieben wurde nichts.",
        "en": "The backup of {service} took {seconds} s, and MongoDB does not remember a moment for so long. Set "
        "minSnapshotHistoryWindowInSeconds to more than a backup takes and repeat the command. Nothing was written.",
    }


class CollectionsChange(Refusal):
    """Collections were made or dropped again and again while they were read."""

    status = 503
    text: ClassVar[Text] = {
        "de": "In der Datenbank von {service} werden gerade Sammlungen angelegt oder entfernt, etwa weil ein "
        "Lesemodell neu aufgebaut wird. Warten Sie, bis das beendet ist, und wiederholen Sie den Befehl. Geschrieben "
        "wurde nichts.",
        "en": "Collections are being made or dropped in the database of {service}, for example because a read model "
        "is being built. Wait until that has ended and repeat the command. Nothing was written.",
    }


@dataclass(frozen=True)
class Step:
    """How far a backup or a restore is."""

    phase: str
    collection: str
    documents: int
    done: int
    """Collections so far."""
    of: int


@dataclass(frozen=True)
class Taken:
    """What came of a backup."""

    service: str
    folder: str
    taken_at: datetime
    era: int
    collections: int
    documents: int
    bytes: int
    left_out: list[str]
    seconds: float


Tell = Callable[[Step], None]


class Snapshot:
    """A database as it was at one moment: that of the first reading."""

    def __init__(self, client: Any, database: str) -> None:
        """Read through one of PyMongo's waiting clients."""
        self._client = client
        self._main = client[database]
        self._audit = client[f"{database}_audit"]
        self._session = client.start_session(snapshot=True)
        self._relay, self.name = self._pin()

    def _pin(self) -> tuple[Document, str]:
        """Take the moment, with what the relay's row says at it."""
        asked = {"find": "leases", "filter": {"_id": RELAY}, "limit": 1}
        cursor = self._main.command(asked, session=self._session)["cursor"]
        rows = cursor["firstBatch"]
        at = cursor["atClusterTime"]
        self.taken_at = datetime.fromtimestamp(at.time, UTC)
        return (dict(rows[0]) if len(rows) else {}), f"{at.time}.{at.inc}"

    @property
    def era(self) -> int:
        """The owner's era at this moment."""
        return int(self._relay.get("era", FIRST_ERA))

    def names(self) -> list[str]:
        """Name the collections there are now; MongoDB tells no earlier list."""
        return sorted(
            name for name in self._main.list_collection_names() if not name.startswith((RESTORING, "system."))
        )

    def pages(self, part: str, collection: str) -> Iterator[bytes]:
        """Give a collection's documents as BSON, many at a time."""
        rows = (self._audit if part == AUDIT else self._main)[collection]
        yield from rows.find_raw_batches({}, batch_size=PAGE_DOCUMENTS, session=self._session)

    def indexes(self, part: str, collection: str) -> list[Document]:
        """Describe a collection's indexes, without the one that every collection has."""
        rows = (self._audit if part == AUDIT else self._main)[collection]
        found = [dict(index) for index in rows.list_indexes()]
        return [_described(index) for index in found if index["name"] != "_id_"]

    def close(self) -> None:
        """Let the moment go."""
        self._session.end_session()
        self._client.close()


async def backup(
    service: Service, into: Path, *, tell: Tell = lambda _: None, reading: type[Snapshot] = Snapshot
) -> Taken:
    """Write one snapshot of a service's database to `into/<service>`; the service may run, its database must be open.

    Args:
        service: whose database it is.
        into: the folder of a backup, which may hold those of other services.
        tell: told after each collection, from another thread.
        reading: what the database is read through.

    Raises:
        BackupThere, BackupNotWritten, BackupTookTooLong, CollectionsChange: nothing is left behind.
    """
    began = time.monotonic()
    place = into / service.name
    left_out = sorted(view.collection for view in service.context.views if not view.backed_up)
    for attempt in range(1, TRIES + 1):
        try:
            manifest = await asyncio.to_thread(_write, service, place, left_out, tell, reading)
            break
        except OperationFailure as error:
            if error.code == SNAPSHOT_TOO_OLD:
                raise BackupTookTooLong(service=service.name, seconds=round(time.monotonic() - began)) from error
            if error.code != SNAPSHOT_UNAVAILABLE:
                raise
            log.info("collections have just changed, the backup begins again", attempt=attempt)
            if attempt == TRIES:
                raise CollectionsChange(service=service.name) from error
            await asyncio.sleep(PAUSE_SECONDS)
    await note(service, ACTOR, "backup", [f"snapshot:{manifest.snapshot}"])
    return Taken(
        service=service.name,
        folder=str(place),
        taken_at=manifest.taken_at,
        era=manifest.era,
        collections=len(manifest.collections),
        documents=manifest.documents,
        bytes=manifest.bytes,
        left_out=left_out,
        seconds=round(time.monotonic() - began, 1),
    )


async def note(service: Service, actor: str, what: str, objects: Sequence[str]) -> None:
    """Add a row to the audit trail about something that was done to the database as a whole."""
    row = {"_id": uuid7(), "at": datetime.now(UTC), "actor": actor, "correlation_id": uuid7()}
    await service.database.audit.insert_one({**row, "what": what, "why": "", "objects": list(objects)})


def version_of(service: str) -> str:
    """Give the version of a service as it is installed."""
    try:
        return version(f"missionare-{service}")
    except PackageNotFoundError:
        return "unknown"


def _write(service: Service, place: Path, left_out: Sequence[str], tell: Tell, reading: type[Snapshot]) -> Manifest:
    snapshot = reading(service.database.plain(), service.database.name)
    try:
        with written(place) as writing:
            names = [name for name in snapshot.names() if name not in left_out]
            kept: list[Kept] = []
            for number, name in enumerate(names, 1):
                kept.append(_keep(writing, snapshot, DOCUMENTS, name))
                tell(Step("reading", name, kept[-1].documents, number, len(names)))
            manifest = Manifest(
                service=service.name,
                version=version_of(service.name),
                taken_at=snapshot.taken_at,
                snapshot=snapshot.name,
                era=snapshot.era,
                collections=kept,
                audit=_keep(writing, snapshot, AUDIT, "audit"),
                left_out=list(left_out),
            )
            writing.finish(manifest)
            return manifest
    finally:
        snapshot.close()


def _keep(writing: Writing, snapshot: Snapshot, part: str, name: str) -> Kept:
    return writing.keep(part, name, snapshot.pages(part, name), snapshot.indexes(part, name))


def _described(index: Document) -> Document:
    """Write an index as `createIndexes` takes it."""
    options = {name: value for name, value in index.items() if name not in OF_INDEXES}
    return {"key": dict(index["key"]), **options}
