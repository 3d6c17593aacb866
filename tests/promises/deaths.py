"""Promise 3: any process may die at any moment."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator, Mapping
from typing import Final

from promises.conclusion import conclude
from promises.load import Load
from promises.promise import Finding, Promise, Trial, Twin
from promises.stage import Stage, platform_for
from promises.stories import STORIES
from support.platforms import SERVICES

from missionare.kit.crash import CRASH_POINTS

CLIENTS: Final = 16
POINT_SECONDS: Final = 15.0
"""In which a service under load passes every point it has."""
BITES: Final[Mapping[str, str]] = {
    "publish after commit": "cmd.committed_before_reply",
    "guard off": "cons.committed_before_offset",
    "acknowledge first": "cons.received_before_txn",
}
"""Where each defect shows: a twin, which is run for a short time only, dies there first."""
OTHERS: Final = ("mongod", "broker", "mailbox", "web", "gateway")
MAIL_POINT: Final = "mail.accepted_before_mark"
SENDERS: Final = frozenset({"notifications"})
BETWEEN_SECONDS: Final = 1.5
PATIENCE_SECONDS: Final = 1800.0


class AnyProcessMayDie(Promise):
    """Crash points and random kills under load."""

    number = 3
    title = "When a process dies at any moment, no confirmed step is lost and none happens twice"
    method = (
        "Clients give commands to three services through the gateway, all four services hear of everything and mail is "
        "sent. Meanwhile every service dies at each of its named crash points, and processes (services, database, "
        "broker, mailbox, web, gateway) get SIGKILL or SIGTERM at random moments. Then the complete log of the clients "
        "is compared with state, facts, what each service has applied, and the mailbox."
    )
    in_gate = True
    twins = (
        Twin("publish after commit", "facts are sent after the commit, without an outbox"),
        Twin("guard off", "a consumer applies whatever arrives", in_gate=False),
        Twin("acknowledge first", "a batch is acknowledged before it is applied, and nobody reconciles", in_gate=False),
    )

    async def run(self, trial: Trial) -> Finding:
        """Kill under load until enough was killed and acknowledged, then compare."""
        kills = trial.choose(gate=20, full=200, twin=8)
        commands = trial.choose(gate=1_000, full=20_000, twin=200)
        async with platform_for(trial) as stage:
            load = Load(stage.world, STORIES, seed=trial.seed, clients=CLIENTS)
            async with load.running():
                await _strike(stage, trial, kills)
                await load.until(commands, PATIENCE_SECONDS)
                trial.note(f"{load.acknowledged} commands acknowledged, {stage.faults} deaths")
            await stage.ready()
            return await conclude(stage, trial, load)


async def _strike(stage: Stage, trial: Trial, kills: int) -> None:
    points = [*_points()]
    trial.random.shuffle(points)
    if trial.sabotage is not None:
        points.sort(key=lambda place: place[1] == BITES[trial.sabotage])  # taken from the end
    while stage.faults < kills:
        await asyncio.sleep(trial.random.uniform(0.2, BETWEEN_SECONDS))
        if points and trial.random.random() < len(points) / max(1, kills - stage.faults):
            service, point = points.pop()
            if not await stage.die_at(service, point, trial.random.randint(1, 5), POINT_SECONDS):
                trial.note(f"{service} did not pass {point} in time")
            continue
        name = trial.random.choice((*SERVICES, *SERVICES, *OTHERS))
        await stage.kill(name, trial.random.choice((signal.SIGKILL, signal.SIGTERM)))


def _points() -> Iterator[tuple[str, str]]:
    for service in SERVICES:
        for point in CRASH_POINTS:
            if point != MAIL_POINT or service in SENDERS:
                yield service, point
