"""Promise 5: the database may die and step down."""

from __future__ import annotations

import asyncio
from typing import Final

from promises.conclusion import conclude
from promises.load import Load
from promises.promise import Finding, Promise, Trial, Twin
from promises.stage import Stage, platform_for
from promises.stories import STORIES
from pymongo import MongoClient
from pymongo.errors import AutoReconnect

from missionare.cli.servers import mongod

CLIENTS: Final = 16
SHORTEST, LONGEST = 1.0, 3.0
"""Seconds of work between two faults."""
DATABASE: Final = {"PROMISES_JOURNAL_MS": "100"}
"""What nobody waits for comes into the journal as late as MongoDB does it by default. After our own 5 ms a kill would
find hardly anything that was confirmed too early."""


class DatabaseMayDie(Promise):
    """kill -9 and forced elections under load."""

    number = 5
    title = "When the database dies or hands over, nothing that was confirmed is lost"
    method = (
        "Under load the database gets kill -9 again and again, in the middle of its commits, so that many replies to "
        "them are lost, and is forced to step down between. It is a replica set of one: elections among three are "
        "tried by the cluster test."
    )
    twins = (Twin("w:1", "the database says 'done' before a majority has it in its journal"),)

    async def run(self, trial: Trial) -> Finding:
        """Kill and step down, then compare."""
        deaths = trial.choose(gate=8, full=40)
        async with platform_for(trial, environment=DATABASE) as stage:
            load = Load(stage.world, STORIES, seed=trial.seed, clients=CLIENTS)
            async with load.running():
                for number in range(deaths):
                    await asyncio.sleep(trial.random.uniform(SHORTEST, LONGEST))
                    if number % 4 == 3:
                        await asyncio.to_thread(_step_down, stage)
                        trial.note("the database stepped down")
                        stage.faults += 1
                    else:
                        await stage.kill("mongod")
                await asyncio.sleep(LONGEST)
            await stage.ready()
            return await conclude(stage, trial, load)


def _step_down(stage: Stage) -> None:
    """Force an election; the connection may be cut by it."""
    password = stage.platform.folder.password(mongod.ADMIN)
    port = stage.platform.state["ports"]["mongod"]
    with MongoClient(mongod.HOST, port, username=mongod.ADMIN, password=password, directConnection=True) as client:
        try:
            client.admin.command("replSetStepDown", 1, force=True)
        except AutoReconnect:
            return
