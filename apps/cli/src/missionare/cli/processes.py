"""A process of the platform, described as data. `platform.py` lists them; `supervisor.py` keeps them running."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from missionare.cli.probes import Probe

Show = Callable[[str], bool]
"""Whether a line is worth the console; every line is in the log file."""


def everything(_line: str) -> bool:
    """Show every line."""
    return True


async def nothing() -> None:
    """Prepare nothing."""


@dataclass(frozen=True, kw_only=True)
class Process:
    """One process: how it is started, when it is ready, whom it needs.

    A process starts when everything it `uses` is ready, and stops when everything that uses it has stopped.
    """

    name: str
    command: Sequence[str]
    environment: Callable[[], Mapping[str, str]]
    """Asked at every start: it may have changed since the last one."""
    ready: Probe
    alive: Probe
    """Answers also while something that the process needs is away."""
    prepare: Callable[[], Awaitable[None]] = nothing
    """What must have happened before anybody uses the process; runs after every start, so it may find it done."""
    uses: tuple[str, ...] = ()
    early: bool = False
    """Starts without waiting for those it uses: it copes with their absence, and only stops before them."""
    dies_with: str | None = None
    """When this other process dies, this one is stopped too, and starts again after it."""
    start_seconds: float = 120.0
    """After which a first start has failed; a machine that is busy with other things needs many of them."""
    stop_seconds: float = 10.0
    show: Show = everything


def check(processes: Sequence[Process]) -> None:
    """Assert that a list can be started: unique names, and every process after those it uses.

    Raises:
        ValueError: with the name that is wrong; this is a mistake in the list, not of the user.
    """
    known: set[str] = set()
    for process in processes:
        wanted = {*process.uses, *([process.dies_with] if process.dies_with else [])}
        if process.name in known or not wanted <= known:
            msg = f"{process.name}: named twice, or listed before what it uses"
            raise ValueError(msg)
        known.add(process.name)
