"""The faults, as a table: what happens to which part, for how long, and how it is taken back; and what callers saw."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from cluster.cluster import API, WORKERS, Cluster, Note
from cluster.parts import Kind, Part
from promises.load import PATIENCE, Command, Load, Reply
from support.databases import Node
from support.platforms import SERVICES

from missionare.kit.lease import LEASE_SECONDS

GROUPS: Final = ("broker", "database", "process", "pause")
KILLED_SECONDS: Final = {Kind.BROKER: 8.0, Kind.DATABASE: 5.0, Kind.API: 2.0, Kind.WORKER: 2.0, Kind.EDGE: 1.0}
"""How long a killed part stays away: brokers and databases until the others have noticed and taken over."""
PAUSED_SECONDS: Final = {
    Kind.BROKER: 10.0,
    Kind.DATABASE: 12.0,
    Kind.API: 12.0,
    Kind.WORKER: LEASE_SECONDS + 4.0,
}
"""Past the session with the controllers (6 s), the election (2 s), what a caller waits, the group's session (10 s)."""
QUIET_SECONDS: Final = 10.0
"""How long the load is watched without any fault, for comparison."""
BETWEEN_SECONDS: Final = 1.0
AIM_SECONDS: Final = 10.0


@dataclass(frozen=True)
class Fault:
    """One row of the table."""

    group: str
    verb: str
    """`kill`, and then start again; or `pause`, and then wake."""
    part: Part

    @property
    def seconds(self) -> float:
        """How long it lasts before it is taken back."""
        return (KILLED_SECONDS if self.verb == "kill" else PAUSED_SECONDS)[self.part.kind]

    def act(self) -> None:
        """Put it in."""
        (self.part.kill if self.verb == "kill" else self.part.pause)()

    def undo(self) -> None:
        """Take it back; the part may need time until it works."""
        (self.part.start if self.verb == "kill" else self.part.wake)()


@dataclass(frozen=True)
class Seen:
    """What callers saw of one fault."""

    group: str
    fault: str
    commands: int
    """Under way at some time while it lasted, until the cluster was whole again."""
    again: int
    """How many of them were sent more than once."""
    unanswered: int
    longest_seconds: float
    """From the first try of a command to its answer; the caller repeats it under the same key."""
    whole_seconds: float
    """From the fault's end until every part worked and had its copies."""

    @property
    def good(self) -> bool:
        """Whether every caller got an answer within the aim."""
        return not self.unanswered and self.longest_seconds < AIM_SECONDS


async def inject(
    cluster: Cluster, load: Load, groups: Sequence[str], chance: Random, note: Note
) -> AsyncIterator[Seen]:
    """Put in one fault after the other under a running load, and give what callers saw of each.

    Raises:
        PartMissing: the cluster does not come back, so the run cannot go on.
    """
    began = time.monotonic()
    await asyncio.sleep(QUIET_SECONDS)
    yield _seen(load, "none", "no fault", began, 0.0)
    async for fault in _table(cluster, groups, chance):
        name = await _name(fault)
        note(name)
        cluster.faults += 1
        began = time.monotonic()
        fault.act()
        await asyncio.sleep(fault.seconds)
        fault.undo()
        undone = time.monotonic()
        await cluster.whole()
        seen = await _answered(load, fault.group, name, began, time.monotonic() - undone)
        note(f"  longest {seen.longest_seconds:.1f} s, whole again after {seen.whole_seconds:.1f} s")
        yield seen
        await asyncio.sleep(BETWEEN_SECONDS)


async def _table(cluster: Cluster, groups: Sequence[str], chance: Random) -> AsyncIterator[Fault]:
    """Give the faults of the groups that were asked for. Who is primary is asked when it is its turn."""
    killed = {
        "broker": cluster.of(Kind.BROKER),
        "database": cluster.of(Kind.DATABASE),
        "process": [part for part in cluster.of(Kind.API, Kind.WORKER, Kind.EDGE) if part.is_wanted],
    }
    for group, parts in killed.items():
        for part in parts if group in groups else []:
            yield Fault(group, "kill", part)
    if "pause" not in groups:
        return
    yield Fault("pause", "pause", chance.choice(cluster.of(Kind.BROKER)))
    for part in [part for part in cluster.of(Kind.DATABASE) if await _is_primary(part)]:
        yield Fault("pause", "pause", part)
    for service in SERVICES:
        yield Fault("pause", "pause", chance.choice(cluster.workers(service)[:WORKERS]))
        yield Fault("pause", "pause", cluster.parts[f"{service}-api-{chance.randint(1, API)}"])


async def _name(fault: Fault) -> str:
    return f"{fault.verb} {fault.part.name}{' (primary)' if await _is_primary(fault.part) else ''}"


async def _is_primary(part: Part) -> bool:
    return isinstance(part.child, Node) and await part.child.is_primary()


async def _answered(load: Load, group: str, fault: str, began: float, whole_seconds: float) -> Seen:
    """Wait until every command that met the fault has its answer, or its caller has given up."""
    ended = time.monotonic()
    while any(_is_open(command, ended) for command in load.commands):  # noqa: ASYNC110 - many clients answer
        await asyncio.sleep(0.1)
    return _seen(load, group, fault, began, whole_seconds)


def _is_open(command: Command, at: float) -> bool:
    return command.began < at and command.reply is Reply.INFO and time.monotonic() - command.began < PATIENCE + 1


def _seen(load: Load, group: str, fault: str, began: float, whole_seconds: float) -> Seen:
    now = time.monotonic()
    met = [
        command for command in load.commands if command.reply is Reply.INFO or command.began + command.seconds > began
    ]
    open_ = [command for command in met if command.reply is Reply.INFO]
    waits = [command.seconds for command in met] + [now - command.began for command in open_]
    return Seen(
        group=group,
        fault=fault,
        commands=len(met),
        again=sum(command.sent > 1 for command in met),
        unanswered=sum(now - command.began >= PATIENCE for command in open_),
        longest_seconds=max(waits, default=0.0),
        whole_seconds=whole_seconds,
    )
