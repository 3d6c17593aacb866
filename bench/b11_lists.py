"""B11: the console pages through 10,000 rows in constant time.

Platform: everything that `missionare up` starts; an operator who is also a coach asks web, without the gateway.
Floor: the first page of the same list. Middle and last page are asked for in turn with it.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from bench.large_region import LargeRegion, last_page, middle_page
from bench.measure import Bench, Figure
from bench.servers import scratch
from bench.visitors import Visitors, address, databases
from missionare.cli.running import Running

ROWS: Final = 10_000
PER_PAGE: Final = 50
AIM: Final = 1.3
WARM: Final = 5
LEAST_ROWS: Final = 3 * PER_PAGE

Places = Mapping[str, str]
"""The addresses of the first, the middle and the last page."""


async def run(bench: Bench) -> list[Figure]:
    """Measure first, middle and last page of every list."""
    rows = max(LEAST_ROWS, round(ROWS * min(bench.size.scale, 1.0)))
    times = bench.size.of(100, 30) if bench.size.scale >= 1 else 1
    dice = random.Random(bench.size.seed)  # noqa: S311 - the same order every time
    with scratch(bench.folder) as data, Running.start(data) as platform, databases(platform) as opened:
        region = LargeRegion(opened, bench.size.seed, datetime.now(UTC))
        lists = _filled(region, rows)
        visitors = Visitors(platform)
        bench.say(f"{rows:,} rows or more in each of {len(lists)} lists")
        asked = [(name, place, path) for name, places in lists.items() for place, path in places.items()]
        found: dict[tuple[str, str], list[float]] = {(name, place): [] for name, place, _ in asked}
        for number in range(-WARM, times):
            order = dice.sample(asked, len(asked))
            seconds = await visitors.look([path for _, _, path in order], "operator", "coach")
            if number >= 0:
                for (name, place, _), taken in zip(order, seconds, strict=True):
                    found[name, place].append(taken * 1_000)
    return [_figure(name, {place: found[name, place] for place in places}, rows) for name, places in lists.items()]


def _filled(region: LargeRegion, rows: int) -> Mapping[str, Places]:
    """Lay everything down; give each list with its places."""
    region.add_people(rows)
    region.add_organisations(rows)
    region.add_journeys(rows)
    *others, alone = region.journeys
    # Every other registration is of one journey, so that each page of all of them shows as many journeys as any other.
    region.add_registrations(2 * rows, [each for other in others for each in (other, alone)])
    everywhere, of_one = region.registrations, region.registrations[1::2]
    newest_first = [each.id for each in reversed(region.journeys)]
    coaches = region.people[::10]
    return {
        "people": _places("/console/people", region.people),
        "people with a role": _places("/console/people", coaches, role="coach"),
        "organisations": _places("/console/organisations", region.organisations),
        "organisations that take part": _places("/console/organisations", region.organisations, state="active"),
        "journeys": _places("/console/journeys", newest_first),
        "registrations of all journeys": _places("/console/registrations", everywhere),
        "registrations of one journey": _places(f"/console/journeys/{alone.id}/registrations", of_one),
        "certificates of one journey": _places(f"/console/journeys/{alone.id}/certificates", region.certificates[1::2]),
    }


def _places(path: str, ids: Sequence[str], **query: str) -> Places:
    cursors = {"middle": middle_page(ids), "last": last_page(ids, PER_PAGE)}
    return {
        "first": address(path, **query),
        **{place: address(path, **query, cursor=cursor) for place, cursor in cursors.items()},
    }


def _figure(name: str, taken: Mapping[str, list[float]], rows: int) -> Figure:
    middles = {place: statistics.median(times) for place, times in taken.items()}
    last = max(middles["middle"], middles["last"])
    return Figure(
        key="B11",
        work=f"{name}, {rows:,} rows: the slower of the middle and the last page",
        floor_is="the first page",
        platform=last,
        floor=middles["first"],
        unit="ms",
        ratio=last / middles["first"],
        aim=AIM,
        more_is_better=False,
        note=", ".join(f"{place} {middle:.1f}" for place, middle in middles.items()) + " ms at the median",
    )
