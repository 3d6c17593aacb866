"""Promise 3: any process may die at any moment."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from promises.conclusion import conclude
from promises.load import Load
from promises.promise import Finding, Profile, Promise, Trial, Twin
from promises.stage import Stage, platform_for
from promises.stories import STORIES
from support.platforms import SERVICES

from missionare.kit.crash import CRASH_POINTS

CLIENTS: Final = 16
FEWER_CLIENTS: Final = 6
"""In the gate, where most of the time is that of processes starting again beside the load."""
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
HOOK_POINT: Final = "hook.posted_before_mark"
"""No webhook is part of a story here: tests/notifications has a process die there."""
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
            clients = CLIENTS if trial.profile is Profile.FULL else FEWER_CLIENTS
            load = Load(stage.world, STORIES, seed=trial.seed, clients=clients)
            async with load.running():
                await _strike(stage, trial, kills)
                await load.until(commands, PATIENCE_SECONDS)
                trial.note(f"{load.acknowledged} commands acknowledged, {stage.faults} deaths")
            await stage.ready()
            return await conclude(stage, trial, load)


@dataclass(frozen=True)
class Blow:
    """One death: of whom, and how."""

    name: str
    signal: signal.Signals | None = None
    point: str = ""
    """Where it dies by itself, instead of getting a signal."""
    nth: int = 1
    after_seconds: float = 0.0


async def _strike(stage: Stage, trial: Trial, kills: int) -> None:
    """Carry out the plan; in the full profile two die at a time, never the same one."""
    plan = _plan(trial, kills)
    falling: set[str] = set()

    async def strike() -> None:
        while stage.faults < kills:
            blow = next(blow for blow in plan if blow.name not in falling)
            falling.add(blow.name)
            await asyncio.sleep(blow.after_seconds)
            if blow.signal is not None:
                await stage.kill(blow.name, blow.signal)
            elif not await stage.die_at(blow.name, blow.point, blow.nth, POINT_SECONDS):
                trial.note(f"{blow.name} did not pass {blow.point} {blow.nth} times in {POINT_SECONDS:.0f} s")
            falling.discard(blow.name)

    await asyncio.gather(*(strike() for _ in range(trial.choose(gate=1, full=2))))


def _plan(trial: Trial, kills: int) -> Iterator[Blow]:
    """Give every point as often as half of the deaths allow, signals between them, and then signals without end."""
    chance = trial.random
    points = [_at(chance, *place) for place in POINTS]
    chance.shuffle(points)
    if trial.sabotage is not None:
        points.sort(key=lambda blow: blow.point != BITES[trial.sabotage])
        yield from points[:kills]
    else:
        rounds = kills // (2 * len(points))
        wanted = points * rounds if rounds else points[: kills // 2]
        blows = [*wanted, *(_signal(chance) for _ in range(kills - len(wanted)))]
        chance.shuffle(blows)
        yield from blows
    while True:
        yield _signal(chance)


def _at(chance: Random, name: str, point: str) -> Blow:
    return Blow(name, point=point, nth=chance.randint(1, 5), after_seconds=_moment(chance))


def _signal(chance: Random) -> Blow:
    number = chance.choice((signal.SIGKILL, signal.SIGTERM))
    return Blow(chance.choice((*SERVICES, *SERVICES, *OTHERS)), signal=number, after_seconds=_moment(chance))


def _moment(chance: Random) -> float:
    return chance.uniform(0.2, BETWEEN_SECONDS)


POINTS: Final = tuple(
    (service, point)
    for service in SERVICES
    for point in CRASH_POINTS
    if point != HOOK_POINT and (point != MAIL_POINT or service in SENDERS)
)
