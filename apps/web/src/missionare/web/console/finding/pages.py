"""The search of the console: whoever is on the telephone is found by the beginning of a name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Query, Response

from missionare.web.console.frame import AWAY, OVERSIGHT, REGISTER, STAFF, asked, desk
from missionare.web.console.journeys.reading import Journeys
from missionare.web.console.journeys.reading import row as journey_row
from missionare.web.console.lists import Organisations, People, Row
from missionare.web.console.register.reading import organisation_row, person_row
from missionare.web.languages import N_
from missionare.web.routing import Pages, Who
from missionare.web.services import Read
from missionare.web.visits import Visit, Visiting

pages = Pages()

SHOWN: Final = 20
Typed = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True)
class Kind:
    """What is looked for: its heading, whom it is for, and where it is asked."""

    heading: str
    who: Who
    model: type[Read]
    service: str
    path: str
    row: Callable[[Visit, Any], Row]


KINDS: Final = (
    Kind(N_("Menschen"), REGISTER, People, "members", "/people", person_row),
    Kind(N_("Organisationen"), REGISTER, Organisations, "members", "/organisations", organisation_row),
    Kind(N_("Lernreisen"), OVERSIGHT, Journeys, "journeys", "/journeys", journey_row),
)


@dataclass(frozen=True)
class Found:
    """What was found of one kind; `more` where that is not all."""

    heading: str
    rows: Sequence[Row] = ()
    more: bool = False
    away: bool = False


@pages.get("/console/search", who=STAFF)
async def find(visit: Visiting, q: Typed = "") -> Response:
    """Show who and what is called so, as far as it is for whoever looks. A service that is away is named."""
    typed = " ".join(q.split())
    kinds = [kind for kind in KINDS if visit.caller.has(*kind.who.roles)] if typed else []
    found = await asyncio.gather(*(_found(visit, kind, typed) for kind in kinds))
    return desk(visit, "finding/found.html", typed_name=typed, found=[each for each in found if each.rows or each.away])


async def _found(visit: Visit, kind: Kind, typed: str) -> Found:
    answer: Any = await asked(visit.ask.read(kind.model, kind.service, kind.path, q=typed, limit=SHOWN))
    heading = visit.say(kind.heading)
    if answer is AWAY or answer is None:
        return Found(heading, away=answer is AWAY)
    return Found(heading, [kind.row(visit, each) for each in answer.items], more=answer.next_cursor is not None)
