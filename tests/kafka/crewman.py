"""A worker of the imaginary service in a process of its own: relay, consumer and guard, told by its environment.

It says `ready` once it takes part in its group, and ends in order at SIGTERM.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from missionare.kit.mongo import Database
from missionare.kit.settings import Settings
from missionare.kit.timers import Timers
from missionare.kit.worker import Worker


async def work() -> None:
    """Work until told to stop."""
    sys.path[0] = str(Path(__file__).parents[1])  # instead of the folder of this file
    from support.boxes.service import context_of, tally

    settings = Settings()
    database = Database(settings.mongo_url, settings.mongo_driver)
    worker = Worker(
        await context_of(database), settings, handlers=[tally()], timers=Timers(), fail=lambda _why: os._exit(1)
    )
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    await worker.start()
    while worker.problems() and not told.is_set():  # noqa: ASYNC110 - a worker says what is missing when it is asked
        await asyncio.sleep(0.05)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await told.wait()
    await worker.stop()
    await database.close()


if __name__ == "__main__":
    asyncio.run(work())
