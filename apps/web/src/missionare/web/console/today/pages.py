"""Heute: everything that waits for whoever looks, each number with the list that it counts."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import Response

from missionare.web.console.frame import AWAY, STAFF, asked, desk
from missionare.web.console.today.reading import SECTIONS, SERVICES, TASKS, Section, Waiting, agenda, unclear
from missionare.web.journeys.reading import programme
from missionare.web.routing import Pages
from missionare.web.visits import Visit, Visiting

pages = Pages()

AHEAD: Final = 4


@pages.get("/console", who=STAFF)
async def today(visit: Visiting) -> Response:
    """Show what waits. A part whose service is away says so, and the rest stands."""
    sections, ahead = await asyncio.gather(
        asyncio.gather(*(agenda(visit, *section) for section in SECTIONS)), asked(programme(visit, limit=AHEAD))
    )
    shown = [section for section in sections if section is not None]
    if visit.caller.has("operator"):
        shown.append(await _technik(visit))
    return desk(
        visit,
        "today/today.html",
        sections=[section for section in shown if section.tasks or section.away],
        quiet=[section.heading for section in shown if not section.tasks and not section.away],
        tasks=TASKS,
        ahead=None if ahead is AWAY else ahead,
        now=visit.site.clock.now(),
    )


async def _technik(visit: Visit) -> Section:
    counts = await asyncio.gather(*(unclear(visit, service) for service in SERVICES))
    known = [count for count in counts if count is not None]
    waiting = Waiting(name="facts_unclear", count=sum(known))
    return Section("technik", visit.say("Technik"), (waiting,) if waiting.count else (), away=len(known) < len(counts))
