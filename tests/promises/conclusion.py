"""The end of every promise about faults under load: rest, and then the comparison of complete sets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Protocol

from promises.checkers import Books, at_rest, judge
from promises.load import Load
from promises.promise import Finding, Trial

from missionare.cli.demo.world import World
from missionare.kit.applying import YOUNG

REST_SECONDS = 600.0
STILL_SECONDS = YOUNG.total_seconds() + 30.0
"""So long without any change, and it is taken for what it will stay: the last fact of an aggregate, lost on the way,
is fetched when it is as old as that and a sweep comes."""


class Scene(Protocol):
    """Where it happened: a platform, its people and its databases, and how many faults it was given."""

    world: World
    books: Books
    faults: int


async def rest(books: Books) -> list[str]:
    """Wait until nothing is on its way; give what still is when nothing has changed for long."""
    deadline = time.monotonic() + REST_SECONDS
    changed, last = time.monotonic(), ("",)
    while True:
        under_way = await asyncio.to_thread(at_rest, books)
        if not under_way:
            return []
        if tuple(under_way) != last:
            changed, last = time.monotonic(), tuple(under_way)
        if time.monotonic() > deadline or time.monotonic() - changed > STILL_SECONDS:
            return under_way
        await asyncio.sleep(0.3)


async def conclude(scene: Scene, trial: Trial, load: Load, violations: Sequence[str] = ()) -> Finding:
    """Wait for rest and check everything; `violations` were seen before."""
    began = time.monotonic()
    restless = await rest(scene.books)
    quiet = time.monotonic() - began
    trial.note("at rest" if not restless else f"not at rest: {'; '.join(restless[:5])}")
    letters = await asyncio.to_thread(scene.world.mailbox.letters)
    verdict = await asyncio.to_thread(judge, scene.books, load.things, letters, restless)
    figures = {**load.figures(), **verdict.figures, "seconds from the last command to rest": round(quiet, 1)}
    return Finding(load.acknowledged, scene.faults, [*violations, *verdict.violations], figures)
