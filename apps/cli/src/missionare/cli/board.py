"""The board: what is running right now, kept in `state.json` for everybody who wants to know."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import psutil

from missionare.cli import files


class Phase(StrEnum):
    """What a process, or the platform as a whole, is doing."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    FAILING = "failing"
    """It runs and does not answer as it should."""
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass
class Entry:
    """One process on the board."""

    phase: Phase = Phase.WAITING
    pid: int | None = None
    created: float | None = None
    """When the operating system says the process began: a number that was used again is told apart by it."""
    starts: int = 0
    restarts: int = 0
    started_at: str | None = None
    ready_at: str | None = None
    last_exit: int | None = None
    log: str = ""


@dataclass
class Board:
    """Everything known about the running platform; each change is written at once."""

    file: Path
    about: dict[str, Any] = field(default_factory=dict)
    """What never changes while it runs: addresses, ports, roles."""
    phase: Phase = Phase.STARTING
    started_at: str = ""
    ready_at: str | None = None
    entries: dict[str, Entry] = field(default_factory=dict)
    on_ready: Callable[[Board], None] | None = None
    """Told once, when everything is ready for the first time."""

    def __post_init__(self) -> None:
        """Begin now."""
        self.started_at = now()

    def set(self, name: str, **changes: Any) -> None:
        """Change a process's entry."""
        entry = self.entries.setdefault(name, Entry())
        changed = replace(entry, **changes)
        if changed != entry:
            self.entries[name] = changed
            self.write()

    def started(self, name: str, pid: int) -> None:
        """Note a new process."""
        entry = self.entries.setdefault(name, Entry())
        again = entry.starts > 0
        self.set(
            name,
            phase=Phase.STARTING,
            pid=pid,
            created=created(pid),
            started_at=now(),
            ready_at=None,
            starts=entry.starts + 1,
            restarts=entry.restarts + again,
        )

    def turn(self, phase: Phase) -> None:
        """Change what the platform as a whole is doing."""
        self.phase = phase
        if phase is Phase.READY:
            self.ready_at = now()
        self.write()
        if phase is Phase.READY and self.on_ready is not None:
            self.on_ready(self)

    def write(self) -> None:
        """Put everything into the file. On a full disk the file keeps what it said last."""
        with suppress(OSError):
            files.write_json(self.file, self.everything())

    def everything(self) -> dict[str, Any]:
        """The board as plain data."""
        return {
            **self.about,
            "phase": self.phase,
            "pid": os.getpid(),
            "created": created(os.getpid()),
            "started_at": self.started_at,
            "ready_at": self.ready_at,
            "processes": {name: asdict(entry) for name, entry in self.entries.items()},
        }


def now() -> str:
    """The machine's time, UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def created(pid: int) -> float | None:
    """When a process began, or None if it is gone."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None
