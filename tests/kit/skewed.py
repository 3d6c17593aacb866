"""A process whose wall clock is wrong: `skewed.py URL SECONDS` fills a box once per line it reads, and says
whether it holds the relay's lease.

Every way in which kit asks the machine for the time goes wrong by the same span.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
import time
from typing import Any

from support.boxes.events import BoxFilled
from support.boxes.service import SYSTEM, Box, Boxes, context_of, save

from missionare.kit.lease import Lease
from missionare.kit.ledger import RELAY
from missionare.kit.mongo import Database


def skew(seconds: float) -> None:
    """Let this process's clock be wrong from now on."""
    now_ns = time.time_ns
    time.time_ns = lambda: now_ns() + int(seconds * 1e9)  # type: ignore[assignment]
    time.time = lambda: time.time_ns() / 1e9  # type: ignore[assignment]

    class Skewed(dt.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return dt.datetime.fromtimestamp(time.time(), tz)

    for name, module in list(sys.modules.items()):
        if name.startswith(("missionare.", "support.")) and getattr(module, "datetime", None) is dt.datetime:
            module.datetime = Skewed  # type: ignore[attr-defined]


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


async def work(url: str) -> None:
    database = Database(url)
    context = await context_of(database)
    lease = Lease(database, RELAY)
    say("ready")
    while await asyncio.to_thread(sys.stdin.readline):
        box = await context.views[Boxes].find("b1", SYSTEM) or Box(id="b1")  # type: ignore[attr-defined]
        await save(context, box, BoxFilled(box_id="b1", items=1))
        say("holds" if await lease.take() else "waits")
    await database.close()


if __name__ == "__main__":
    skew(float(sys.argv[2]))
    asyncio.run(work(sys.argv[1]))
