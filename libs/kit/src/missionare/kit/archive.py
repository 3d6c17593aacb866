"""Archive: a database as files, which say by themselves whether they are whole.

    <folder>/manifest.json                  what is in it, and when it was true
    <folder>/documents/<collection>.bson.gz one document after the other as BSON, compressed (`bsondump` reads it)
    <folder>/audit/audit.bson.gz            the audit trail beside the database, in the same form

The manifest has of each file its size, its SHA-256, the number of its documents and its collection's indexes, and a
SHA-256 of itself (`digest`, over all its other lines). A folder is written under another name beside its place and
gets its own when everything is on the disk, so that a folder of that name is whole. Nobody but its owner may read it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Final
from urllib.parse import quote

from bson import json_util

from missionare.kit.mongo import Document
from missionare.kit.refusals import Refusal, Text

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
DOCUMENTS: Final = "documents"
AUDIT: Final = "audit"
UNFINISHED: Final = ".unfinished"
"""How the name of a folder ends that is being written, or that was left by a process which was killed."""
LEVEL: Final = 3
"""Of compression: beyond it a third more time saves a twentieth of the space."""
CHUNK: Final = 1024 * 1024
PRIVATE: Final = 0o700
OWNER_ONLY: Final = 0o600
LENGTH_BYTES: Final = 4


class NoBackup(Refusal):
    """There is no backup where one was named."""

    status = 404
    text: ClassVar[Text] = {
        "de": "In {folder} liegt keine Sicherung: {file} fehlt. Nennen Sie mit --from den Ordner, der bei der "
        "Sicherung mit --into genannt wurde. Nichts wurde geändert.",
        "en": "{folder} holds no backup: {file} is missing. Name with --from the folder that was named with --into "
        "when it was taken. Nothing was changed.",
    }


class BackupDamaged(Refusal):
    """A file of the backup is not as it was written."""

    text: ClassVar[Text] = {
        "de": "Die Sicherung in {folder} ist beschädigt: {file} {reason_de}. Nehmen Sie eine andere Abschrift davon "
        "oder eine ältere Sicherung. Nichts wurde geändert.",
        "en": "The backup in {folder} is damaged: {file} {reason_en}. Take another copy of it, or an older backup. "
        "Nothing was changed.",
    }


class BackupOfAnother(Refusal):
    """The backup is another service's."""

    text: ClassVar[Text] = {
        "de": "In {folder} liegt eine Sicherung von {found}, nicht von {service}. Nennen Sie den richtigen Ordner. "
        "Nichts wurde geändert.",
        "en": "{folder} holds a backup of {found}, not of {service}. Name the right folder. Nothing was changed.",
    }


class BackupTooNew(Refusal):
    """The backup was written in a form that this version does not know."""

    text: ClassVar[Text] = {
        "de": "Die Sicherung in {folder} hat die Form {found}, diese Fassung kennt nur {known}. Stellen Sie sie mit "
        "der Fassung wieder her, die sie angelegt hat ({version}). Nichts wurde geändert.",
        "en": "The backup in {folder} has form {found}, this version knows only {known}. Restore it with the version "
        "that made it ({version}). Nothing was changed.",
    }


class BackupThere(Refusal):
    """There is something already where the backup was to be written."""

    text: ClassVar[Text] = {
        "de": "{folder} gibt es schon, und eine Sicherung wird nie überschrieben. Nennen Sie mit --into einen neuen "
        "Ordner, zum Beispiel mit dem heutigen Datum.",
        "en": "{folder} is there already, and a backup is never overwritten. Name a new folder with --into, for "
        "example one with today's date.",
    }


class BackupNotWritten(Refusal):
    """The files could not be written."""

    status = 503
    text: ClassVar[Text] = {
        "de": "Die Sicherung ließ sich nicht nach {folder} schreiben: {reason}. Prüfen Sie Platz und Rechte und "
        "beginnen Sie von vorn; was angefangen war, ist entfernt.",
        "en": "The backup could not be written to {folder}: {reason}. Check space and permissions and begin again; "
        "what had been begun is removed.",
    }


@dataclass(frozen=True)
class Kept:
    """One collection, as the manifest has it."""

    name: str
    file: str
    documents: int
    bytes: int
    """Of the file."""
    sha256: str
    indexes: list[Document]


@dataclass(frozen=True)
class Manifest:
    """What a backup is, and what is in it."""

    service: str
    version: str
    """Of the service that took it."""
    taken_at: datetime
    """The database's time at the snapshot."""
    snapshot: str
    """The database's own name of that moment: seconds and a count within them."""
    era: int
    """The owner's, at that moment."""
    collections: list[Kept]
    audit: Kept
    left_out: list[str]
    """Collections of which nothing is kept, on purpose."""

    @property
    def documents(self) -> int:
        """How many documents there are altogether."""
        return sum(kept.documents for kept in (*self.collections, self.audit))

    @property
    def bytes(self) -> int:
        """How many bytes all files have."""
        return sum(kept.bytes for kept in (*self.collections, self.audit))


