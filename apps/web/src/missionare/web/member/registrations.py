"""My registrations: where each stands, what is held for how long, and the way out of it."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Final

from fastapi import Response

from missionare.web.forms import Form
from missionare.web.journeys.reading import Journey
from missionare.web.languages import N_
from missionare.web.member.asking import MANY, done, journeys_of
from missionare.web.member.certificates import certificate_of
from missionare.web.registration.reading import SEAT_FORM, Registration, Registrations, Seat, own_position
from missionare.web.routing import SIGNED_IN, Pages
from missionare.web.services import part
from missionare.web.visits import Visit, Visiting

pages = Pages()

ACTS: Final[dict[str, str]] = {
    "offer-acceptance": N_("Der Platz gehört Ihnen."),
    "offer-refusal": N_("Der Platz geht weiter an die nächste Person. Danke, dass Sie geantwortet haben."),
    "withdrawal": N_("Ihre Anfrage ist zurückgezogen."),
    "cancellation": N_("Ihr Platz ist zurückgegeben und geht weiter. Danke, dass Sie Bescheid gegeben haben."),
}
"""What a person can do, as journeys calls it, and what is said afterwards."""
UNDER_WAY: Final = frozenset({"running", "debriefing"})
"""States of a journey in which presence and insights are noted."""


@pages.get("/me/registrations", who=SIGNED_IN)
async def list_registrations(visit: Visiting) -> Response:
    """Show the person's own registrations: what is still open first, then what has been."""
    registrations = (await own(visit)).items
    journeys = await journeys_of(visit, (each.journey_id for each in registrations))
    rows = [(each, journeys.get(each.journey_id)) for each in reversed(registrations)]
    return visit.page(
        "member/registrations.html",
        keep=False,
        live=sorted(((each, journey) for each, journey in rows if each.live), key=_by_day),
        over=[(each, journey) for each, journey in rows if not each.live],
    )


@pages.get("/me/registrations/{registration_id}", who=SIGNED_IN)
async def show_registration(registration_id: str, visit: Visiting) -> Response:
    """Show one registration with everything that can be done about it."""
    return await _shown(visit, registration_id)


@pages.post("/me/registrations/{registration_id}/{act}", who=SIGNED_IN)
async def act_on_registration(registration_id: str, act: str, visit: Visiting) -> Response:
    """Accept or refuse an offered seat, or give up what one has."""
    if act not in ACTS:
        visit.nothing_here()
    form = await done(visit, SEAT_FORM, "journeys", f"/registrations/{registration_id}/{act}")
    if form.ok:
        return visit.go(f"/me/registrations/{registration_id}", told=act)
    return await _shown(visit, registration_id, form)


async def own(visit: Visit) -> Registrations:
    """Read the person's own registrations, the oldest first."""
    return await visit.ask.read(Registrations, "journeys", "/registrations", limit=MANY)


async def _shown(visit: Visit, registration_id: str, form: Form | None = None) -> Response:
    registration = await visit.ask.read(Registration, "journeys", f"/registrations/{registration_id}")
    journey = (await journeys_of(visit, [registration.journey_id])).get(registration.journey_id)
    told = ACTS.get(visit.request.query_params.get("told", ""))
    return visit.page(
        "member/registration.html",
        status=HTTPStatus.OK if form is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        keep=False,
        registration=registration,
        journey=journey,
        position=await part(own_position(visit, registration)),
        certified=await certificate_of(visit, registration) is not None,
        under_way=journey is not None and journey.state in UNDER_WAY and registration.state is Seat.CONFIRMED,
        told=visit.say(told) if told and form is None else None,
        refused=form,
        form=lambda: visit.form(SEAT_FORM, version=registration.version),
    )


def _by_day(row: tuple[Registration, Journey | None]) -> tuple[bool, datetime]:
    registration, journey = row
    return (journey is None, journey.starts_at if journey else registration.requested_at)
