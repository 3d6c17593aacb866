"""My certificate of attendance, as it is printed: where somebody was, for how long, and how others check it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from fastapi import Response

from missionare.web.journeys.reading import Stop
from missionare.web.member.asking import MANY, journeys_of, maybe
from missionare.web.member.reading import Certificate, Certificates, Me
from missionare.web.pictures.codes import qr_code
from missionare.web.registration.reading import Registration, Seat
from missionare.web.routing import SIGNED_IN, Pages
from missionare.web.visits import Visit, Visiting

pages = Pages()

FELL_OUT: Final = frozenset({"skipped", "cancelled"})
"""States of a stop at which nobody was."""


@pages.get("/me/registrations/{registration_id}/certificate", who=SIGNED_IN)
async def show_certificate(registration_id: str, visit: Visiting) -> Response:
    """Show the certificate of one participation; there is no page where none holds."""
    registration = await visit.ask.read(Registration, "journeys", f"/registrations/{registration_id}")
    certificate = await certificate_of(visit, registration)
    journey = (await journeys_of(visit, [registration.journey_id])).get(registration.journey_id)
    if certificate is None or journey is None:
        return visit.nothing_here()
    me = await visit.ask.read(Me, "members", "/me")
    led_to = [stop for stop in journey.stops if stop.state not in FELL_OUT]
    visited = [stop for stop in led_to if registration.was_at(stop.id)]
    address = visit.absolute(f"/certificates/{certificate.code}")
    return visit.page(
        "member/certificate.html",
        keep=False,
        person=me.person,
        registration=registration,
        certificate=certificate,
        journey=journey,
        visited=visited,
        stops=len(led_to),
        hours=round(_together(visited) / timedelta(hours=1), 1),
        address=address,
        code=qr_code(address),
    )


async def certificate_of(visit: Visit, registration: Registration) -> Certificate | None:
    """Give the certificate of a participation, where there is one that holds."""
    if registration.state is not Seat.ATTENDED:
        return None
    mine = await maybe(
        visit.ask.read(Certificates, "journeys", "/certificates", journey_id=registration.journey_id, limit=MANY)
    )
    return next((one for one in mine.items if one.valid), None) if mine else None


def _together(stops: Iterable[Stop]) -> timedelta:
    return sum((stop.ends_at - stop.starts_at for stop in stops), timedelta())
