"""Lists of the console: rows, filters that are addresses, and one page after the other at constant cost."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, TypeVar

from fastapi import Query
from pydantic import Field

from missionare.web.services import Read, Refused, together
from missionare.web.visits import Visit

T = TypeVar("T")

PER_PAGE: Final = 50
Cursor = Annotated[str | None, Query(max_length=128)]
Word = Annotated[str | None, Query(max_length=100)]


@dataclass(frozen=True)
class Row:
    """One row: what it is, what is said of it, its state, and where it leads."""

    title: str
    address: str = ""
    text: str = ""
    chip: tuple[str, str] | None = None
    """Tone and words of its state."""
    when: str = ""
    urgent: bool = False


@dataclass(frozen=True)
class Filter:
    """One choice above a list."""

    label: str
    address: str
    chosen: bool


@dataclass(frozen=True)
class Listing:
    """A page of a list, ready to be shown."""

    rows: Sequence[Row]
    filters: Sequence[Filter] = ()
    first: str | None = None
    next: str | None = None
    empty: str = ""
    """Why there is nothing, and when that changes."""


def filters(visit: Visit, name: str, labels: Mapping[str, str], chosen: str | None) -> list[Filter]:
    """Give one filter per value, and one for all; each is an address of the page that is shown."""
    others = {key: value for key, value in visit.request.query_params.items() if key not in {name, "cursor"}}
    every = Filter(visit.say("Alle"), visit.url(visit.path, **others), chosen is None)
    return [
        every,
        *(
            Filter(visit.say(label), visit.url(visit.path, **others, **{name: value}), chosen == value)
            for value, label in labels.items()
        ),
    ]


def listing(
    visit: Visit, rows: Iterable[Row], *, next_cursor: str | None, cursor: str | None, empty: str, **more: Any
) -> Listing:
    """Give a page of a list with the ways to its beginning and on from here."""
    kept = {key: value for key, value in visit.request.query_params.items() if key != "cursor"}
    return Listing(
        rows=list(rows),
        first=visit.url(visit.path, **kept) if cursor else None,
        next=visit.url(visit.path, **kept, cursor=next_cursor) if next_cursor else None,
        empty=visit.say("Weiter reicht diese Liste nicht.") if cursor else empty,
        **more,
    )


class Person(Read):
    """Somebody's name and how they are reached."""

    id: str
    version: int
    given_name: str
    family_name: str
    email: str
    telephone: str | None = None
    language: str = "de"
    state: str
    roles: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Given name and family name."""
        return f"{self.given_name} {self.family_name}"


class People(Read):
    """A page of people."""

    items: tuple[Person, ...]
    next_cursor: str | None = None


class Organisation(Read):
    """An organisation of the register."""

    id: str
    version: int
    name: str
    street: str | None = None
    postal_code: str | None = None
    kind: str
    municipality_code: str
    sector: str
    size: str
    state: str
    contact_person_id: str | None = None


class Organisations(Read):
    """A page of organisations."""

    items: tuple[Organisation, ...]
    next_cursor: str | None = None


class Known(Read):
    """The names that belong to the ids on a page."""

    people: dict[str, Person] = Field(default_factory=dict)
    organisations: dict[str, Organisation] = Field(default_factory=dict)

    def person(self, person_id: str | None, visit: Visit) -> str:
        """Give a name, or say that it is not known here: erased, or members is away."""
        found = self.people.get(person_id or "")
        return found.name if found else visit.say("Name nicht abrufbar")

    def those_of(self, people: Iterable[str]) -> list[str]:
        """Give the names of those who are known to whoever looks: not every role reads the register."""
        return [self.people[person_id].name for person_id in people if person_id in self.people]

    def organisation(self, organisation_id: str | None, visit: Visit) -> str:
        """Give an organisation's name, or say that it is not known here."""
        found = self.organisations.get(organisation_id or "")
        return found.name if found else visit.say("Organisation nicht abrufbar")


async def names(visit: Visit, *, people: Iterable[str | None] = (), organisations: Iterable[str | None] = ()) -> Known:
    """Ask members for the names that belong to ids, each kind in one question. Without members, none is known."""
    wanted = sorted({each for each in people if each})
    houses = sorted({each for each in organisations if each})

    async def nobody() -> None:
        return None

    found = await together(
        _allowed(visit.ask.read(People, "members", "/people", ids=wanted, limit=len(wanted))) if wanted else nobody(),
        _allowed(visit.ask.read(Organisations, "members", "/organisations", ids=houses, limit=len(houses)))
        if houses
        else nobody(),
    )
    return Known(
        people={each.id: each for each in found[0].items} if found[0] else {},
        organisations={each.id: each for each in found[1].items} if found[1] else {},
    )


async def _allowed(asking: Awaitable[T]) -> T | None:
    """Give what was asked for, or None where it is not for this person: a page stands without names, too."""
    try:
        return await asking
    except Refused:
        return None


def told(visit: Visit, moment: datetime | None, zone: str | None = None) -> str:
    """Give a moment as it stands in a row: "Do, 18. Februar, 9.15 Uhr"."""
    if moment is None:
        return ""
    return f"{visit.formats.short(moment, zone)}, {visit.formats.time(moment, zone)}"
