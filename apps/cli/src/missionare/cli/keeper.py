"""Keeps one process running: starts it when what it uses is ready, watches it, and starts it again when it dies."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Iterator
from typing import TYPE_CHECKING, Final

from missionare.cli.board import Phase, now
from missionare.cli.children import Child
from missionare.cli.failures import Failure, ProcessRefused, TooSlow
from missionare.cli.processes import Process

if TYPE_CHECKING:
    from missionare.cli.supervisor import Supervisor

FIRST_PROBE: Final = 0.05
LONGEST_PROBE: Final = 0.4
PROBE_GROWTH: Final = 1.2
"""Pauses between probes while a process starts grow: a server is there at once, and a service that is still starting
is not slowed down by being asked twenty times a second."""
CHECK_SECONDS: Final = 2.0
SILENT_SECONDS: Final = 90.0
"""Longer than any pause a person or a test makes on purpose, and than any drain of a worker."""
STEADY_SECONDS: Final = 60.0
"""After this long a process has proved itself, and its next death is a first one again."""
FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 30.0
ORPHANED_SECONDS: Final = 10.0
"""For a process whose partner has died: it may be waiting for an answer that never comes."""
PREPARE_PAUSE: Final = 0.5
KILLED: Final = 128
"""Exit statuses from here on, and negative ones, mean a signal: they say nothing about the process itself."""


class Keeper:
    """Keeps one process running on behalf of a supervisor."""

    def __init__(self, process: Process, supervisor: Supervisor) -> None:
        """Take the description; `keep` starts it."""
        self.process = process
        self.ready = asyncio.Event()
        self._supervisor = supervisor
        self._voice = supervisor.output.voice(process.name, process.show)
        self._child: Child | None = None
        self._was_ready = False

    async def keep(self) -> None:
        """Start the process, and again whenever it ends, until the supervisor stops.

        Raises:
            Failure: it refused to start, or going on makes no sense.
        """
        pauses = _pauses()
        while not self._stopping:
            await self._until_used_are_ready()
            begun = _clock()
            status = await self._run_once()
            if self._stopping:
                return
            if _clock() - begun > STEADY_SECONDS:
                pauses = _pauses()
            await self._pause(status, next(pauses))

    async def stop_for_good(self) -> None:
        """Stop the present run; the supervisor is stopping, so there is no other."""
        await self.stop(self.process.stop_seconds)
        self._note(Phase.STOPPED, pid=None)

    async def stop(self, seconds: float) -> None:
        """Stop the present run, by force after `seconds`."""
        self.ready.clear()
        if self._child is not None:
            self._note(Phase.STOPPING)
            await self._child.stop(seconds)

    def kill(self) -> None:
        """Kill the present run."""
        if self._child is not None:
            self._child.kill()

    @property
    def _stopping(self) -> bool:
        return self._supervisor.stopping.is_set()

    async def _until_used_are_ready(self) -> None:
        if self.process.early:
            return
        for used in self.process.uses:
            await self._unless_stopping(self._supervisor.keepers[used].ready.wait())

    async def _pause(self, status: int, seconds: float) -> None:
        partner = self._partner
        if partner is not None and not partner.ready.is_set():
            self._supervisor.say("stopped_with", name=self.process.name, cause=partner.process.name)
            return  # it starts when its partner is ready, which takes longer than any first pause
        self._supervisor.folder.check_space()
        self._supervisor.say("died", name=self.process.name, status=status, pause=seconds)
        await self._unless_stopping(asyncio.sleep(seconds))

    async def _run_once(self) -> int:
        """Start the process, stay with it until it ends, and give its exit status."""
        if self._stopping:
            return 0
        child = self._child = await Child.start(
            self.process.command, self.process.environment(), voice=self._voice, warden=self._supervisor.warden
        )
        self._supervisor.board.started(self.process.name, child.pid)
        try:
            await self._accompany(child)
        finally:
            self.ready.clear()
            child.kill()
            status = await child.ended
            self._child = None
            self._note(Phase.STOPPED if self._stopping else Phase.WAITING, pid=None, last_exit=status)
        # They must be gone before this process starts with an empty memory.
        await asyncio.gather(*(other.stop(ORPHANED_SECONDS) for other in self._supervisor.dying_with(self)))
        return status

    async def _accompany(self, child: Child) -> None:
        """Stay with a run until it has ended or has to be ended."""
        partner = self._partner
        if partner is not None and not partner.ready.is_set():
            return  # it died while this one was being started
        # Only a first start has a limit. Later a process may be waiting for another one that is away: it is left to
        # wait as long as it answers at all.
        limit = None if self._was_ready else self.process.start_seconds
        becoming = asyncio.create_task(self._become_ready())
        watching = asyncio.create_task(self._watch(child))
        try:
            await asyncio.wait({becoming, watching}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            if becoming.done():
                becoming.result()
            elif not watching.done() and not self._stopping:
                raise TooSlow(seconds=int(self.process.start_seconds), **self._evidence())
            await watching
        finally:
            becoming.cancel()
            watching.cancel()
        if child.ended.done():
            self._fail_if_it_refused(child.ended.result())

    async def _become_ready(self) -> None:
        await self._answers_and_is_prepared()
        self._was_ready = True
        self._note(Phase.READY, ready_at=now())
        self.ready.set()

    async def _answers_and_is_prepared(self) -> None:
        pause = FIRST_PROBE
        while not await self.process.ready():
            await asyncio.sleep(pause)
            pause = min(pause * PROBE_GROWTH, LONGEST_PROBE)
        said = ""
        while True:
            try:
                return await self.process.prepare()
            except Failure:
                raise
            except Exception as error:  # noqa: BLE001 - drivers raise many kinds; all mean "not yet"
                reason = f"{type(error).__name__}: {error}"
                if reason != said:
                    self._supervisor.say("unprepared", name=self.process.name, reason=reason)
                said = reason
                await asyncio.sleep(PREPARE_PAUSE)

    def _fail_if_it_refused(self, status: int) -> None:
        killed = status < 0 or status >= KILLED
        if not (killed or self._was_ready or self._stopping):
            self._supervisor.folder.check_space()
            raise ProcessRefused(status=status, **self._evidence())

    async def _watch(self, child: Child) -> None:
        """Look after a run until it ends, or has been silent for too long."""
        heard = _clock()
        while not child.ended.done() and not self._stopping:
            await asyncio.wait({child.ended}, timeout=CHECK_SECONDS)
            well = await self.process.ready()
            if well or await self.process.alive():
                heard = _clock()
            if not child.ended.done() and self.ready.is_set():
                self._note(Phase.READY if well else Phase.FAILING)
            if _clock() - heard > SILENT_SECONDS:
                self._supervisor.say("silent", name=self.process.name, seconds=int(SILENT_SECONDS))
                return
        await child.ended

    @property
    def _partner(self) -> Keeper | None:
        name = self.process.dies_with
        return self._supervisor.keepers[name] if name else None

    def _note(self, phase: Phase, **changes: object) -> None:
        self._supervisor.board.set(self.process.name, phase=phase, **changes)

    def _evidence(self) -> dict[str, object]:
        lines = "\n".join(f"  {line}" for line in self._voice.last) or "  -"
        return {"name": self.process.name, "lines": lines, "log": self._voice.log.path}

    async def _unless_stopping(self, awaited: Awaitable[object]) -> None:
        tasks = {asyncio.ensure_future(awaited), asyncio.ensure_future(self._supervisor.stopping.wait())}
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()


def _clock() -> float:
    return asyncio.get_running_loop().time()


def _pauses() -> Iterator[float]:
    """Growing pauses, each between half and all of its length, so that several processes do not start in step."""
    pause = FIRST_PAUSE
    while True:
        yield pause * random.uniform(0.5, 1.0)  # noqa: S311 - nobody gains by guessing it
        pause = min(pause * 2, LONGEST_PAUSE)
