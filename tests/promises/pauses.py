"""Promise 6: a process may be paused for as long as it likes, and wake up."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil
from promises.conclusion import conclude
from promises.load import Load
from promises.promise import Finding, Promise, Trial, Twin
from promises.stage import Stage, platform_for
from promises.stories import STORIES
from support.platforms import SERVICES
from support.servers import run_server, stop_server

from missionare.kit.lease import LEASE_SECONDS

CLIENTS: Final = 8
POINTS: Final = (
    "relay.published_before_confirm",
    "cons.committed_before_offset",
    "cons.in_txn",
    "relay.read_before_publish",
    "cons.received_before_txn",
    "cmd.in_txn",
)
POINT_SECONDS: Final = 12.0
PAUSE_SECONDS: Final = LEASE_SECONDS + 4.0
"""Past the lease, and past the session of two seconds."""
BETWEEN_SECONDS: Final = 3.0
SERVICE: Final = Path(__file__).with_name("processes") / "service.py"


class PausedMayWake(Promise):
    """Two workers per service; one sleeps at the worst moment and wakes when the other has done its work."""

    number = 6
    title = "A process that stands still and wakes up later does no harm"
    method = (
        "Every service has two workers. Under load one of each is stopped at a chosen point (records sent and not yet "
        "confirmed, in the middle of a transaction, applied and not yet acknowledged), stays so past its lease and its "
        "session while the other takes over, and then goes on where it stood."
    )
    twins = (
        Twin("lease check and delete count off", "a relay confirms what it sent, whoever has taken over since"),
        Twin("guard off", "a consumer applies whatever arrives"),
    )

    async def run(self, trial: Trial) -> Finding:
        """Pause and wake, then compare."""
        rounds = trial.choose(gate=2, full=2 * len(POINTS))
        async with platform_for(trial, environment={"PROMISES_PAUSE": "yes"}) as stage:
            with second_workers(stage) as workers:
                load = Load(stage.world, STORIES, seed=trial.seed, clients=CLIENTS)
                async with load.running():
                    for number in range(rounds):
                        await asyncio.sleep(BETWEEN_SECONDS)
                        await _sleep_and_wake(stage, trial, POINTS[number % len(POINTS)], workers)
                    await asyncio.sleep(BETWEEN_SECONDS)
                await stage.ready()
                return await conclude(stage, trial, load)


async def _sleep_and_wake(stage: Stage, trial: Trial, point: str, workers: list[subprocess.Popen[bytes]]) -> None:
    await asyncio.gather(*(stage.pause_at(service, point, POINT_SECONDS) for service in SERVICES))
    await asyncio.sleep(PAUSE_SECONDS)
    woken = 0
    for pid in [*(stage.platform.pid(service) for service in SERVICES), *(worker.pid for worker in workers)]:
        if psutil.Process(pid).status() == psutil.STATUS_STOPPED:
            os.kill(pid, signal.SIGCONT)
            woken += 1
    trial.note(f"{woken} woke up after {PAUSE_SECONDS:.0f} s")


@contextmanager
def second_workers(stage: Stage) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start one worker more of each service, with the same settings and the same file of points."""
    workers: list[subprocess.Popen[bytes]] = []
    try:
        for service in SERVICES:
            told = psutil.Process(stage.platform.pid(service)).environ()
            own = {"MISSIONARE_ROLE": "worker", "MISSIONARE_HTTP_PORT": "0", "MISSIONARE_ALONE": "false"}
            log = stage.platform.folder.root / f"{service}-second.log"
            workers.append(run_server([sys.executable, str(SERVICE), service], env={**told, **own}, log=log))
        yield workers
    finally:
        for worker in workers:
            stop_server(worker)
