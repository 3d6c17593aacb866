"""B10: server time of every kind of public page, in a region with 1,000 journeys and 10,000 catalog entries.

Platform: everything that `missionare up` starts. One visitor asks web for one page after the other over a kept
connection, without the gateway; counted is the time until the whole answer is there, with all that web asks the
services meanwhile. Nothing is kept between two requests.
Floor: a limit of 50 ms at the 95th percentile. Beside it stand the same pages in a small region on the same platform
before it was filled, and, in every round, a page of the same process that asks nobody (the imprint): what has to be
paid for any page at all.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import httpx2

from bench.large_region import LargeRegion
from bench.measure import Bench, Figure
from bench.servers import scratch, until
from bench.visitors import Visitors, address, databases
from missionare.cli.running import Running
from missionare.journeys.journey.domain import Journey, JourneyState

LIMIT_MS: Final = 50.0
AIM_GROWTH: Final = 1.5
PER_PAGE: Final = 20
WARM: Final = 5
BARE: Final = "imprint"
SEARCH_SECONDS: Final = 300.0
JOURNEYS, ENTRIES = 1_000, 10_000
SMALL: Final = 40
"""Of everything in the small region: enough that every page is full."""


@dataclass
class Times:
    """Milliseconds of a page's answers."""

    all: list[float] = field(default_factory=list)

    @property
    def middle(self) -> float:
        """The median."""
        return statistics.median(self.all)

    @property
    def slow(self) -> float:
        """The 95th percentile."""
        return sorted(self.all)[max(0, -(-len(self.all) * 95 // 100) - 1)]


async def run(bench: Bench) -> list[Figure]:
    """Measure the pages in a small region, fill it, and measure them again."""
    times = bench.size.of(200, 60) if bench.size.scale >= 1 else 1
    journeys, entries = (round(count * min(bench.size.scale, 1.0)) for count in (JOURNEYS, ENTRIES))
    dice = random.Random(bench.size.seed)  # noqa: S311 - the same order every time
    with scratch(bench.folder) as data, Running.start(data) as platform, databases(platform) as opened:
        visitors, region = Visitors(platform), LargeRegion(opened, bench.size.seed, datetime.now(UTC))
        await _fill(region, platform, SMALL, SMALL)
        small = await _measured(visitors, _pages(region), times, dice)
        await _fill(region, platform, max(0, journeys - SMALL), max(0, entries - SMALL))
        bench.say(f"{len(region.journeys):,} journeys, {len(region.entries):,} entries")
        large = await _measured(visitors, _pages(region), times, dice)
    return _figures(large, small)


async def _fill(region: LargeRegion, platform: Running, journeys: int, entries: int) -> None:
    region.add_organisations(journeys)
    region.add_people(journeys)
    region.add_journeys(journeys)
    region.add_registrations(journeys, [each for each in region.journeys if each.state is JourneyState.COMPLETED])
    region.add_entries(entries)
    url = f"http://127.0.0.1:{platform.state['ports']['catalog']}/api/catalog/v1/entries?limit=1"
    async with httpx2.AsyncClient(timeout=30) as client:

        async def found() -> bool:
            return int((await client.get(url)).json()["total"]) >= len(region.entries)

        await until(found, "the search has taken in all entries", SEARCH_SECONDS)


def _pages(region: LargeRegion) -> Mapping[str, Sequence[str]]:
    """Give the addresses of each kind of page; they are asked for in turn."""
    shown = sorted((each for each in region.journeys if each.published_at), key=lambda each: (each.ends_at, each.id))
    behind = [each for each in shown if each.state is JourneyState.COMPLETED]
    ahead = shown[len(behind) :]
    entry = region.entries[len(region.entries) // 2 :][:PER_PAGE]
    return {
        BARE: ["/imprint"],
        "start": ["/"],
        "journeys": ["/journeys"],
        "journeys, middle": [_beyond("/journeys", ahead[len(ahead) // 2])],
        "journeys, last": [_beyond("/journeys", ahead[max(0, len(ahead) - PER_PAGE - 1)])],
        "journeys that have been": ["/journeys/past"],
        "journeys that have been, last": [_beyond("/journeys/past", behind[min(PER_PAGE, len(behind) - 1)])],
        "journey": [f"/journeys/{each.id}" for each in ahead[:PER_PAGE]],
        "catalog": ["/catalog"],
        "catalog, a word": [address("/catalog", q=word) for word in ("schicht", "daten", "meister", "prüfung")],
        "catalog, mistyped": [address("/catalog", q="schichtpaln")],
        "catalog, two facets": ["/catalog?kind=question&topic=data&topic=people"],
        "catalog, words and facet": [address("/catalog", q="schicht meister", pole="opportunity")],
        "entry": [f"/catalog/{each}" for each in entry],
        "certificate": [f"/certificates/{code}" for code in region.codes[:PER_PAGE]],
        "Atom": ["/journeys.atom"],
        "calendar": ["/journeys.ics"],
        "apply": ["/join/apply"],
        "ask for a seat": [f"/journeys/{each.id}/register" for each in _open(ahead)],
        "missionaries": ["/missionaries"],
        "start, English": ["/en/"],
    }


def _open(ahead: Sequence[Journey]) -> list[Journey]:
    return [each for each in ahead if each.state is JourneyState.REGISTRATION_OPEN][:PER_PAGE]


def _beyond(path: str, journey: Journey) -> str:
    return address(path, cursor=f"{journey.ends_at.isoformat()}~{journey.id}")


async def _measured(
    visitors: Visitors, pages: Mapping[str, Sequence[str]], times: int, dice: random.Random
) -> dict[str, Times]:
    """Ask for every page so many times, each round in another order."""
    found = {name: Times() for name in pages}
    for number in range(-WARM, times):
        names = dice.sample(sorted(pages), len(pages))
        seconds = await visitors.look([pages[name][number % len(pages[name])] for name in names])
        if number >= 0:
            for name, taken in zip(names, seconds, strict=True):
                found[name].all.append(taken * 1_000)
    return found


def _figures(large: Mapping[str, Times], small: Mapping[str, Times]) -> list[Figure]:
    bare = large[BARE].middle
    figures = [
        Figure(
            key="B10",
            work=f"{name}: 95th percentile of {len(taken.all)}",
            floor_is="50 ms",
            platform=taken.slow,
            floor=LIMIT_MS,
            unit="ms",
            ratio=taken.slow / LIMIT_MS,
            aim=1.0,
            more_is_better=False,
            note=f"median {taken.middle:.1f}, in a small region {small[name].middle:.1f}, of the imprint {bare:.1f}",
        )
        for name, taken in large.items()
    ]
    most = max((name for name in large if name != BARE), key=lambda name: large[name].middle / small[name].middle)
    growth = large[most].middle / small[most].middle
    return [
        *figures,
        Figure(
            key="B10 growth",
            work=f"the page whose median grew most: {most}",
            floor_is=f"the same page with {SMALL} of everything",
            platform=large[most].middle,
            floor=small[most].middle,
            unit="ms",
            ratio=growth,
            aim=AIM_GROWTH,
            more_is_better=False,
        ),
    ]
