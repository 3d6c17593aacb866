"""The end of every promise about faults under load: rest, and then the comparison of complete sets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from promises.checkers import judge
from promises.load import Load
from promises.promise import Finding, Trial
from promises.stage import Stage


async def conclude(stage: Stage, trial: Trial, load: Load, violations: Sequence[str] = ()) -> Finding:
    """Wait for rest and check everything; `violations` were seen before."""
    began = time.monotonic()
    rest = await stage.rest()
    quiet = time.monotonic() - began
    trial.note("at rest" if not rest else f"not at rest: {'; '.join(rest[:5])}")
    letters = await asyncio.to_thread(stage.world.mailbox.letters)
    verdict = await asyncio.to_thread(judge, stage.books, load.things, letters, rest)
    figures = {**load.figures(), **verdict.figures, "seconds from the last command to rest": round(quiet, 1)}
    return Finding(load.acknowledged, stage.faults, [*violations, *verdict.violations], figures)
