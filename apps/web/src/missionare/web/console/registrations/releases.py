"""Where hosts still have to decide about insights. The console never shows a text before its host has released it."""

from __future__ import annotations

import asyncio
from datetime import datetime

from fastapi import Response

from missionare.web.console.frame import OVERSIGHT, shown_list
from missionare.web.console.journeys.reading import journeys_named
from missionare.web.console.lists import PER_PAGE, Cursor, Row, listing, names
from missionare.web.routing import Pages
from missionare.web.services import Read
from missionare.web.visits import Visiting

pages = Pages()


class Awaited(Read):
    """That a host has not yet decided about an insight."""

    journey_id: str
    host_id: str
    release_until_at: datetime | None = None


class AwaitedPage(Read):
    """A page of what is awaited."""

    items: tuple[Awaited, ...]
    next_cursor: str | None = None


@pages.get("/console/releases", who=OVERSIGHT)
async def list_awaited(visit: Visiting, cursor: Cursor = None) -> Response:
    """List whose answer is awaited until when: whom to call, and about which journey."""
    found = await visit.ask.read(AwaitedPage, "journeys", "/agenda/insights", cursor=cursor, limit=PER_PAGE)
    journeys, known = await asyncio.gather(
        journeys_named(visit, (each.journey_id for each in found.items)),
        names(visit, organisations=[each.host_id for each in found.items]),
    )
    rows = []
    for each in found.items:
        journey = journeys.get(each.journey_id)
        until = visit.formats.short(each.release_until_at) if each.release_until_at else ""
        rows.append(
            Row(
                title=known.organisation(each.host_id, visit),
                address=visit.url(f"/console/organisations/{each.host_id}"),
                text=journey.title if journey else "",
                chip=("held", visit.say("beim Gastgeber")),
                when=visit.say("bis {day}", day=until) if until else "",
            )
        )
    shown = listing(
        visit,
        rows,
        next_cursor=found.next_cursor,
        cursor=cursor,
        empty=visit.say(
            "Kein Gastgeber muss gerade entscheiden. Neues steht hier, sobald jemand an einer Station etwas notiert."
        ),
    )
    lead = visit.say(
        "Was darin steht, liest hier niemand, bevor der Gastgeber es freigegeben hat. Schweigen heißt nein."
    )
    return shown_list(visit, visit.say("Erkenntnisse beim Gastgeber"), shown, lead=lead)
