"""Promise 9: the broker may lose everything it has."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Final

from promises.conclusion import conclude
from promises.load import Load
from promises.promise import Finding, Promise, Trial, Twin
from promises.stage import Stage, platform_for
from promises.stories import STORIES
from support.platforms import SERVICES

CLIENTS: Final = 12
WORK_SECONDS: Final = 4.0
BEHIND_SECONDS: Final = 1.5
"""How long some consumers stand still before the loss, so that records are lost which nobody has read."""


class BrokerMayBeLost(Promise):
    """The broker loses its log, its topics and its offsets, and nobody lifts a finger."""

    number = 9
    title = "When the transport loses all its data, nothing is lost and the platform repairs itself"
    method = (
        "The bundled broker keeps its log in memory, so kill -9 takes everything: records, topics, offsets. That is "
        "done again and again under load, while some consumers are behind. No operator acts."
    )
    twins = (Twin("reconciliation off", "nobody compares what owners have confirmed with what has arrived"),)

    async def run(self, trial: Trial) -> Finding:
        """Lose the broker under load, then compare."""
        losses = trial.choose(gate=4, full=20)
        async with platform_for(trial) as stage:
            load = Load(stage.world, STORIES, seed=trial.seed, clients=CLIENTS)
            async with load.running():
                for _ in range(losses):
                    await asyncio.sleep(WORK_SECONDS)
                    await _lose(stage, trial)
                await asyncio.sleep(WORK_SECONDS)
            await stage.ready()
            return await conclude(stage, trial, load)


async def _lose(stage: Stage, trial: Trial) -> None:
    late = trial.random.sample([service for service in SERVICES if service != "members"], 2)
    pids = [stage.platform.pid(service) for service in late]
    before = stage.restarts("broker")
    trial.note(f"the broker loses everything while {' and '.join(late)} are behind")
    stage.faults += 1
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    await asyncio.sleep(BEHIND_SECONDS)
    stage.platform.kill("broker")
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    await stage.back("broker", before)
