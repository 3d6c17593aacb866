"""B6: complete a journey of 10, 100, 1,000 and 10,000 participants, on the platform that `missionare up` starts.

Counted from the command to the last outreach plan. The aim is that the cost of a participant does not grow: the
exponent of seconds over participants, fitted over all sizes and, since what a completion costs at all hides a growth
among the small ones, also over the two largest; the worse of both counts. Meanwhile the journey is read again and
again, and neither those requests nor the command may take longer than a second.
"""

from __future__ import annotations

import asyncio
import math
import statistics
import time
from collections.abc import Sequence
from typing import Final

from bench.measure import Bench, Figure
from bench.servers import scratch
from bench.travelled import Region, Travelled, region
from missionare.cli.running import Running

SIZES: Final = (10, 100, 1_000, 10_000)
QUICK_SIZES: Final = (10, 30, 100, 300)
TINY_SIZES: Final = (2, 4)
AIM_EXPONENT: Final = 1.05
AIM_SECONDS: Final = 1.0
LOOK_SECONDS: Final = 0.05
LOOK_SHARE: Final = 0.01
"""Later looks are rarer, by the share of what has passed: counting ten thousand plans is work as well."""
LONGEST_SECONDS: Final = 3_600


async def run(bench: Bench) -> list[Figure]:
    """Measure seconds per completion, and the slowest request."""
    sizes = TINY_SIZES if bench.size.scale < 1 else QUICK_SIZES if bench.size.quick else SIZES
    seconds: list[float] = []
    slowest = 0.0
    with scratch(bench.folder) as data, Running.start(data) as platform, region(platform) as found:
        await _completed(found, found.lay_down(1))  # the first one also pays for what is loaded on first use
        for size in sizes:
            travelled = found.lay_down(size)
            taken, requests = await _completed(found, travelled)
            seconds.append(taken)
            slowest = max(slowest, *requests)
            bench.say(
                f"{size:,} participants: {taken:.2f} s, slowest of {len(requests)} requests {max(requests):.3f} s"
            )
    exponents = exponent(sizes, seconds), exponent(sizes[-2:], seconds[-2:])
    told = ", ".join(f"{size:,} in {taken:.1f} s" for size, taken in zip(sizes, seconds, strict=True))
    work = f"complete a journey: {told}"
    return [
        Figure(
            key="B6",
            work=work,
            floor_is="cost per participant does not grow: exponent 1",
            platform=sizes[-1] / seconds[-1],
            floor=sizes[0] / seconds[0],
            unit="participants/s",
            ratio=max(exponents),
            aim=AIM_EXPONENT,
            more_is_better=False,
            note=f"exponent {exponents[0]:.2f} over all, {exponents[1]:.2f} over the two largest",
        ),
        Figure(
            key="B6 request",
            work=f"slowest request while {sizes[-1]:,} participations are concluded",
            floor_is="one second",
            platform=slowest,
            floor=AIM_SECONDS,
            unit="s",
            ratio=slowest / AIM_SECONDS,
            aim=1.0,
            more_is_better=False,
        ),
    ]


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """Give the slope of a straight line through the logarithms: 1 where twice as many take twice as long."""
    return statistics.linear_regression([math.log(n) for n in sizes], [math.log(s) for s in seconds]).slope


async def _completed(found: Region, travelled: Travelled) -> tuple[float, list[float]]:
    """Complete a journey; give the seconds to the last plan and those of every request meanwhile."""
    requests: list[float] = []
    began = time.perf_counter()
    await found.complete(travelled)
    requests.append(time.perf_counter() - began)
    async with asyncio.timeout(LONGEST_SECONDS):
        while found.plans_on(travelled) < len(travelled.people):
            asked = time.perf_counter()
            await found.read_journey(travelled)
            requests.append(time.perf_counter() - asked)
            await asyncio.sleep(max(LOOK_SECONDS, LOOK_SHARE * (asked - began)))
    return time.perf_counter() - began, requests
