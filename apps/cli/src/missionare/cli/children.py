"""A running child: a process that cannot outlive the supervisor, in a group of its own, whose every line is read."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from missionare.cli.output import Voice

LEASH = Path(__file__).with_name("leash.py")
WARDEN = Path(__file__).with_name("warden.py")
BARE_PYTHON = (sys.executable, "-I", "-S")
"""Without site packages: both scripts need nothing, and start in 20 ms."""
LAST_WORDS_SECONDS = 1.0
CHUNK = 64 * 1024


def leashed(command: Sequence[str]) -> list[str]:
    """Give the command that runs `command` tied to the life of this process's main thread."""
    return [*BARE_PYTHON, str(LEASH), str(os.getpid()), *command]


class Warden:
    """The supervisor's end of `warden.py`: what is listed there is killed when the supervisor is gone."""

    def __init__(self) -> None:
        """Nothing is listed; nothing runs yet."""
        self._groups: set[int] = set()
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the warden itself. It has no leash: it is what remains for a moment when the supervisor is gone."""
        self._process = await asyncio.create_subprocess_exec(
            *BARE_PYTHON, str(WARDEN), stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True
        )
        for group in self._groups:
            self._tell("+", group)

    async def list(self, group: int) -> None:
        """Have a process group killed when the supervisor dies."""
        if self._process is None or self._process.returncode is not None:
            await self.start()
        self._groups.add(group)
        self._tell("+", group)

    def strike(self, group: int) -> None:
        """Take a process group that has ended off the list, before its number is used again."""
        self._groups.discard(group)
        self._tell("-", group)

    async def stop(self) -> None:
        """Let the warden end; nothing is listed any more."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            await self._process.wait()

    def _tell(self, sign: str, group: int) -> None:
        if self._process is not None and self._process.stdin is not None:
            with suppress(ConnectionError):
                self._process.stdin.write(f"{sign}{group}\n".encode("ascii"))


class Child:
    """One run of a process."""

    def __init__(self, process: asyncio.subprocess.Process, voice: Voice, warden: Warden) -> None:
        """Begin to read what it says; use `start`."""
        self.pid = process.pid
        self._process = process
        self._voice = voice
        self._warden = warden
        self.ended: asyncio.Task[int] = asyncio.create_task(self._live(), name=f"child {process.pid}")

    @classmethod
    async def start(
        cls, command: Sequence[str], environment: Mapping[str, str], *, voice: Voice, warden: Warden
    ) -> Child:
        """Start a command. Call it in the main thread: the kernel ties the child to the thread that forked."""
        process = await asyncio.create_subprocess_exec(
            *leashed(command), env=dict(environment), stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, start_new_session=True
        )
        await warden.list(process.pid)
        return cls(process, voice, warden)

    async def stop(self, seconds: float) -> None:
        """Ask it to end, and kill it when it has not after `seconds`."""
        with suppress(ProcessLookupError):
            self._process.terminate()
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self.ended), seconds)
        self.kill()
        await self.ended

    def kill(self) -> None:
        """Kill it and whatever it has started. Not once it has ended: its number may be somebody else's by then."""
        if self.ended.done():
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    async def _live(self) -> int:
        reading = asyncio.create_task(self._read())
        status = await self._process.wait()
        self.kill()  # what it started must not live on, nor hold its pipe open
        self._warden.strike(self.pid)
        await asyncio.wait({reading}, timeout=LAST_WORDS_SECONDS)
        reading.cancel()
        self._voice.end()
        return status

    async def _read(self) -> None:
        stream = self._process.stdout
        while stream is not None and (chunk := await stream.read(CHUNK)):
            self._voice.feed(chunk)
