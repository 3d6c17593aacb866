"""My registrations: where each stands, what is held for how long, and the way out of it."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Final

from fastapi import Response

from missionare.web.forms import Form
from missionare.web.journeys.reading import Journey
from missionare.web.languages import N_
from missionare.web.member.asking import MANY, done, journeys_of, maybe, until
from missionare.web.member.reading import Certificates, Registration, Registrations
from missionare.web.routing import SIGNED_IN, Pages
from missionare.web.services import Read
from missionare.web.visits import Visit, Visiting

pages = Pages()

FORM: Final = "registration"
ACTS: Final[dict[str, str]] = {
    "offer-acceptance": N_("Der Platz gehört Ihnen."),
    "offer-refusal": N_("Der Platz geht weiter an die nächste Person. Danke, dass Sie geantwortet haben."),
    "withdrawal": N_("Ihre Anfrage ist zurückgezogen."),
    "cancellation": N_("Ihr Platz ist zurückgegeben und geht weiter. Danke, dass Sie Bescheid gegeben haben."),
}
"""What a person can do, as journeys calls it, and what is said afterwards."""
WAYS_OUT: Final = {
    "pending_approval": "withdrawal",
    "waitlisted": "withdrawal",
    "awaiting_goal": "cancellation",
    "confirmed": "cancellation",
}
UNDER_WAY: Final = frozenset({"running", "debriefing"})
"""States of a journey in which presence and insights are noted."""


class Position(Read):
    """A place on the waiting list, counted from 1."""

    position: int


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
        sentence=lambda each, journey: sentence(visit, each, journey),
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
    form = await done(visit, FORM, "journeys", f"/registrations/{registration_id}/{act}")
    if form.ok:
        return visit.go(f"/me/registrations/{registration_id}", told=act)
    return await _shown(visit, registration_id, form)


async def own(visit: Visit) -> Registrations:
    """Read the person's own registrations, the oldest first."""
    return await visit.ask.read(Registrations, "journeys", "/registrations", limit=MANY)


def sentence(visit: Visit, registration: Registration, journey: Journey | None) -> str:
    """Say what the state means for the person, with its deadline."""
    zone = journey.zone if journey else None
    match registration.state:
        case "offered" if registration.offered_until_at:
            deadline = until(visit, registration.offered_until_at, zone)
            return visit.say(N_("Bis {deadline} gehört der Platz Ihnen, wenn Sie ihn annehmen."), deadline=deadline)
        case "awaiting_goal" if registration.goal_until_at:
            deadline = until(visit, registration.goal_until_at, zone)
            held = N_("Wir halten den Platz bis {deadline}. Fest wird er mit Ihrem vereinbarten Ziel.")
            return visit.say(held, deadline=deadline)
        case "awaiting_goal":
            return visit.say(N_("Ihr Ziel liegt bei der Lernbegleitung. Solange sie liest, läuft keine Frist."))
    return visit.say(SENTENCES.get(registration.state, "")) if registration.state in SENTENCES else ""


SENTENCES: Final[dict[str, str]] = {
    "pending_approval": N_("Die Agentur prüft Ihre Anfrage und meldet sich."),
    "waitlisted": N_("Wird ein Platz frei, rückt nach, wer am längsten wartet. Sie bekommen dann eine Nachricht."),
    "confirmed": N_("Sie fahren mit."),
    "attended": N_("Sie waren dabei."),
    "no_show": N_("An keiner Station ist Ihre Anwesenheit erfasst."),
    "rejected": N_("Die Agentur konnte Ihre Anfrage nicht annehmen."),
    "withdrawn": N_("Sie haben die Anfrage zurückgezogen."),
    "cancelled": N_("Sie haben den Platz zurückgegeben, oder die Reise fällt aus."),
    "lapsed": N_("Ohne vereinbartes Ziel ist der Platz weitergegeben worden. Sie können neu anfragen."),
    "offer_declined": N_("Sie haben den angebotenen Platz nicht genommen."),
    "offer_expired": N_("Das Angebot ist abgelaufen, der Platz weitergegeben. Sie können neu anfragen."),
}


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
        sentence=sentence(visit, registration, journey),
        position=await _position(visit, registration),
        certificate=await _certificate(visit, registration),
        under_way=journey is not None and journey.state in UNDER_WAY and registration.state == "confirmed",
        way_out=WAYS_OUT.get(registration.state),
        told=visit.say(told) if told and form is None else None,
        refused=form,
        form=lambda: visit.form(FORM, version=registration.version),
    )


async def _position(visit: Visit, registration: Registration) -> int | None:
    """Ask for the place on the waiting list, which only its owner learns."""
    if registration.state != "waitlisted":
        return None
    path = f"/registrations/{registration.id}/waitlist-position"
    told = await maybe(visit.ask.read(Position, "journeys", path))
    return told.position if told else None


async def _certificate(visit: Visit, registration: Registration) -> str | None:
    """Give the code of the certificate, where there is one that holds."""
    if registration.state != "attended":
        return None
    mine = await maybe(
        visit.ask.read(Certificates, "journeys", "/certificates", journey_id=registration.journey_id, limit=MANY)
    )
    return next((one.code for one in mine.items if one.valid), None) if mine else None


def _by_day(row: tuple[Registration, Journey | None]) -> tuple[bool, datetime]:
    registration, journey = row
    return (journey is None, journey.starts_at if journey else registration.requested_at)
