"""B12: how soon the completion page shows a consequence after its fact, over the whole platform.

Platform: everything that `missionare up` starts. An operator's page is open: its stream of Server-Sent Events is read
from web, without the gateway, which passes it on unbuffered. Counted is, for each consequence of each completion, the
time from the fact's own moment, which is taken at the beginning of the fact's transaction, until the event that
shows it is there. So the transaction, the relay, the broker, journeys' read model and web are all in it.
Floor: a limit of 300 ms.
"""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

import httpx2

from bench.measure import Bench, Figure
from bench.servers import scratch
from bench.travelled import Region, Travelled, region
from bench.visitors import Visitors, databases
from missionare.cli.running import Running

LIMIT_MS: Final = 300.0
LONGEST_SECONDS: Final = 30.0
WARM: Final = 2
MANY: Final = 10
"""Participants of a journey whose consequences come all at once."""
FEW_TIMES, MANY_TIMES = 3, 10
FACTS: Final = {
    "journeys": {"participation_concluded": "participations_concluded", "certificate_issued": "certificates_issued"},
    "members": {
        "goal_assessment_requested": "assessments_requested",
        "missionary_qualified": "missionaries_qualified",
    },
    "catalog": {"catalog_update_proposed": "catalog_updates_proposed"},
    "notifications": {"outreach_plan_drafted": "outreach_plans_drafted"},
}
"""By service: the facts that are consequences, and what the page calls them."""
EACH: Final = {"catalog_updates_proposed"}
"""What comes once for a journey; of all others one comes for each participant."""
SHOWN: Final = re.compile(r'<li id="log-(\w+)".*?<a [^>]*>\s*([\d.]+)', re.DOTALL)

Shown = dict[str, list[float]]
"""Of every kind: when the first, the second and so on was there, in seconds since 1970."""


async def run(bench: Bench) -> list[Figure]:
    """Measure the milliseconds from fact to event."""
    times = (
        {1: bench.size.of(30, 20), MANY: max(5, bench.size.of(100, 50) // 10)}
        if bench.size.scale >= 1
        else {1: 1, 2: 1}
    )
    figures: list[Figure] = []
    with (
        scratch(bench.folder) as data,
        Running.start(data) as platform,
        region(platform) as found,
        databases(platform) as opened,
    ):
        watching = _Watching(found, Visitors(platform), opened)
        for _ in range(WARM):
            await watching.completed(1)
        for participants, count in times.items():
            taken = [each for _ in range(count) for each in await watching.completed(participants)]
            told = f"median {statistics.median(taken):.0f} ms, max {max(taken):.0f} ms"
            bench.say(f"{participants} on a journey: {told}")
            figures += _figures(participants, count, taken)
    return figures


class _Watching:
    """Somebody who keeps the page of a completion open."""

    def __init__(self, found: Region, visitors: Visitors, opened: Mapping[str, Any]) -> None:
        self._found, self._visitors, self._databases = found, visitors, opened

    async def completed(self, participants: int) -> list[float]:
        """Complete a journey while its page is open; give the milliseconds of every consequence."""
        travelled = self._found.lay_down(participants)
        open_now = asyncio.Event()
        page = asyncio.create_task(self._watch(travelled, open_now))
        await open_now.wait()
        await self._found.complete(travelled)
        shown = await page
        happened = self._happened(travelled.journey.id)
        return [
            (there - fact) * 1_000
            for name, facts in happened.items()
            for fact, there in zip(facts, shown[name], strict=True)
        ]

    async def _watch(self, travelled: Travelled, open_now: asyncio.Event) -> Shown:
        url = f"http://127.0.0.1:{self._visitors.port}/console/journeys/{travelled.journey.id}/consequences/live"
        shown: Shown = defaultdict(list)
        headers = {"Accept": "text/event-stream", **self._visitors.credentials("operator")}
        async with (
            asyncio.timeout(LONGEST_SECONDS),
            httpx2.AsyncClient(timeout=LONGEST_SECONDS) as client,
            client.stream("GET", url, headers=headers) as answer,
        ):
            answer.raise_for_status()
            event: list[str] = []
            async for line in answer.aiter_lines():
                open_now.set()
                if line:
                    event.append(line)
                    continue
                now = time.time()
                for name, count in SHOWN.findall("\n".join(event)):
                    shown[name] += [now] * (int(count.replace(".", "")) - len(shown[name]))
                event.clear()
                if _whole(shown, len(travelled.people)):
                    return shown
        msg = f"the page's stream ended before everything was there: {dict(shown)}"
        raise AssertionError(msg)

    def _happened(self, journey_id: str) -> dict[str, list[float]]:
        """Give the moments of a journey's consequences, of each kind in their order."""
        found: dict[str, list[float]] = defaultdict(list)
        for service, kinds in FACTS.items():
            types = {f"{service}.{kind}.v1": name for kind, name in kinds.items()}
            for row in self._databases[service]["facts"].find({"type": {"$in": list(types)}}, sort=[("_id", 1)]):
                if json.loads(row["value"])["journey_id"] == journey_id and not _again(row):
                    found[types[row["type"]]].append(row["time"].timestamp())
        return found


def _again(row: Mapping[str, Any]) -> bool:
    """Whether a plan was drafted anew: it is counted once."""
    return bool(row["aggregate"] == "outreach_plan" and row["sequence"] > 1)


def _whole(shown: Shown, participants: int) -> bool:
    kinds = [name for kinds in FACTS.values() for name in kinds.values()]
    return all(len(shown[name]) >= (1 if name in EACH else participants) for name in kinds)


def _figures(participants: int, times: int, taken: list[float]) -> list[Figure]:
    ordered = sorted(taken)
    slow = ordered[max(0, -(-len(ordered) * 95 // 100) - 1)]
    work = f"of {len(taken)} consequences of {times} completions with {participants} on the journey"
    figures = {"p95": ("95th percentile", slow), "max": ("slowest", ordered[-1])}
    return [
        Figure(
            key=f"B12 {name}" if participants == 1 else f"B12 many {name}",
            work=f"from fact to page: {told} {work}",
            floor_is="300 ms",
            platform=value,
            floor=LIMIT_MS,
            unit="ms",
            ratio=value / LIMIT_MS,
            aim=1.0,
            more_is_better=False,
            note=f"median {statistics.median(ordered):.0f} ms",
        )
        for name, (told, value) in figures.items()
    ]
