"""Technik: how the streams are."""

from __future__ import annotations

import asyncio

from fastapi import Response

from missionare.web.console.frame import LEAD, desk
from missionare.web.console.technik.reading import SERVICES, side
from missionare.web.routing import Pages
from missionare.web.visits import Visiting

pages = Pages()


@pages.get("/console/technik", who=LEAD)
async def show_streams(visit: Visiting) -> Response:
    """Show what waits, how old it is, and what is stuck. A service that does not answer is named."""
    sides = await asyncio.gather(*(side(visit, name) for name in SERVICES))
    known = [each.streams for each in sides if each.streams is not None]
    hops = sorted((hop for streams in known for hop in streams.hops), key=lambda hop: (hop.source, hop.consumer))
    return desk(
        visit,
        "technik/streams.html",
        sides=sides,
        waiting=sum(streams.lag + streams.facts_pending for streams in known),
        oldest=max((streams.oldest_seconds for streams in known), default=0.0),
        timers=sum(streams.timers_due for streams in known),
        needy=sum(streams.needy for streams in known),
        aside=[(each.label, consumer) for each in sides if each.streams for consumer in each.streams.set_aside],
        hops=hops,
        services=SERVICES,
    )
