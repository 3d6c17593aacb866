"""The data folder: everything one installation keeps, and the lock that lets one supervisor at a time use it."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import IO

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from missionare.cli import files
from missionare.cli.failures import DiskFull, FolderKept, FolderTaken, FolderUnusable

MEGABYTE = 1024 * 1024
START_MEGABYTES = 700
"""Free space wanted before a start: mongod alone reserves 300 MB of journal."""
RUN_MEGABYTES = 20
"""Free space below which going on makes no sense: mongod stops at the first write that fails."""


class DataFolder:
    """Where things are. Folders and secrets come into being when they are first asked for."""

    def __init__(self, root: Path) -> None:
        """Name the folder; `open` creates it."""
        self.root = root.resolve()
        self.lock = self.root / "lock"
        self.state = self.root / "state.json"
        self.ports = self.root / "ports.json"
        self.clock = self.root / "clock"
        self.logs = self.root / "logs"
        self.mongo = self.root / "mongo"
        self.kafka = self.root / "kafka"
        """Apache Kafka's log, where that is the broker."""
        self.mailbox = self.root / "mailbox"
        self.secrets = self.root / "secrets"
        self._temporary = self.root / "temporary"
        self._incarnation = self.root / "incarnation"
        self._held: IO[str] | None = None

    def open(self, *, temporary: bool) -> None:
        """Create what is missing and take the lock until `close` or the end of this process.

        Raises:
            FolderTaken, FolderKept, FolderUnusable, DiskFull: with what to do.
        """
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._take_lock()
            self._mark(temporary=temporary)
            for folder in (self.logs, self.mongo, self.mailbox, self.secrets):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise FolderUnusable(folder=self.root, reason=error.strerror) from error
        self.check_space(START_MEGABYTES)

    def close(self) -> None:
        """Give the lock back."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def check_space(self, needed: int = RUN_MEGABYTES) -> None:
        """Refuse to go on with less than `needed` megabytes of free space."""
        free = shutil.disk_usage(self.root).free // MEGABYTE
        if free < needed:
            raise DiskFull(folder=self.root, free=free, needed=needed)

    def is_locked(self) -> bool:
        """Whether a supervisor runs on this folder."""
        if not self.lock.exists():
            return False
        with self.lock.open(encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    @property
    def is_temporary(self) -> bool:
        """Whether the data in here may be thrown away."""
        return self._temporary.exists()

    @property
    def incarnation(self) -> int:
        """How often the bundled broker has begun an empty log."""
        return int(files.read_json(self._incarnation) or 0)

    def raise_incarnation(self) -> int:
        """Count one more empty log. Group names carry the number, so no offset of an older log is ever used."""
        files.write_json(self._incarnation, raised := self.incarnation + 1)
        return raised

    def log_of(self, name: str) -> Path:
        """The file a process's lines go to."""
        return self.logs / f"{name}.log"

    def password(self, owner: str, name: str = "mongo_password") -> str:
        """Give the password of a process, made at first use."""
        return self.secret(owner, name, lambda: secrets.token_urlsafe(32)).read_text(encoding="ascii")

    def signing_key(self, owner: str) -> Path:
        """The ES256 private key a process signs with, made at first use."""
        return self.secret(owner, "signing_key.pem", _new_signing_key)

    def secret(self, owner: str, name: str, make: Callable[[], str]) -> Path:
        """The file of a secret, readable by its owner only, made at first use."""
        folder = self.secrets / owner
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / name
        if not path.exists():
            files.write(path, make())
        return path

    def _take_lock(self) -> None:
        # Opened for appending, so that a failed attempt does not wipe the holder's number.
        file = self.lock.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with file:
                file.seek(0)
                holder = file.read().strip() or "?"
            raise FolderTaken(folder=self.root, pid=holder) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._held = file

    def _mark(self, *, temporary: bool) -> None:
        if temporary and self.mongo.exists() and not self.is_temporary:
            raise FolderKept(folder=self.root)
        if temporary:
            self._temporary.touch()


def _new_signing_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
