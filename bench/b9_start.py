"""B9: from `missionare up` on empty data to everything ready, and the memory of each process that then idles.

Floor: the bare servers (mongod to primary, broker, gateway) started one after the other without the platform, and the
imports of our processes, one after the other.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import psutil

from bench.measure import Bench, Figure
from bench.servers import listens, processes, scratch, until
from missionare.cli import ports
from missionare.cli.folder import DataFolder
from missionare.cli.running import Running
from missionare.cli.servers import broker, gateway, libcurl, mongod

IMPORTS: Final = (
    "missionare.members.app",
    "missionare.journeys.app",
    "missionare.catalog.app",
    "missionare.notifications.app",
    "missionare.web.app",
    "missionare.cli.mailbox.servers",
    "missionare.cli.app",
)
SERVED: Final = ("members", "journeys", "catalog", "notifications", "web")
NOWHERE: Final = "http://127.0.0.1:9"
AIM: Final = 1.3
AIM_SECONDS: Final = 15.0
MEBIBYTE: Final = 1024**2
MEASURED_IMPORT: Final = "import {module}, resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
KIBIBYTE: Final = 1024


@dataclass
class Cost:
    """Seconds and memory, by process."""

    seconds: float = 0.0
    memory: dict[str, float] = field(default_factory=dict)
    """Resident mebibytes."""

    @property
    def mebibytes(self) -> float:
        """All of them."""
        return sum(self.memory.values())


async def run(bench: Bench) -> list[Figure]:
    """Measure seconds to ready, and memory."""
    floors: list[Cost] = []
    platforms: list[Cost] = []
    for number in range(bench.size.rounds):
        floors.append(await _floor(bench.folder))
        platforms.append(_platform(bench.folder))
        bench.say(f"round {number + 1}: floor {floors[-1].seconds:.1f} s, platform {platforms[-1].seconds:.1f} s")
    ready, bare = (statistics.median(cost.seconds for cost in costs) for costs in (platforms, floors))
    ratios = [ours.seconds / theirs.seconds for ours, theirs in zip(platforms, floors, strict=True)]
    floor_is = "sum of the bare servers' starts and of the imports"
    start = Figure(
        key="B9",
        work="missionare up on empty data, to everything ready",
        floor_is=floor_is,
        platform=ready,
        floor=bare,
        unit="s",
        ratio=statistics.median(ratios),
        aim=AIM,
        more_is_better=False,
        rounds=tuple(ratios),
    )
    limit = Figure(
        key="B9 ready",
        work=f"the same, against the limit of {AIM_SECONDS:.0f} s on two cores",
        floor_is=f"{AIM_SECONDS:.0f} s",
        platform=ready,
        floor=AIM_SECONDS,
        unit="s",
        ratio=ready / AIM_SECONDS,
        aim=1.0,
        more_is_better=False,
    )
    return [start, limit, _memory(platforms[-1], floors[-1])]


def _memory(platform: Cost, floor: Cost) -> Figure:
    told = ", ".join(f"{name} {mebibytes:.0f}" for name, mebibytes in sorted(platform.memory.items()))
    return Figure(
        key="B9 memory",
        work="resident memory of the idle platform",
        floor_is="the bare servers, and processes that have done their imports",
        platform=platform.mebibytes,
        floor=floor.mebibytes,
        unit="MiB",
        ratio=platform.mebibytes / floor.mebibytes,
        aim=AIM,
        more_is_better=False,
        note=told,
    )


def _platform(root: Path) -> Cost:
    """Start everything on empty data and look at what it takes once it is ready."""
    with scratch(root) as data:
        began = time.perf_counter()
        with Running.start(data) as platform:
            seconds = time.perf_counter() - began
            names = [*platform.names, "supervisor"]
            return Cost(seconds, {name: _resident(platform.pid(name)) for name in names})


async def _floor(root: Path) -> Cost:
    """Start each server alone, then import each process's code."""
    cost = Cost()
    with scratch(root) as path:
        folder = DataFolder(path)
        folder.open(temporary=True)
        try:
            port = ports.choose(folder.ports, ["mongod", "broker", "public", "inside"], gateway=0)
            await _bare_servers(folder, port, cost)
        finally:
            folder.close()
    for module in IMPORTS:
        _import(module, cost)
    return cost


def _import(module: str, cost: Cost) -> None:
    began = time.perf_counter()
    code = MEASURED_IMPORT.format(module=module)
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    cost.seconds += time.perf_counter() - began
    cost.memory[module] = int(said.stdout) / KIBIBYTE


async def _bare_servers(folder: DataFolder, port: dict[str, int], cost: Cost) -> None:
    inside = port["inside"]
    commands: dict[str, tuple[list[str], Callable[[], Awaitable[bool]]]] = {
        "mongod": (mongod.command(folder, port["mongod"]), mongod.Probe(port["mongod"]).alive),
        "broker": (broker.command(port["broker"]), broker.Probe(port["broker"])),
        "gateway": (
            gateway.command(folder, public_port=port["public"], inside_port=inside),
            partial(listens, port["public"]),
        ),
    }
    environments = {
        "mongod": libcurl.environment(folder.root),
        "gateway": gateway.environment(inside_port=inside, addresses=dict.fromkeys(SERVED, NOWHERE), secure=False),
    }
    for name, (command, ready) in commands.items():
        began = time.perf_counter()
        with processes(folder.logs, {name: command}, environments) as started:
            await until(ready, f"{name} answers")
            if name == "mongod":
                await mongod.prepare(folder, port["mongod"], [])
            cost.seconds += time.perf_counter() - began
            cost.memory[name] = _resident(started[name].pid)


def _resident(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss) / MEBIBYTE
