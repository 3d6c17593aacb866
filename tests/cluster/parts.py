"""The parts of a cluster: everything that can be killed, paused and started again, and asked whether it works."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from support.servers import Child

from missionare.cli.probes import Probe

READY_SECONDS = 240.0
LOOK_SECONDS = 0.1
SAID = 5
"""How many of its last lines a part shows that does not come back: of its errors, if it has said any."""


class Kind(StrEnum):
    """What a part is for."""

    BROKER = "broker"
    DATABASE = "database"
    API = "api"
    WORKER = "worker"
    EDGE = "edge"
    """What every request passes, or what takes the mails: there is one of each."""
    NETWORK = "network"
    """Stands for what a cluster's own network does. It belongs to the stage, so no fault is put into it."""


@dataclass
class Part:
    """One server of the cluster."""

    name: str
    kind: Kind
    child: Child
    is_ready: Probe

    @property
    def is_wanted(self) -> bool:
        """Whether it is supposed to run."""
        return self.child.process is not None

    def start(self) -> None:
        """Start it; `ready` tells when it works. Call it from the main thread."""
        self.child.start()

    def kill(self) -> None:
        """End it as a power cut of its machine would."""
        self.child.kill()

    def pause(self) -> None:
        """Let it stand still where it is."""
        self.child.send(signal.SIGSTOP)

    def wake(self) -> None:
        """Let it go on where it stood."""
        self.child.send(signal.SIGCONT)

    async def stop(self) -> None:
        """Ask it to end, and wait for that."""
        self.child.send(signal.SIGTERM)
        await asyncio.to_thread(self.child.wait)

    async def ready(self, fallen: Callable[[], None] | None = None) -> None:
        """Wait until it works.

        Args:
            fallen: called when it has ended by itself, to start it again.

        Raises:
            PartMissing: it does not work in time, or has ended and nobody starts it again.
        """
        deadline = time.monotonic() + READY_SECONDS
        while not await self.is_ready():
            if time.monotonic() > deadline or (self.child.has_ended and fallen is None):
                raise PartMissing(f"{self.name} does not work; it says: {self.last_words()}")
            if self.child.has_ended and fallen is not None:
                fallen()
            await asyncio.sleep(LOOK_SECONDS)

    def last_words(self) -> str:
        """Give the last errors it has said, or its last lines."""
        lines = self.child.said().splitlines()
        errors = [line for line in lines if '"level": "error"' in line]
        return "\n".join((errors or lines)[-SAID:])


class PartMissing(Exception):
    """A part of the cluster does not come (back): the run cannot go on."""
