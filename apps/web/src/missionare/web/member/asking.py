"""How the member's pages ask: what may be missing, a button that does one thing, and deadlines in words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, Final, TypeVar

from missionare.web.forms import Form
from missionare.web.journeys.reading import Journey
from missionare.web.services import Away, Refused
from missionare.web.visits import Visit

T = TypeVar("T")

STALE: Final = HTTPStatus.PRECONDITION_FAILED
MANY: Final = 100
"""More than one person ever has of anything here; a list is shown whole."""


async def maybe(asking: Awaitable[T]) -> T | None:
    """Give what is asked for, or None where it is not there, not for this person, or its service is away."""
    try:
        return await asking
    except (Away, Refused):
        return None


async def journeys_of(visit: Visit, ids: Iterable[str]) -> dict[str, Journey]:
    """Give those of the journeys that the programme still shows, each once."""
    wanted = list(dict.fromkeys(ids))
    found = await asyncio.gather(
        *(maybe(visit.ask.read(Journey, "journeys", f"/programme/{journey_id}")) for journey_id in wanted)
    )
    return {journey.id: journey for journey in found if journey is not None}


async def done(visit: Visit, name: str, service: str, path: str, json: Any = None) -> Form:
    """Do what a button asks for; a refusal stands in the form that is given back."""
    form = await visit.submitted(name)
    try:
        await visit.ask.command(service, path, json, key=form.key, version=form.version)
    except Refused as refusal:
        form.refused(refusal)
    return form


def until(visit: Visit, moment: datetime, zone: str | None = None) -> str:
    """Give "Donnerstag, 11. März 2027, um 18.00 Uhr"."""
    day, time = visit.formats.weekday(moment, zone), visit.formats.time(moment, zone)
    return visit.say("{day}, um {time}", day=day, time=time)


def today(visit: Visit) -> date:
    """Give the day it is for the person."""
    return visit.formats.local(visit.site.clock.now()).date()


def a_day(typed: str) -> date | None:
    """Read what a date field sends; None for anything else."""
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        return None
