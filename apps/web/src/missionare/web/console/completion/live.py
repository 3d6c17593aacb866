"""What arrives, told to an open page by Server-Sent Events (HTML, section 9.2)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final

from missionare.web.console.completion.reading import Consequences, consequences_of
from missionare.web.services import Away
from missionare.web.visits import Visit

TOKEN_SECONDS: Final = 45.0
"""A connection ends before the token it came with does; the browser comes again by itself, with a new one."""
WAIT_MS: Final = 2_000
"""How long journeys waits for something new before it answers that there is nothing."""
PAUSE_SECONDS: Final = 1.0
AGAIN_MS: Final = 300
"""After how long a browser whose connection has broken comes again."""
AT_ONCE_MS: Final = 20
"""The same for one that was asked to come again, so that nothing is shown the later for it."""


async def arrivals(
    visit: Visit, journey_id: str, seen: int, shown: Callable[[Consequences], str]
) -> AsyncIterator[str]:
    """Give an event each time that more has arrived than was seen, until it is time to come again.

    While journeys does not answer, nothing is told; what arrived meanwhile comes with the first answer after that.
    """
    yield f"retry: {AGAIN_MS}\n\n"
    until = asyncio.get_running_loop().time() + TOKEN_SECONDS
    while asyncio.get_running_loop().time() < until:
        try:
            found = await consequences_of(visit, journey_id, after=seen, wait_ms=WAIT_MS)
        except Away:
            await asyncio.sleep(PAUSE_SECONDS)
            continue
        if found.seen > seen:
            seen = found.seen
            yield event(str(seen), "arrived", shown(found))
        else:
            # A line that says nothing tells whether anybody still listens.
            yield ":\n\n"
    yield f"retry: {AT_ONCE_MS}\n\n"


def event(identity: str, name: str, text: str) -> str:
    """Write one event. A line break in its text begins a new line of data."""
    data = "".join(f"data: {line}\n" for line in text.splitlines())
    return f"id: {identity}\nevent: {name}\n{data}\n"
