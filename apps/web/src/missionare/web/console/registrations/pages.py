"""Registrations: of all journeys and of one, decided about one by one; and who was at which stop."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any, Final

from fastapi import Response

from missionare.web.console.frame import LEAD, OVERSIGHT, desk
from missionare.web.console.journeys.reading import Journey, journey_of, journeys_named
from missionare.web.console.lists import PER_PAGE, Cursor, Listing, Word, filters, listing, names
from missionare.web.console.registrations.reading import FILTERS, STATES, Consenting, Registration, Registrations
from missionare.web.pictures.codes import qr_code
from missionare.web.routing import Pages
from missionare.web.services import Refused, together
from missionare.web.session.pages import ours
from missionare.web.visits import Visit, Visiting

pages = Pages()

DECISION: Final = "registration-decision"
ATTENDANCE: Final = "attendance"
DEVICE: Final = "console"
"""What journeys notes as the device that a check-in from the list came from."""
PHOTOS: Final = "photos"
"""What members calls the consent to be recognised on photographs."""
MOST: Final = 200


@pages.get("/console/registrations", who=OVERSIGHT)
async def list_everywhere(visit: Visiting, state: Word = None, cursor: Cursor = None) -> Response:
    """List the registrations of all journeys, the latest first; in one state, those that wait longest."""
    return await _everywhere(visit, state if state in STATES else None, cursor)


@pages.get("/console/journeys/{journey_id}/registrations", who=OVERSIGHT)
async def list_of_journey(journey_id: str, visit: Visiting, state: Word = None, cursor: Cursor = None) -> Response:
    """List a journey's registrations, by state where one is chosen."""
    return await _of_journey(visit, journey_id, state if state in STATES else None, cursor)


@pages.post("/console/registrations/{registration_id}/{act}", who=LEAD)
async def decide(registration_id: str, act: str, visit: Visiting) -> Response:
    """Let somebody take part, or not; what the service refuses, it says above the list."""
    form = await visit.submitted(DECISION)
    if act not in {"approval", "rejection"}:
        return visit.nothing_here()
    body = {"reason": form.text("reason") or ""} if act == "rejection" else None
    back = form["back"] if ours(form["back"]) else "/console/registrations"
    try:
        path = f"/registrations/{registration_id}/{act}"
        await visit.ask.command("journeys", path, body, key=form.key, version=form.version)
    except Refused as refusal:
        journey_id = form.text("journey")
        if journey_id:
            return await _of_journey(visit, journey_id, None, None, refusal)
        return await _everywhere(visit, "pending_approval", None, refusal)
    return visit.go(back)


@pages.get("/console/journeys/{journey_id}/attendance", who=LEAD)
async def show_attendance(journey_id: str, visit: Visiting, stop: Word = None) -> Response:
    """Show who has a seat, to be ticked off at a stop."""
    return await _attendance(visit, await journey_of(visit, journey_id), stop)


@pages.post("/console/journeys/{journey_id}/attendance", who=LEAD)
async def note_attendance(journey_id: str, visit: Visiting) -> Response:
    """Note everybody who was ticked; whoever was noted before stays so."""
    form = await visit.submitted(ATTENDANCE)
    stop_id = form["stop"]
    ticked = [name.removeprefix("person-") for name in form.values if name.startswith("person-")]
    for number, registration_id in enumerate(ticked):
        path, body = f"/registrations/{registration_id}/check-ins", {"stop_id": stop_id, "device_id": DEVICE}
        try:
            await visit.ask.command("journeys", path, body, key=f"{form.key}-{number}")
        except Refused as refusal:
            return await _attendance(visit, await journey_of(visit, journey_id), stop_id, refusal)
    return visit.go(f"/console/journeys/{journey_id}/attendance", stop=stop_id)


