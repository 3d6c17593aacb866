"""Promise 4: the broker may be away."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from promises.conclusion import conclude
from promises.door import HOST, Door
from promises.load import Load, Reply
from promises.promise import Finding, Promise, Trial, Twin
from promises.stage import platform_for
from promises.stories import STORIES
from support.platforms import SERVICES
from support.servers import free_port, listens, run_server, stop_server

from missionare.cli.servers import broker
from missionare.cli.servers.executables import BROKER

CLIENTS: Final = 8
AWAY_SECONDS: Final = 8.0
BETWEEN_SECONDS: Final = 4.0
ANSWER_SECONDS: Final = 10.0
"""A command that takes longer has waited for the broker."""


class TransportMayBeAway(Promise):
    """Commands are given while nobody reaches the broker."""

    number = 4
    title = "While the transport between the services is away everything can still be used, and is delivered after"
    method = (
        "The broker becomes unreachable again and again under load, in the full profile once for five minutes: all "
        "connections are cut and new ones refused. Commands must be answered all the same, no process may have to be "
        "started again, and afterwards everything must have arrived."
    )
    twins = (Twin("produce inline", "a command sends its facts to the broker itself, before it commits"),)

    async def run(self, trial: Trial) -> Finding:
        """Close the door to the broker under load, and open it again."""
        absences = [AWAY_SECONDS] * trial.choose(gate=2, full=5) + [float(trial.choose(gate=0, full=300))]
        with broker_behind_a_door() as (door, settings):
            async with platform_for(trial, environment=settings) as stage:
                load = Load(stage.world, STORIES, seed=trial.seed, clients=CLIENTS)
                violations: list[str] = []
                async with load.running():
                    for seconds in filter(None, absences):
                        await asyncio.sleep(BETWEEN_SECONDS)
                        before = load.acknowledged
                        door.close()
                        stage.faults += 1
                        await asyncio.sleep(seconds)
                        accepted = load.acknowledged - before
                        door.open()
                        trial.note(f"the broker was away for {seconds:.0f} s, {accepted} commands were accepted")
                        if accepted == 0:
                            violations.append(f"no command was accepted in {seconds:.0f} s without the broker")
                    await asyncio.sleep(BETWEEN_SECONDS)
                violations += [
                    f"{command.name} waited {command.seconds:.0f} s for its answer"
                    for command in load.commands
                    if command.reply is not Reply.OK or command.seconds > ANSWER_SECONDS
                ]
                violations += [f"{name} had to be started again" for name in SERVICES if stage.restarts(name)]
                return await conclude(stage, trial, load, violations)


@contextmanager
def broker_behind_a_door() -> Iterator[tuple[Door, Mapping[str, str]]]:
    """Start the bundled broker behind a door, and give the settings by which a platform uses it."""
    with tempfile.TemporaryDirectory(prefix="promises-broker-") as folder:
        front, behind = free_port(), free_port()
        command = [str(BROKER.find()), "broker", "--listener-url", f"tcp://{HOST}:{behind}"]
        command += ["--advertised-listener-url", f"tcp://{HOST}:{front}", "--storage-engine", "memory://tansu/"]
        broker = run_server([*command, "--cluster-id", "promises"], log=Path(folder) / "broker.log")
        try:
            door = Door(front, behind)
            try:
                while not listens(behind):
                    broker.poll()
                yield door, _settings(front)
            finally:
                door.remove()
        finally:
            stop_server(broker)


def _settings(port: int) -> dict[str, str]:
    return {
        "MISSIONARE_KAFKA_BOOTSTRAP_SERVERS": f"{HOST}:{port}",
        **broker.SETTINGS,
    }
