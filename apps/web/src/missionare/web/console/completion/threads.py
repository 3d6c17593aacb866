"""The thread as one walks it: what led to a thing, what it led to, and everything on the way as a link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from fastapi import Response
from pydantic import Field

from missionare.web.console.frame import STAFF, desk
from missionare.web.console.lists import Known, names
from missionare.web.languages import N_
from missionare.web.routing import Pages
from missionare.web.services import Read
from missionare.web.visits import Visit, Visiting

pages = Pages()

KINDS: Final[dict[str, tuple[str, str, str]]] = {
    "goal": (N_("Ziel"), N_("Ziele"), ""),
    "registration": (N_("Anmeldung"), N_("Anmeldungen"), ""),
    "stop": (N_("Station"), N_("Stationen"), ""),
    "insight": (N_("Erkenntnis"), N_("Erkenntnisse"), ""),
    "suggestion": (
        N_("Vorschlag für den Katalog"),
        N_("Vorschläge für den Katalog"),
        "/console/workshop/suggestions/{id}",
    ),
    "entry": (N_("Katalogeintrag"), N_("Katalogeinträge"), "/catalog/{id}"),
    "outreach_plan": (N_("Transferplan"), N_("Transferpläne"), ""),
    "outreach_activity": (N_("Transferaktivität"), N_("Transferaktivitäten"), ""),
    "invitation": (N_("Einladung"), N_("Einladungen"), ""),
    "organisation": (N_("Organisation"), N_("Organisationen"), "/console/organisations/{id}"),
    "person": (N_("Person"), N_("Menschen"), "/console/people/{id}"),
}
"""Words for one of each kind and for several, and the page of one, where it has one."""


class Certificate(Read):
    """A certificate in a list."""

    code: str
    valid: bool
    person_id: str
    issued_at: datetime
    attended_share: float


class Certificates(Read):
    """A page of certificates."""

    items: tuple[Certificate, ...]
    next_cursor: str | None = None


MISSIONARY_STATES: Final[dict[str, tuple[str, str]]] = {
    "candidate": ("draft", N_("vorgemerkt")),
    "prepared": ("open", N_("vorbereitet")),
    "travelling": ("now", N_("unterwegs")),
    "returned": ("held", N_("qualifiziert")),
    "active": ("done", N_("aktiv")),
}


class Missionary(Read):
    """A missionary in a list."""

    person_id: str
    state: str

    def chip(self, visit: Visit) -> tuple[str, str]:
        """Tone and words of their state."""
        tone, label = MISSIONARY_STATES.get(self.state, ("open", self.state))
        return tone, visit.say(label)


class Missionaries(Read):
    """A page of missionaries."""

    items: tuple[Missionary, ...]
    next_cursor: str | None = None


class Place(Read):
    """A thing in a thread."""

    kind: str
    id: str

    @property
    def walk(self) -> str:
        """The thread as it looks from here."""
        return f"/console/threads/{self.kind}/{self.id}"

    def label(self, visit: Visit, known: Known) -> str:
        """Say what it is; people and organisations by name."""
        if self.kind == "person":
            return known.person(self.id, visit)
        if self.kind == "organisation":
            return known.organisation(self.id, visit)
        return visit.say(KINDS.get(self.kind, (self.kind,))[0])

    @property
    def page(self) -> str:
        """Its own page, or nothing."""
        return KINDS.get(self.kind, ("", "", ""))[2].format(id=self.id)


class Item(Place):
    """A thing in a thread, with what led to it."""

    at: datetime | None = None
    before: Place | None = Field(default=None, alias="from")


class Thread(Read):
    """A thread from its beginning to its end."""

    items: tuple[Item, ...]
    whole: bool


@dataclass
class Step:
    """What follows each other of one kind: many goals are one step of the thread."""

    kind: str
    items: dict[str, Item] = field(default_factory=dict)
    """By id: whatever several things led to is still one."""
    before: dict[str, Place] = field(default_factory=dict)
    """One place of each kind that led here."""

    def heading(self, visit: Visit) -> str:
        """Say how many of what."""
        several = visit.say(KINDS.get(self.kind, ("", self.kind))[1])
        return f"{len(self.items)} {several if visit.language == 'de' else several.lower()}"

    @property
    def days(self) -> list[datetime]:
        """When the first and the last of them came about."""
        known = sorted(item.at for item in self.items.values() if item.at is not None)
        return [known[0], known[-1]] if known else []


def steps(items: Sequence[Item]) -> list[Step]:
    """Give the thread as one reads it."""
    found: list[Step] = []
    for item in items:
        if not found or found[-1].kind != item.kind:
            found.append(Step(item.kind))
        found[-1].items.setdefault(item.id, item)
        if item.before is not None:
            found[-1].before.setdefault(item.before.kind, item.before)
    return found


@pages.get("/console/threads/{kind}/{thing_id}", who=STAFF)
async def walk(kind: str, thing_id: str, visit: Visiting) -> Response:
    """Show the thread that a thing belongs to; each thing on it leads to the thread as it looks from there."""
    if kind not in KINDS:
        return visit.nothing_here()
    thread = await visit.ask.read(Thread, "journeys", f"/threads/{kind}/{thing_id}")
    known = await names(
        visit,
        people=[item.id for item in thread.items if item.kind == "person"],
        organisations=[item.id for item in thread.items if item.kind == "organisation"],
    )
    here = Place(kind=kind, id=thing_id)
    return desk(visit, "completion/thread.html", thread=thread, steps=steps(thread.items), known=known, here=here)
