"""The seats of one person, for whoever has them on the telephone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from missionare.web.console.frame import AWAY, asked
from missionare.web.console.journeys.reading import journeys_named
from missionare.web.console.lists import Row
from missionare.web.console.registrations.reading import Registrations
from missionare.web.visits import Visit

MOST: Final = 50


@dataclass(frozen=True)
class Seats:
    """A person's registrations, the latest first; or that journeys does not answer."""

    rows: Sequence[Row] = ()
    away: bool = False


async def seats_of(visit: Visit, person_id: str) -> Seats | None:
    """Give somebody's registrations, each with its journey; None where they are for others."""
    wanted = {"person_id": person_id, "newest_first": "true", "limit": MOST}
    found = await asked(visit.ask.read(Registrations, "journeys", "/agenda/registrations", **wanted))
    if not isinstance(found, Registrations):
        return Seats(away=True) if found is AWAY else None
    journeys = await journeys_named(visit, [each.journey_id for each in found.items])
    rows = []
    for each in found.items:
        journey = journeys.get(each.journey_id)
        rows.append(
            Row(
                title=journey.title if journey else visit.say("Lernreise"),
                address=visit.url(f"/console/journeys/{each.journey_id}/registrations"),
                chip=each.chip(visit),
                when=visit.formats.day(journey.starts_at, journey.zone) if journey else "",
            )
        )
    return Seats(rows)
