"""The stage of a promise: a whole platform of watched processes, and what may be done to it while it works."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import psutil
from promises.checkers import Books
from promises.conclusion import rest
from promises.promise import Trial
from pymongo import MongoClient
from support.platforms import SERVICES, assert_gone, processes_of
from support.travel import prepared

from missionare.cli.demo.world import World
from missionare.cli.running import Running

UP = (sys.executable, str(Path(__file__).with_name("processes") / "up.py"), "up")
BACK_SECONDS = 240.0
RECONCILE_SECONDS = 10
"""A platform asks the owners every two minutes for what the topic has lost; here one waits for that less."""
SAID = 4_000
"""How many of a process's last characters are shown when it does not come back."""


class Stage:
    """A running platform, its people, its databases and its faults."""

    def __init__(self, trial: Trial, platform: Running, world: World, books: Books, folder: Path) -> None:
        """Take over what has started."""
        self.platform = platform
        self.world = world
        self.books = books
        self.faults = 0
        self._trial = trial
        self._folder = folder

    def restarts(self, name: str) -> int:
        """Say how often a process was started again."""
        return int(self.platform.entry(name)["restarts"])

    async def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """End a process by a signal, and wait until it is back."""
        before = self.restarts(name)
        self._trial.note(f"{number.name} to {name}")
        self.faults += 1
        self.platform.kill(name, number)
        await self.back(name, before)

    async def die_at(self, service: str, point: str, nth: int, within: float) -> bool:
        """Let a service die at the nth pass of a crash point; False where that did not come in time."""
        before = self.restarts(service)
        file = crash_file(self._folder, service)
        _appear(file, f"{point}:{nth}")
        if not await holds_within(lambda: not file.exists(), within):
            file.unlink(missing_ok=True)
            return False
        self._trial.note(f"{service} died at pass {nth} of {point}")
        self.faults += 1
        await self.back(service, before)
        return True

    async def pause_at(self, service: str, point: str, within: float) -> bool:
        """Let a service stop at a crash point as it stands; False where it did not come there in time."""
        file = crash_file(self._folder, service)
        _appear(file, f"{point}:1")
        if not await holds_within(lambda: not file.exists(), within):
            file.unlink(missing_ok=True)
            return False
        self._trial.note(f"{service} paused at {point}")
        self.faults += 1
        return True

    async def back(self, name: str, restarts: int) -> None:
        """Wait until a process was started again and is ready; those that died with it may take longer.

        Raises:
            TimeoutError: it did not come back.
        """
        if not await holds_within(lambda: self.restarts(name) > restarts, BACK_SECONDS):
            raise TimeoutError(f"{name} was not started again")
        await self.ready(name)

    async def ready(self, *names: str) -> None:
        """Wait until these processes, or all of them, are ready.

        Raises:
            TimeoutError: one is not.
        """

        def is_ready() -> bool:
            entries = self.platform.state["processes"]
            return all(entries[name]["phase"] == "ready" for name in names or entries)

        if not await holds_within(is_ready, BACK_SECONDS):
            late = [name for name, entry in self.platform.state["processes"].items() if entry["phase"] != "ready"]
            for name in late:
                self._trial.note(f"{name} says: {self.platform.log(name)[-SAID:]}")
            raise TimeoutError(f"not ready: {', '.join(late)}")

    async def rest(self) -> list[str]:
        """Wait until nothing is on its way; give what still is when nothing has changed for long."""
        return await rest(self.books)


@asynccontextmanager
async def platform_for(
    trial: Trial, *, environment: Mapping[str, str] | None = None, roles: Mapping[str, str] | None = None
) -> AsyncIterator[Stage]:
    """Start a platform with the trial's defect, if any, prepare its people, and leave nothing of it running."""
    with tempfile.TemporaryDirectory(prefix="promises-") as root, ExitStack() as stack:
        folder = Path(root)
        settings = {
            **{f"MISSIONARE_{name.upper()}_CRASH_FILE": str(crash_file(folder, name)) for name in SERVICES},
            "MISSIONARE_RECONCILE_SECONDS": str(RECONCILE_SECONDS),
            **({"PROMISES_SABOTAGE": trial.sabotage} if trial.sabotage else {}),
            **(environment or {}),
        }
        trial.note("starting the platform")
        running = stack.enter_context(Running.start(folder / "data", environment=settings, roles=roles, command=UP))
        everybody: list[psutil.Process] = []
        try:
            world = stack.enter_context(prepared(running))
            books = Books(
                {
                    service: stack.enter_context(MongoClient(running.mongo_url(service), tz_aware=True))
                    for service in SERVICES
                },
                running.folder.clock,
            )
            trial.note("ready")
            yield Stage(trial, running, world, books, folder)
        finally:
            everybody.extend(processes_of(running))
            stack.close()
            assert_gone(everybody)


def crash_file(folder: Path, service: str) -> Path:
    """Name the file by which a service is told where to die."""
    return folder / f"{service}.crash"


async def holds_within(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is so; False where it was not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True


def _appear(file: Path, words: str) -> None:
    """Write a file that is there at once, as a whole."""
    beside = file.with_suffix(file.suffix + ".new")
    beside.write_text(words, encoding="utf-8")
    os.replace(beside, file)  # noqa: PTH105
