"""What the console reads of journeys: plans, stops, seats."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from missionare.web.console.lists import Row
from missionare.web.languages import N_
from missionare.web.services import Read, part
from missionare.web.visits import Visit

STATES: Final[dict[str, tuple[str, str]]] = {
    "draft": ("draft", N_("Entwurf")),
    "announced": ("draft", N_("angekündigt")),
    "published": ("open", N_("veröffentlicht")),
    "registration_open": ("done", N_("Anmeldung offen")),
    "registration_closed": ("open", N_("Anmeldung geschlossen")),
    "running": ("now", N_("unterwegs")),
    "debriefing": ("now", N_("in der Nachbereitung")),
    "completed": ("done", N_("abgeschlossen")),
    "cancelled": ("ended", N_("abgesagt")),
}
"""Tone and words of each state."""
FILTERS: Final = {state: label for state, (_, label) in STATES.items()}

STOP_STATES: Final[dict[str, tuple[str, str]]] = {
    "planned": ("draft", N_("geplant")),
    "host_requested": ("held", N_("Gastgeber gefragt")),
    "host_confirmed": ("done", N_("zugesagt")),
    "visited": ("done", N_("besucht")),
    "skipped": ("ended", N_("ausgelassen")),
    "cancelled": ("ended", N_("gestrichen")),
}


@dataclass(frozen=True)
class Step:
    """What the journey lead does next: the act at journeys, its words, and what follows from it."""

    act: str
    label: str
    text: str


STEPS: Final[dict[str, Step]] = {
    "draft": Step(
        "publication",
        N_("Programm veröffentlichen"),
        N_("Danach liest jeder das Programm, und es wird nicht mehr umgeschrieben."),
    ),
    "announced": Step(
        "publication",
        N_("Programm veröffentlichen"),
        N_("Danach liest jeder das Programm, und es wird nicht mehr umgeschrieben."),
    ),
    "published": Step("registration-opening", N_("Anmeldung öffnen"), N_("Von da an können Menschen Plätze anfragen.")),
    "registration_open": Step(
        "registration-closing",
        N_("Anmeldung schließen"),
        N_("Neue Anfragen kommen nicht mehr hinzu. Frei werdende Plätze gehen noch an die Warteliste."),
    ),
    "registration_closed": Step(
        "start", N_("Lernreise beginnen"), N_("Wer keinen sicheren Platz hat, bleibt von da an zu Hause.")
    ),
    "running": Step("debriefing", N_("Besuche beenden"), N_("Die Anwesenheit kann danach noch ergänzt werden.")),
    "debriefing": Step(
        "attendance-closing", N_("Anwesenheit abschließen"), N_("Danach steht fest, wer an welcher Station war.")
    ),
}
"""The next step of each state. In debriefing the completion follows once attendance is closed."""
COMPLETION: Final = Step(
    "completion",
    N_("Lernreise abschließen"),
    N_(
        "Das bringt von selbst Bescheinigungen, Zielbilanzen, Vorschläge für den Katalog und Transferpläne auf den "
        "Weg. Sie sehen sie auf der nächsten Seite ankommen."
    ),
)
ACTS: Final = {step.act for step in STEPS.values()} | {COMPLETION.act}


class HostTerms(Read):
    """What a host agreed to."""

    capacity: int
    release_required: bool


class Stop(Read):
    """One stop."""

    id: str
    organisation_id: str
    title: str
    site: str
    starts_at: datetime
    ends_at: datetime
    topics: tuple[str, ...]
    state: str
    capacity: int
    terms: HostTerms | None = None
    reason: str | None = None

    def chip(self, visit: Visit) -> tuple[str, str]:
        """Tone and words of its state."""
        tone, label = STOP_STATES.get(self.state, ("open", self.state))
        return tone, visit.say(label)


class Journey(Read):
    """One journey as its lead sees it."""

    id: str
    version: int
    state: str
    title: str
    summary: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    capacity: int
    approval: str
    stops: tuple[Stop, ...]
    revision: int
    attendance_closed_at: datetime | None = None
    completed_at: datetime | None = None
    reason: str | None = None

    @property
    def path(self) -> str:
        """Its page in the console."""
        return f"/console/journeys/{self.id}"

    @property
    def step(self) -> Step | None:
        """What comes next; None once it has ended."""
        if self.state == "debriefing" and self.attendance_closed_at is not None:
            return COMPLETION
        return STEPS.get(self.state)

    @property
    def planned(self) -> bool:
        """Whether the programme may still be changed."""
        return self.state in {"draft", "announced"}

    @property
    def under_way(self) -> bool:
        """Whether the group travels, or has just come home."""
        return self.state in {"running", "debriefing"}

    @property
    def one_day(self) -> bool:
        """Whether it begins and ends on one day, where people meet."""
        here = ZoneInfo(self.zone)
        return self.starts_at.astimezone(here).date() == self.ends_at.astimezone(here).date()

    @property
    def standing(self) -> list[Stop]:
        """The stops that are part of the programme."""
        return [stop for stop in self.stops if stop.state != "cancelled"]

    def chip(self, visit: Visit) -> tuple[str, str]:
        """Tone and words of its state."""
        tone, label = STATES.get(self.state, ("open", self.state))
        return tone, visit.say(label)


class Journeys(Read):
    """A page of journeys."""

    items: tuple[Journey, ...]
    next_cursor: str | None = None


class Seats(Read):
    """How many seats are taken, held and waited for."""

    capacity: int
    free: int
    pending: int
    waitlisted: int
    offered: int
    awaiting_goal: int
    confirmed: int


async def journeys_named(visit: Visit, ids: Iterable[str]) -> dict[str, Journey]:
    """Ask for the journeys with these ids in one question, by id. Without journeys, none is known."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    found = await part(visit.ask.read(Journeys, "journeys", "/journeys", ids=wanted, limit=len(wanted)))
    return {journey.id: journey for journey in found.items} if found else {}


async def journey_of(visit: Visit, journey_id: str) -> Journey:
    """Ask journeys for one."""
    return await visit.ask.read(Journey, "journeys", f"/journeys/{journey_id}")


def row(visit: Visit, journey: Journey) -> Row:
    """Give a journey as it stands in a list."""
    places = ", ".join(stop.title for stop in journey.standing)
    return Row(
        title=journey.title,
        address=visit.url(journey.path),
        text=places or visit.say("Noch ohne Stationen"),
        chip=journey.chip(visit),
        when=visit.formats.short(journey.starts_at, journey.zone)
        + f" {visit.formats.local(journey.starts_at, journey.zone).year}",
    )
