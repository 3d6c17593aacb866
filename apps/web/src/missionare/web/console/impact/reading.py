"""What the console reads of what the network has achieved."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from missionare.web.console.frame import asked
from missionare.web.console.journeys.reading import Journey
from missionare.web.console.today.reading import Agenda
from missionare.web.languages import N_
from missionare.web.services import Read
from missionare.web.visits import Visit

FIGURES: Final[dict[str, tuple[str, str]]] = {
    "organisations_active": (N_("aktive Organisationen"), "/console/organisations?state=active"),
    "journeys_completed": (N_("abgeschlossene Lernreisen"), "/console/journeys?state=completed"),
    "participations": (N_("Teilnahmen"), "/console/registrations?state=attended"),
    "missionaries_returned": (
        N_("Qualifizierte ohne angenommenen Transferplan"),
        "/console/missionaries?state=returned",
    ),
    "missionaries_active": (N_("aktive Missionarinnen und Missionare"), "/console/missionaries?state=active"),
    "entries_public": (N_("öffentliche Katalogeinträge"), "/catalog"),
}
"""What is said of each number, and the list that it counts."""


@dataclass(frozen=True)
class Figure:
    """A number with the list it counts."""

    count: int
    label: str
    address: str


class Total(Read):
    """How many entries are public."""

    total: int


class Tally(Read):
    """What came of a journey's outreach."""

    plans: int = 0
    accepted: int = 0
    activities: int = 0
    done: int = 0
    reach: int = 0
    conversions: int = 0


class Outreach(Read):
    """A journey's outreach in numbers."""

    journey_id: str
    next_look_at: datetime | None = None
    now: Tally


class OutreachPage(Read):
    """A page of journeys with their outreach."""

    items: tuple[Outreach, ...]
    next_cursor: str | None = None


@dataclass(frozen=True)
class Harvest:
    """A completed journey with its numbers."""

    journey: Journey
    seats: int
    participations: int


async def counted(asking: Awaitable[Agenda]) -> dict[str, int] | None:
    """Give a service's numbers by name; None where it does not answer, or that is for others."""
    found = await asked(asking)
    return {each.name: each.count for each in found.items} if isinstance(found, Agenda) else None


async def entries_public(visit: Visit) -> dict[str, int] | None:
    """Count what everybody reads in the catalog; None where it does not answer."""
    found = await asked(visit.ask.read(Total, "catalog", "/entries", limit=1))
    return {"entries_public": found.total} if isinstance(found, Total) else None