async def _everywhere(visit: Visit, state: str | None, cursor: str | None, refusal: Refused | None = None) -> Response:
    # Whoever waits longest comes first; of all of them, also those of long ago, the latest.
    asked = {"state": state, "cursor": cursor, "limit": PER_PAGE, "newest_first": "false" if state else "true"}
    found = await visit.ask.read(Registrations, "journeys", "/agenda/registrations", **asked)
    journeys = await journeys_named(visit, (each.journey_id for each in found.items))
    titles = {journey.id: journey.title for journey in journeys.values()}
    shown = _listing(visit, found, state, cursor)
    return await _shown(visit, found, shown, heading=visit.say("Anmeldungen"), titles=titles, refusal=refusal)


async def _of_journey(
    visit: Visit, journey_id: str, state: str | None, cursor: str | None, refusal: Refused | None = None
) -> Response:
    asked = {"state": state, "cursor": cursor, "limit": PER_PAGE}
    journey, found = await asyncio.gather(
        journey_of(visit, journey_id),
        visit.ask.read(Registrations, "journeys", f"/journeys/{journey_id}/registrations", **asked),
    )
    shown = _listing(visit, found, state, cursor)
    heading = visit.say("Anmeldungen und Warteliste")
    return await _shown(visit, found, shown, heading=heading, journey=journey, refusal=refusal)


def _listing(visit: Visit, found: Registrations, state: str | None, cursor: str | None) -> Listing:
    return listing(
        visit,
        (),
        next_cursor=found.next_cursor,
        cursor=cursor,
        empty=visit.say("Hier ist niemand. Sobald jemand in diesen Zustand kommt, steht die Anmeldung hier."),
        filters=filters(visit, "state", FILTERS, state),
    )


async def _shown(visit: Visit, found: Registrations, shown: Listing, **more: Any) -> Response:
    known = await names(
        visit,
        people=[each.person_id for each in found.items],
        organisations=[each.organisation_id for each in found.items],
    )
    query = visit.request.url.query
    forms = {each.id: visit.form(DECISION, version=each.version) for each in found.items if _open(visit, each)}
    given = {"journey": None, "titles": {}, "refusal": None, **more}
    refusal = given["refusal"]
    return desk(
        visit,
        "registrations/list.html",
        status=refusal.status if refusal else HTTPStatus.OK,
        found=found.items,
        listing=shown,
        known=known,
        decisions=forms,
        back=visit.path + (f"?{query}" if query and visit.request.method == "GET" else ""),
        **given,
    )


def _open(visit: Visit, registration: Registration) -> bool:
    return registration.state == "pending_approval" and visit.caller.has("operator")


async def _attendance(visit: Visit, journey: Journey, stop_id: str | None, refusal: Refused | None = None) -> Response:
    stops = journey.standing
    stop = next((each for each in stops if each.id == stop_id), stops[0] if stops else None)
    asked = {"state": "confirmed", "limit": MOST}
    found = await visit.ask.read(Registrations, "journeys", f"/journeys/{journey.id}/registrations", **asked)
    people = [each.person_id for each in found.items]
    known, photographed = await asyncio.gather(
        names(visit, people=people, organisations=[each.organisation_id for each in found.items]),
        _photographed(visit, people),
    )
    return desk(
        visit,
        "registrations/attendance.html",
        status=refusal.status if refusal else HTTPStatus.OK,
        journey=journey,
        stop=stop,
        stops=stops,
        photographed=photographed,
        found=sorted(found.items, key=lambda each: known.person(each.person_id, visit).casefold()),
        known=known,
        form=visit.form(ATTENDANCE),
        code=stop and qr_code(visit.absolute(f"/me/journeys/{journey.id}/stops/{stop.id}", "de")),
        refusal=refusal,
    )


async def _photographed(visit: Visit, people: list[str]) -> frozenset[str]:
    """Ask members who of them may be recognised on photographs. Where nothing is known, nobody may."""
    if not people:
        return frozenset()
    [found] = await together(visit.ask.read(Consenting, "members", f"/consents/{PHOTOS}/people", ids=people))
    return found.person_ids if found else frozenset()
