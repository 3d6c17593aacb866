"""Impact: what the network achieves, in numbers that open their lists and pictures that say them again."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import Response

from missionare.web.console.completion.reading import consequences_of
from missionare.web.console.completion.threads import MISSIONARY_STATES, Missionaries
from missionare.web.console.frame import AWAY, LEAD, asked, desk, shown_list
from missionare.web.console.impact.reading import FIGURES, Figure, Harvest, OutreachPage, counted, entries_public
from missionare.web.console.journeys.reading import Journeys, journeys_named
from missionare.web.console.lists import PER_PAGE, Cursor, Row, Word, filters, listing, names
from missionare.web.console.today.reading import Agenda
from missionare.web.pictures.bars import draw
from missionare.web.routing import Pages
from missionare.web.services import Away
from missionare.web.visits import Visit, Visiting

pages = Pages()

LATEST: Final = 10
"""Journeys in a picture."""


@pages.get("/console/impact", who=LEAD)
async def show_impact(visit: Visiting) -> Response:
    """Show what there is by now. A number whose service is away is left out, and the page says that one is missing."""
    *numbers, outreach, harvest = await asyncio.gather(
        counted(visit.ask.read(Agenda, "members", "/figures")),
        counted(visit.ask.read(Agenda, "journeys", "/figures")),
        entries_public(visit),
        asked(visit.ask.read(OutreachPage, "notifications", "/outreach-summary", limit=LATEST)),
        _harvest(visit),
    )
    known = {name: count for part_of in numbers if part_of for name, count in part_of.items()}
    figures = [
        Figure(known[name], visit.say(label), visit.url(address))
        for name, (label, address) in FIGURES.items()
        if name in known
    ]
    plans = list(reversed(outreach.items)) if isinstance(outreach, OutreachPage) else []
    titles = await _titles(visit, [each.journey_id for each in plans], harvest or [])
    return desk(
        visit,
        "impact/impact.html",
        figures=figures,
        away=None in numbers or outreach is AWAY or harvest is None,
        harvest=harvest or [],
        harvest_bars=draw([(each.participations, max(each.seats, each.participations)) for each in harvest or []]),
        plans=plans,
        plan_bars=draw([(each.now.accepted, each.now.plans) for each in plans]),
        titles=titles,
    )


@pages.get("/console/impact/outreach", who=LEAD)
async def list_outreach(visit: Visiting, cursor: Cursor = None) -> Response:
    """List what came of each journey's outreach: numbers of all, never of one person."""
    asked_for = {"cursor": cursor, "limit": PER_PAGE}
    found = await visit.ask.read(OutreachPage, "notifications", "/outreach-summary", **asked_for)
    titles = await _titles(visit, [each.journey_id for each in found.items], [])
    rows = [
        Row(
            title=titles.get(each.journey_id, visit.say("Lernreise")),
            address=visit.url(f"/console/journeys/{each.journey_id}/consequences"),
            text=visit.say(
                "Transferpläne: {accepted} von {plans} angenommen. Aktivitäten: {done} von {activities} getan. "
                "Erreichte Menschen: {reach}. Angenommene Einladungen: {conversions}.",
                **each.now.model_dump(),
            ),
        )
        for each in found.items
    ]
    shown = listing(
        visit,
        rows,
        next_cursor=found.next_cursor,
        cursor=cursor,
        empty=visit.say("Noch kein Transfer. Er beginnt, wenn eine Lernreise abgeschlossen ist."),
    )
    lead = visit.say("Gezählt wird je Lernreise. Wer was getan hat, sieht nur die Person selbst, nie der Arbeitgeber.")
    crumbs = [(visit.say("Wirkung"), visit.url("/console/impact"))]
    return shown_list(visit, visit.say("Transfer je Lernreise"), shown, lead=lead, crumbs=crumbs)


@pages.get("/console/missionaries", who=LEAD)
async def list_missionaries(visit: Visiting, state: Word = None, cursor: Cursor = None) -> Response:
    """List missionaries and those on the way to become one, by state where one is chosen."""
    chosen = state if state in MISSIONARY_STATES else None
    asked_for = {"state": chosen, "cursor": cursor, "limit": PER_PAGE}
    found = await visit.ask.read(Missionaries, "members", "/missionaries", **asked_for)
    known = await names(visit, people=[each.person_id for each in found.items])
    rows = [
        Row(
            title=known.person(each.person_id, visit),
            address=visit.url(f"/console/people/{each.person_id}"),
            chip=each.chip(visit),
        )
        for each in found.items
    ]
    shown = listing(
        visit,
        rows,
        next_cursor=found.next_cursor,
        cursor=cursor,
        empty=visit.say("Hier ist niemand. Qualifiziert ist, wer an genug Stationen einer Lernreise war."),
        filters=filters(visit, "state", {name: label for name, (_, label) in MISSIONARY_STATES.items()}, chosen),
    )
    return shown_list(visit, visit.say("Missionarinnen und Missionare"), shown)


async def _harvest(visit: Visit) -> list[Harvest] | None:
    """Give the latest completed journeys with their numbers, the earliest first; None where journeys is away."""
    try:
        asked_for = {"state": "completed", "newest_first": "true", "limit": LATEST}
        found = await visit.ask.read(Journeys, "journeys", "/journeys", **asked_for)
        told = await asyncio.gather(*(consequences_of(visit, journey.id) for journey in found.items))
    except Away:
        return None
    pairs = zip(found.items, told, strict=True)
    harvest = [Harvest(journey, journey.capacity, each.participations) for journey, each in pairs]
    return sorted(harvest, key=lambda each: each.journey.starts_at)


async def _titles(visit: Visit, journey_ids: list[str], known: list[Harvest]) -> dict[str, str]:
    titles = {each.journey.id: each.journey.title for each in known}
    read = await journeys_named(visit, set(journey_ids) - titles.keys())
    return titles | {journey.id: journey.title for journey in read.values()}
