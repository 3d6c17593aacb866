"""Journeys for everybody: the list, what has been, each one, and both as feeds."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Query, Response

from missionare.web.forms import Form
from missionare.web.interest.reading import FORM as INTEREST_FORM
from missionare.web.interest.reading import own_interest
from missionare.web.journeys import feeds
from missionare.web.journeys.reading import Journey, State, programme
from missionare.web.registration.reading import SEAT_FORM, own_position, own_registration
from missionare.web.routing import EVERYBODY, Pages
from missionare.web.services import part
from missionare.web.visits import Visit, Visiting

pages = Pages()

PER_PAGE: Final = 20
IN_A_FEED: Final = 100
ATOM: Final = "application/atom+xml"
CALENDAR: Final = "text/calendar; charset=utf-8"
Cursor = Annotated[str | None, Query(max_length=128)]


@pages.get("/journeys", who=EVERYBODY)
async def list_journeys(visit: Visiting, cursor: Cursor = None) -> Response:
    """Show what lies ahead, the next one first."""
    shown = await programme(visit, cursor=cursor, limit=PER_PAGE)
    return visit.page("journeys/list.html", shown=shown, past=False, cursor=cursor)


@pages.get("/journeys/past", who=EVERYBODY)
async def list_past_journeys(visit: Visiting, cursor: Cursor = None) -> Response:
    """Show what has been, the latest first."""
    shown = await programme(visit, past=True, cursor=cursor, limit=PER_PAGE)
    return visit.page("journeys/list.html", shown=shown, past=True, cursor=cursor)


@pages.get("/journeys.atom", who=EVERYBODY)
async def read_feed(visit: Visiting) -> Response:
    """Give the journeys ahead as an Atom feed (RFC 4287)."""
    shown = await programme(visit, limit=IN_A_FEED)
    return visit.file(feeds.atom(visit, shown.items), ATOM)


@pages.get("/journeys.ics", who=EVERYBODY)
async def read_calendar(visit: Visiting) -> Response:
    """Give the journeys ahead as a calendar (RFC 5545)."""
    shown = await programme(visit, limit=IN_A_FEED)
    return visit.file(feeds.calendar(visit, shown.items), CALENDAR)


@pages.get("/journeys/{journey_id}.ics", who=EVERYBODY)
async def read_appointment(journey_id: str, visit: Visiting) -> Response:
    """Give one journey as a calendar file."""
    journey = await _journey(visit, journey_id)
    return visit.file(feeds.calendar(visit, [journey]), CALENDAR, name=f"lernreise-{journey.starts_at:%Y-%m-%d}.ics")


@pages.get("/journeys/{journey_id}", who=EVERYBODY)
async def read_journey(journey_id: str, visit: Visiting) -> Response:
    """Show one journey: the way, the seats, and how to come along."""
    return await show(visit, journey_id)


async def show(visit: Visit, journey_id: str, refused: Form | None = None) -> Response:
    """Show a journey with what is the caller's own in it, and what was refused just now."""
    journey = await _journey(visit, journey_id)
    announced = journey.state is State.ANNOUNCED
    registration = None if announced else await part(own_registration(visit, journey_id))
    return visit.page(
        "journeys/journey.html",
        status=HTTPStatus.OK if refused is None else HTTPStatus.CONFLICT,
        keep=refused is None,
        journey=journey,
        event=described(visit, journey),
        registration=registration,
        position=await part(own_position(visit, registration)),
        interest=await part(own_interest(visit, journey_id)) if announced else None,
        form=visit.form(SEAT_FORM, version=registration.version) if registration else None,
        wish=refused or (visit.form(INTEREST_FORM) if announced else None),
    )


def described(visit: Visit, journey: Journey) -> dict[str, Any] | None:
    """Say to search engines what people see (schema.org/Event); nothing while the day is open."""
    if journey.state is State.ANNOUNCED:
        return None
    called_off = journey.state is State.CANCELLED
    agency = visit.site.settings
    return {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": journey.title,
        "description": journey.summary,
        "startDate": visit.formats.iso(journey.starts_at, journey.zone),
        "endDate": visit.formats.iso(journey.ends_at, journey.zone),
        "eventStatus": f"https://schema.org/Event{'Cancelled' if called_off else 'Scheduled'}",
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
        "url": visit.absolute(journey.path),
        "inLanguage": "de",
        "location": [{"@type": "Place", "name": stop.site, "address": stop.site} for stop in journey.stops],
        "organizer": {"@type": "Organization", "name": agency.agency_name, "url": agency.public_url},
        "maximumAttendeeCapacity": journey.capacity,
    }


async def _journey(visit: Visit, journey_id: str) -> Journey:
    return await visit.ask.read(Journey, "journeys", f"/programme/{journey_id}")
