"""Promise 1's load: fifty commands and two hundred reads a second, each sent when it is due, whoever still waits.

Coaches agree to goals; missionaries read their plans, operators a journey. It goes to the services themselves, so that
the gateway's limit of requests for each address does not count this one client.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import cycle
from typing import Final

from bench.http_load import answer_all, get, post
from bench.travelled import Region
from missionare.kit.ids import uuid7

COMMANDS_A_SECOND: Final = 50
READS_A_SECOND: Final = 200
CONNECTIONS: Final = 8
"""To each service."""
TICK_SECONDS: Final = 0.02

Request = Callable[[], bytes]
"""Writes a request when it is sent."""


@asynccontextmanager
async def steady_load(found: Region) -> AsyncIterator[Callable[[], int]]:
    """Keep the load up while the block runs; give what counts the requests that are due and not sent yet.

    Raises:
        AssertionError: a request was refused.
    """
    queues: dict[str, asyncio.Queue[Request]] = {service: asyncio.Queue() for service in found.ports}
    clients = [
        asyncio.create_task(answer_all(found.ports[service], queue))
        for service, queue in queues.items()
        for _ in range(CONNECTIONS)
    ]
    arrivals = asyncio.create_task(_arrive(found, queues))
    try:
        yield lambda: sum(queue.qsize() for queue in queues.values())
    finally:
        for task in (arrivals, *clients):
            task.cancel()
        ended = await asyncio.gather(arrivals, *clients, return_exceptions=True)
    for result in ended:
        if isinstance(result, Exception):
            raise result


async def _arrive(found: Region, queues: dict[str, asyncio.Queue[Request]]) -> None:
    """Put every request into its queue at its time, by the clock and not by the answers."""
    clock = asyncio.get_running_loop().time
    began, commands, reads = clock(), 0, 0
    journey = found.lay_down(1)
    (person,) = journey.people
    journey_path = f"/api/journeys/v1/journeys/{journey.journey.id}"
    kinds: cycle[tuple[str, Request]] = cycle(
        [
            ("journeys", lambda: get(journey_path, found.credentials("journeys", uuid7(), "operator"))),
            (
                "notifications",
                lambda: get("/api/notifications/v1/outreach-plans", found.credentials("notifications", person)),
            ),
        ]
    )
    while True:
        passed = clock() - began
        for _ in range(int(passed * COMMANDS_A_SECOND) - commands):
            queues["members"].put_nowait(lambda: _agreement(found))
            commands += 1
        for _ in range(int(passed * READS_A_SECOND) - reads):
            service, request = next(kinds)
            queues[service].put_nowait(request)
            reads += 1
        await asyncio.sleep(TICK_SECONDS)


def _agreement(found: Region) -> bytes:
    goal = found.submitted_goal()
    headers = {
        **found.credentials("members", uuid7(), "coach"),
        "Idempotency-Key": uuid7(),
        "If-Match": f'"{goal.version}"',
    }
    return post(f"/api/members/v1/goals/{goal.id}/agreement", headers)
