"""Journeys in the console: the list, one journey, and its course step by step."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from fastapi import Response

from missionare.web.console.frame import LEAD, OVERSIGHT, desk, shown_list
from missionare.web.console.journeys.reading import ACTS, FILTERS, Journey, Journeys, Seats, journey_of, row
from missionare.web.console.lists import PER_PAGE, Cursor, Word, filters, listing, names
from missionare.web.routing import Pages
from missionare.web.services import Refused, part
from missionare.web.visits import Visit, Visiting

pages = Pages()

STEP = "journey-step"
STOP = "journey-stop"
STOP_ACTS = {"host-request", "visit", "skipping", "cancellation"}
WITH_REASON = {"skipping", "cancellation"}


@pages.get("/console/journeys", who=OVERSIGHT)
async def list_journeys(visit: Visiting, state: Word = None, cursor: Cursor = None) -> Response:
    """List journeys, by state where one is chosen."""
    chosen = state if state in FILTERS else None
    asked = {"state": chosen, "newest_first": "true", "cursor": cursor, "limit": PER_PAGE}
    found = await visit.ask.read(Journeys, "journeys", "/journeys", **asked)
    shown = listing(
        visit,
        [row(visit, journey) for journey in found.items],
        next_cursor=found.next_cursor,
        cursor=cursor,
        empty=visit.say("Hier ist keine Lernreise. Sobald eine in diesen Zustand kommt, steht sie hier."),
        filters=filters(visit, "state", FILTERS, chosen),
    )
    act = (visit.say("Lernreise planen"), visit.url("/console/journeys/new")) if visit.caller.has("operator") else None
    return shown_list(visit, visit.say("Lernreisen"), shown, act=act)


@pages.get("/console/journeys/{journey_id}", who=OVERSIGHT)
async def read_journey(journey_id: str, visit: Visiting) -> Response:
    """Show one journey: what comes next, its stops, its seats."""
    return await shown(visit, await journey_of(visit, journey_id))


@pages.post("/console/journeys/{journey_id}/steps/{act}", who=LEAD)
async def take_step(journey_id: str, act: str, visit: Visiting) -> Response:
    """Take the journey one step on; what the service refuses, it says on the page."""
    form = await visit.submitted(STEP)
    if act not in ACTS:
        return visit.nothing_here()
    try:
        await visit.ask.command("journeys", f"/journeys/{journey_id}/{act}", key=form.key, version=form.version)
    except Refused as refusal:
        return await shown(visit, await journey_of(visit, journey_id), refusal)
    return visit.go(f"/console/journeys/{journey_id}" + ("/consequences" if act == "completion" else ""))


@pages.post("/console/journeys/{journey_id}/cancellation", who=LEAD)
async def cancel(journey_id: str, visit: Visiting) -> Response:
    """Call a journey off, with the reason that is kept."""
    form = await visit.submitted(STEP)
    body = {"reason": form.text("reason") or ""}
    try:
        await visit.ask.command(
            "journeys", f"/journeys/{journey_id}/cancellation", body, key=form.key, version=form.version
        )
    except Refused as refusal:
        return await shown(visit, await journey_of(visit, journey_id), refusal)
    return visit.go(f"/console/journeys/{journey_id}")


@pages.post("/console/journeys/{journey_id}/stops/{stop_id}/{act}", who=LEAD)
async def act_on_stop(journey_id: str, stop_id: str, act: str, visit: Visiting) -> Response:
    """Ask a host, or note what became of a stop."""
    form = await visit.submitted(STOP)
    if act not in STOP_ACTS:
        return visit.nothing_here()
    body = {"reason": form.text("reason") or ""} if act in WITH_REASON else None
    path = f"/journeys/{journey_id}/stops/{stop_id}/{act}"
    try:
        await visit.ask.command("journeys", path, body, key=form.key, version=form.version)
    except Refused as refusal:
        return await shown(visit, await journey_of(visit, journey_id), refusal)
    return visit.go(f"/console/journeys/{journey_id}")


async def shown(visit: Visit, journey: Journey, refusal: Refused | None = None) -> Response:
    """Show a journey as it is now, with what a service said no to above it."""
    seats, known = await asyncio.gather(
        part(_seats(visit, journey)), names(visit, organisations=[stop.organisation_id for stop in journey.stops])
    )
    return desk(
        visit,
        "journeys/journey.html",
        status=refusal.status if refusal else HTTPStatus.OK,
        journey=journey,
        seats=seats,
        known=known,
        refusal=refusal,
        step=visit.form(STEP, version=journey.version),
        stop_form=visit.form(STOP, version=journey.version),
        leads=visit.caller.has("operator"),
    )


async def _seats(visit: Visit, journey: Journey) -> Seats | None:
    """Give the seats; before registration opens there are none to count."""
    if journey.state in {"draft", "announced", "published"}:
        return None
    try:
        return await visit.ask.read(Seats, "journeys", f"/journeys/{journey.id}/seats")
    except Refused:
        return None