class Writing:
    """An archive that is being written. Made by `written`."""

    def __init__(self, folder: Path) -> None:
        """Begin in an empty folder."""
        self._folder = folder
        for part in (DOCUMENTS, AUDIT):
            (folder / part).mkdir(PRIVATE)

    def keep(self, part: str, name: str, pages: Iterable[bytes], indexes: list[Document]) -> Kept:
        """Write a collection; `pages` are documents one after the other. Memory holds one page at a time."""
        file = f"{part}/{quote(name, safe='@._-')}.bson.gz"
        digest, count = hashlib.sha256(), 0
        with _new(self._folder / file) as raw:
            into = _Digested(raw, digest)
            with gzip.GzipFile(filename="", fileobj=into, mode="wb", compresslevel=LEVEL, mtime=0) as packed:
                for page in pages:
                    packed.write(page)
                    count += _count(page)
            raw.flush()
            os.fsync(raw.fileno())
            size = raw.tell()
        return Kept(name, file, count, size, digest.hexdigest(), indexes)

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest, and have everything on the disk."""
        lines = {"format": FORMAT, **asdict(manifest), "taken_at": manifest.taken_at.isoformat()}
        text = json_util.dumps({**lines, "digest": _digest(lines)}, indent=1, ensure_ascii=False)
        with _new(self._folder / MANIFEST) as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        for folder in (self._folder / DOCUMENTS, self._folder / AUDIT, self._folder):
            _sync(folder)


@contextmanager
def written(place: Path) -> Iterator[Writing]:
    """Write an archive that is there as a whole at the end of the block, or not at all.

    Raises:
        BackupThere: there is something at its place.
        BackupNotWritten: the disk is full, or may not be written.
    """
    if place.exists():
        raise BackupThere(folder=place)
    beside: Path | None = None
    try:
        place.parent.mkdir(PRIVATE, parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=UNFINISHED, dir=place.parent))
        yield Writing(beside)
        beside.rename(place)
        _sync(place.parent)
    except OSError as error:
        raise BackupNotWritten(folder=place, reason=error.strerror or type(error).__name__) from error
    finally:
        if beside is not None and beside.exists():
            shutil.rmtree(beside, ignore_errors=True)


class Archive:
    """A backup that is there."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        """Made by `read`."""
        self.folder = folder
        self.manifest = manifest

    @classmethod
    def read(cls, folder: Path, service: str) -> Archive:
        """Read what a folder says about itself.

        Raises:
            NoBackup, BackupDamaged, BackupTooNew, BackupOfAnother: nothing else was looked at.
        """
        try:
            text = (folder / MANIFEST).read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            raise NoBackup(folder=folder, file=MANIFEST) from None
        except (OSError, UnicodeDecodeError):
            raise _damaged(folder, MANIFEST, "ist nicht lesbar", "cannot be read") from None
        changed = _damaged(folder, MANIFEST, "ist nicht, wie sie geschrieben wurde", "is not as it was written")
        try:
            lines = json_util.loads(text)
            digest, form = lines.pop("digest"), lines.pop("format")
        except (ValueError, TypeError, AttributeError, KeyError):
            raise changed from None
        if form != FORMAT:
            raise BackupTooNew(folder=folder, found=form, known=FORMAT, version=lines.get("version", "?"))
        if digest != _digest({"format": form, **lines}):
            raise changed
        manifest = _manifest(lines)
        if manifest.service != service:
            raise BackupOfAnother(folder=folder, found=manifest.service, service=service)
        return cls(folder, manifest)

    def check(self) -> Iterator[Kept]:
        """Compare every file with the manifest, and give each that is as it was written.

        Raises:
            BackupDamaged: with the first file that is missing or differs.
        """
        for kept in (*self.manifest.collections, self.manifest.audit):
            try:
                size, digest = _measured(self.folder / kept.file)
            except OSError as error:
                words = error.strerror or type(error).__name__
                raise _damaged(
                    self.folder, kept.file, f"ist nicht lesbar ({words})", f"cannot be read ({words})"
                ) from None
            if size != kept.bytes:
                raise _damaged(
                    self.folder,
                    kept.file,
                    f"hat {size} Bytes statt {kept.bytes}",
                    f"has {size} bytes instead of {kept.bytes}",
                )
            if digest != kept.sha256:
                raise _damaged(self.folder, kept.file, "hat einen anderen Inhalt", "has another content")
            yield kept

    def documents(self, kept: Kept) -> Iterator[bytes]:
        """Give a collection's documents as BSON, one by one."""
        with gzip.open(self.folder / kept.file, "rb") as file:
            while head := file.read(LENGTH_BYTES):
                yield head + file.read(int.from_bytes(head, "little") - LENGTH_BYTES)


class _Digested:
    """A file whose content is hashed while it is written."""

    def __init__(self, file: BinaryIO, digest: Any) -> None:
        self._file = file
        self._digest = digest

    def write(self, piece: bytes) -> int:
        self._digest.update(piece)
        return self._file.write(piece)

    def flush(self) -> None:
        self._file.flush()


def _new(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb")


def _manifest(lines: Document) -> Manifest:
    collections = [Kept(**kept) for kept in lines.pop("collections")]
    audit = Kept(**lines.pop("audit"))
    taken_at = datetime.fromisoformat(lines.pop("taken_at"))
    return Manifest(**lines, taken_at=taken_at, collections=collections, audit=audit)


def _measured(file: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as raw:
        while piece := raw.read(CHUNK):
            digest.update(piece)
            size += len(piece)
    return size, digest.hexdigest()


def _count(page: bytes) -> int:
    """Count documents by the length that each begins with."""
    count = place = 0
    while place < len(page):
        place += int.from_bytes(page[place : place + LENGTH_BYTES], "little")
        count += 1
    return count


def _digest(lines: Document) -> str:
    canonical = json.dumps(json.loads(json_util.dumps(lines)), sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _damaged(folder: Path, file: str, reason_de: str, reason_en: str) -> BackupDamaged:
    return BackupDamaged(folder=folder, file=file, reason_de=reason_de, reason_en=reason_en)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
