"""What the console reads of registrations."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from missionare.web.languages import N_
from missionare.web.services import Read
from missionare.web.visits import Visit

STATES: Final[dict[str, tuple[str, str]]] = {
    "pending_approval": ("now", N_("zu entscheiden")),
    "waitlisted": ("held", N_("auf der Warteliste")),
    "offered": ("held", N_("Platz angeboten")),
    "awaiting_goal": ("held", N_("wartet auf ein Ziel")),
    "confirmed": ("done", N_("sicher")),
    "attended": ("done", N_("war dabei")),
    "no_show": ("ended", N_("nicht erschienen")),
    "rejected": ("ended", N_("abgelehnt")),
    "withdrawn": ("ended", N_("zurückgezogen")),
    "cancelled": ("ended", N_("abgesagt")),
    "lapsed": ("ended", N_("Frist verstrichen")),
    "offer_declined": ("ended", N_("Angebot abgelehnt")),
    "offer_expired": ("ended", N_("Angebot verfallen")),
}
"""Tone and words of each state."""
FILTERS: Final = {
    state: STATES[state][1]
    for state in ("pending_approval", "waitlisted", "offered", "awaiting_goal", "confirmed", "attended")
}
"""Those that are chosen between; a further one may stand in an address."""


class Presence(Read):
    """That somebody was at a stop."""

    stop_id: str


class Registration(Read):
    """One registration."""

    id: str
    version: int
    journey_id: str
    person_id: str
    organisation_id: str
    goal_id: str | None = None
    state: str
    requested_at: datetime
    offered_until_at: datetime | None = None
    goal_until_at: datetime | None = None
    present: tuple[Presence, ...] = ()
    attended_share: float | None = None
    reason: str | None = None

    @property
    def until_at(self) -> datetime | None:
        """Until when a seat is kept for them, while it is."""
        return {"offered": self.offered_until_at, "awaiting_goal": self.goal_until_at}.get(self.state)

    def chip(self, visit: Visit) -> tuple[str, str]:
        """Tone and words of its state."""
        tone, label = STATES.get(self.state, ("open", self.state))
        return tone, visit.say(label)

    def was_at(self, stop_id: str) -> bool:
        """Whether the person was seen at a stop."""
        return any(each.stop_id == stop_id for each in self.present)


class Consenting(Read):
    """Who of those that were asked about consents to something."""

    person_ids: frozenset[str]


class Registrations(Read):
    """A page of registrations."""

    items: tuple[Registration, ...]
    next_cursor: str | None = None
