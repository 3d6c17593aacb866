"""Words of the register: states, kinds and roles of organisations and people."""

from __future__ import annotations

from typing import Final

from missionare.web.console.lists import Organisation, Person, Row
from missionare.web.languages import N_
from missionare.web.membership.pages import KINDS, PLACES_OF
from missionare.web.services import Read
from missionare.web.visits import Visit

ORGANISATION_STATES: Final[dict[str, tuple[str, str]]] = {
    "applied": ("now", N_("beantragt")),
    "admitted": ("held", N_("aufgenommen")),
    "active": ("done", N_("aktiv")),
    "rejected": ("ended", N_("abgelehnt")),
}
PERSON_STATES: Final[dict[str, tuple[str, str]]] = {
    "registered": ("open", N_("eingetragen")),
    "verified": ("held", N_("Adresse bestätigt")),
    "active": ("done", N_("aktiv")),
}
ROLES: Final[dict[str, str]] = {
    "operator": N_("Reiseleitung"),
    "coach": N_("Lernbegleitung"),
    "editor": N_("Redaktion"),
    "reviewer": N_("Fachprüfung"),
    "auditor": N_("Revision"),
}
ACTS: Final[dict[str, str]] = {"admission": "applied", "activation": "admitted", "rejection": "applied"}
"""What is decided about an organisation, and in which state."""


class Affiliation(Read):
    """That somebody belongs to an organisation."""

    id: str
    person_id: str
    organisation_id: str
    functions: tuple[str, ...] = ()
    state: str
    primary: bool = False


class Affiliations(Read):
    """A page of affiliations."""

    items: tuple[Affiliation, ...]
    next_cursor: str | None = None


def organisation_chip(visit: Visit, organisation: Organisation) -> tuple[str, str]:
    """Tone and words of its state."""
    tone, label = ORGANISATION_STATES.get(organisation.state, ("open", organisation.state))
    return tone, visit.say(label)


def person_chip(visit: Visit, person: Person) -> tuple[str, str]:
    """Tone and words of their state."""
    tone, label = PERSON_STATES.get(person.state, ("open", person.state))
    return tone, visit.say(label)


def described(visit: Visit, organisation: Organisation) -> str:
    """Say in a line what it is and where."""
    place = PLACES_OF.get(organisation.municipality_code, organisation.municipality_code)
    return f"{visit.say(KINDS.get(organisation.kind, organisation.kind))}, {place}"


def roles(visit: Visit, person: Person) -> str:
    """Name the roles that the agency gave."""
    return ", ".join(visit.say(ROLES.get(role, role)) for role in person.roles)


def organisation_row(visit: Visit, organisation: Organisation) -> Row:
    """Give an organisation as it stands in a list."""
    return Row(
        title=organisation.name,
        address=visit.url(f"/console/organisations/{organisation.id}"),
        text=described(visit, organisation),
        chip=organisation_chip(visit, organisation),
    )


def person_row(visit: Visit, person: Person) -> Row:
    """Give somebody as they stand in a list."""
    return Row(
        title=person.name,
        address=visit.url(f"/console/people/{person.id}"),
        text=roles(visit, person) or person.email,
        chip=person_chip(visit, person),
    )
