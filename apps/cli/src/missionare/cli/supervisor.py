"""The supervisor: starts the processes of a list in order, keeps them running, stops them in order.

* A process that ends by itself before it was ever ready has refused: the start fails as a whole, with its last lines.
* A process that dies later is started again, after a pause that grows while it keeps dying.
* A process that answers nothing for a long time is killed, and then started again like any other.
* Processes that die with another (workers with their broker) are stopped first, and start when it is ready again.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

from missionare.cli.board import Board, Phase
from missionare.cli.children import Warden
from missionare.cli.folder import DataFolder
from missionare.cli.keeper import Keeper
from missionare.cli.output import Output
from missionare.cli.processes import Process, check
from missionare.cli.wording import Wording

DISK_SECONDS: Final = 5.0
"""How often the free space is looked at."""


class Supervisor:
    """Runs one list of processes until it is told to stop or cannot go on."""

    def __init__(
        self, processes: Sequence[Process], *, folder: DataFolder, board: Board, output: Output, language: str = "de"
    ) -> None:
        """Take the list; nothing starts yet."""
        check(processes)
        self.folder = folder
        self.board = board
        self.output = output
        self.warden = Warden()
        self.say = Wording(output.voice("missionare"), language)
        self.stopping = asyncio.Event()
        self.keepers = {process.name: Keeper(process, self) for process in processes}
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Start everything, stay until asked to stop or something fails, and leave nothing running.

        Raises:
            Failure: the start failed, or going on is not possible.
        """
        self._listen_to_signals()
        try:
            await self._until_told_or_failed()
        finally:
            await self._stop_in_order()
            await self.warden.stop()
            self.say("stopped")

    def users_of(self, keeper: Keeper) -> Iterator[Keeper]:
        """Everybody who uses a process."""
        return (other for other in self.keepers.values() if keeper.process.name in other.process.uses)

    def dying_with(self, keeper: Keeper) -> Iterator[Keeper]:
        """Everybody who must not outlive a process."""
        return (other for other in self.keepers.values() if other.process.dies_with == keeper.process.name)

    async def _until_told_or_failed(self) -> None:
        await self.warden.start()
        for name, keeper in self.keepers.items():
            self.board.set(name, phase=Phase.WAITING, log=str(self.folder.log_of(name)))
            self._tasks.append(asyncio.create_task(keeper.keep(), name=f"keep {name}"))
        self._tasks.append(asyncio.create_task(self._watch_disk(), name="watch disk"))
        announcing = asyncio.create_task(self._announce(), name="announce")
        told = asyncio.create_task(self.stopping.wait(), name="told to stop")
        done, _ = await asyncio.wait({*self._tasks, told}, return_when=asyncio.FIRST_COMPLETED)
        announcing.cancel()
        told.cancel()
        for task in done & set(self._tasks):
            task.result()

    async def _announce(self) -> None:
        begun = time.monotonic()
        for keeper in self.keepers.values():
            await keeper.ready.wait()
        self.board.turn(Phase.READY)
        self.say.ready(time.monotonic() - begun, self.board.about.get("urls", {}))

    async def _watch_disk(self) -> None:
        while not self.stopping.is_set():
            self.folder.check_space()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), DISK_SECONDS)

    async def _stop_in_order(self) -> None:
        self.stopping.set()
        self.board.turn(Phase.STOPPING)
        stops: dict[str, asyncio.Task[None]] = {}
        for keeper in reversed(self.keepers.values()):
            users = [stops[user.process.name] for user in self.users_of(keeper)]
            stops[keeper.process.name] = asyncio.create_task(_stop_after(users, keeper))
        await asyncio.gather(*stops.values())
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.board.turn(Phase.STOPPED)

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._asked_to_stop)

    def _asked_to_stop(self) -> None:
        if self.stopping.is_set():
            self.say("killing")
            for keeper in self.keepers.values():
                keeper.kill()
        else:
            self.say("stopping")
            self.stopping.set()


async def _stop_after(users: Sequence[asyncio.Task[None]], keeper: Keeper) -> None:
    if users:
        await asyncio.wait(users)
    await keeper.stop_for_good()
