"""Intake: what each row of a spreadsheet means, beside what is in the register already.

Rows are taken in one after the other, each as a whole or not at all. A row that says what is known changes
nothing; a row that says otherwise is refused, for an import never overwrites.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from missionare.kit.aggregates import Aggregate
from missionare.kit.facts import Fact
from missionare.kit.refusals import Invalid
from missionare.members.affiliation import domain as affiliation
from missionare.members.affiliation.domain import Affiliation, AffiliationState
from missionare.members.events import Channel, Function, OrganisationKind, Size
from missionare.members.organisation import domain as organisation
from missionare.members.organisation.domain import Organisation, Profile, Site
from missionare.members.person import domain as person
from missionare.members.person.domain import Contact, Person

A = TypeVar("A", bound=Aggregate)
E = TypeVar("E", bound=Enum)

LANGUAGES: tuple[Literal["de", "en"], ...] = ("de", "en")


class OrganisationCells(BaseModel):
    """An organisation as it stands in a row; nothing is believed yet."""

    model_config = ConfigDict(frozen=True)

    name: str
    kind: str
    register_id: str | None
    street: str | None
    postal_code: str
    municipality_code: str
    sector: str
    size: str


class PersonCells(BaseModel):
    """A person as they stand in a row."""

    model_config = ConfigDict(frozen=True)

    given_name: str
    family_name: str
    email: str
    telephone: str | None
    language: str
    functions: tuple[str, ...]
    contact: bool
    """Whether they are the contact of the organisation."""


class Row(BaseModel):
    """One row of the spreadsheet."""

    model_config = ConfigDict(frozen=True)

    line: int
    organisation: OrganisationCells
    person: PersonCells | None


class Outcome(StrEnum):
    """What became of a row."""

    CREATED = "created"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class Problem(BaseModel):
    """What is wrong with one cell, in both languages; never its value."""

    model_config = ConfigDict(frozen=True)

    field: str
    reason: dict[str, str]


class Result(BaseModel):
    """What became of one row, and why."""

    model_config = ConfigDict(frozen=True)

    line: int
    outcome: Outcome
    problems: tuple[Problem, ...] = ()


class Import(Aggregate):
    """One import as it was answered. It keeps lines and reasons, and nothing of what the rows said."""

    dry_run: bool
    results: tuple[Result, ...]


@dataclass
class Shelf(Generic[A]):
    """The aggregates of one kind that rows may touch, with what the rows did to them."""

    known: dict[str, A] = field(default_factory=dict)
    facts: dict[str, list[Fact]] = field(default_factory=dict)
    puts: int = 0
    """How often something was changed."""

    def put(self, aggregate: A, facts: Iterable[Fact]) -> None:
        """Keep a changed aggregate with its facts."""
        self.puts += 1
        self.known[aggregate.id] = aggregate
        self.facts.setdefault(aggregate.id, []).extend(facts)

    def changed(self) -> list[tuple[A, list[Fact]]]:
        """Give what is to be saved."""
        return [(self.known[id_], facts) for id_, facts in self.facts.items()]


class Register:
    """What is known beforehand of everything the rows name, and what they add to it."""

    def __init__(
        self, organisations: Iterable[Organisation], people: Iterable[Person], affiliations: Iterable[Affiliation]
    ) -> None:
        """Begin with what the database has."""
        self.organisations = Shelf({known.id: known for known in organisations})
        self.people = Shelf({known.id: known for known in people})
        self.affiliations = Shelf({known.id: known for known in affiliations})

    @property
    def puts(self) -> int:
        """How often something was changed."""
        return self.organisations.puts + self.people.puts + self.affiliations.puts

    def organisation_like(self, site: Site) -> list[Organisation]:
        """Give those with the same register entry, or with the same name and seat."""
        site_key, register_key = organisation.site_key(site), organisation.register_key(site)
        return [
            known
            for known in self.organisations.known.values()
            if known.site_key == site_key or (register_key is not None and known.register_key == register_key)
        ]

    def person_at(self, email: str) -> Person | None:
        """Give the person with this address."""
        key = person.email_key(email)
        return next((known for known in self.people.known.values() if known.email_key == key), None)

    def affiliation_of(self, person_id: str, organisation_id: str) -> Affiliation | None:
        """Give the open affiliation of the two."""
        return next(
            (known for known in self._open_of(person_id) if known.organisation_id == organisation_id),
            None,
        )

    def has_primary(self, person_id: str) -> bool:
        """Whether somebody belongs to an organisation first already."""
        return any(known.primary for known in self._open_of(person_id))

    def _open_of(self, person_id: str) -> list[Affiliation]:
        return [
            known
            for known in self.affiliations.known.values()
            if known.person_id == person_id and known.state in affiliation.OPEN
        ]


@dataclass(frozen=True)
class Desk:
    """What taking in needs besides rows and register."""

    new_id: Callable[[], str]
    now: datetime


def take_in(rows: Sequence[Row], register: Register, desk: Desk) -> list[Result]:
    """Take the rows in, one after the other; `register` holds what is to be saved afterwards."""
    return [_take_in_one(row, register, desk) for row in rows]


def _take_in_one(row: Row, register: Register, desk: Desk) -> Result:
    problems = [*_unusable(row), *_contradictions(row, register)]
    if problems:
        return Result(line=row.line, outcome=Outcome.REFUSED, problems=tuple(problems))
    created = _enter(row, register, desk)
    return Result(line=row.line, outcome=Outcome.CREATED if created else Outcome.UNCHANGED)


def _unusable(row: Row) -> list[Problem]:
    """Name the cells that cannot be used whatever the register holds."""
    cells = row.organisation
    problems = [
        *_not_one_of("organisation.kind", cells.kind, OrganisationKind),
        *_not_one_of("organisation.size", cells.size, Size),
        *_explained("organisation", organisation.problems_of(_site(cells), _profile(cells, lenient=True))),
    ]
    if row.person is not None:
        problems += [
            *_explained("person", person.problems_of(_contact(row.person))),
            *[problem for name in row.person.functions for problem in _not_one_of("person.functions", name, Function)],
        ]
        if row.person.language not in LANGUAGES:
            problems.append(_problem("person.language", "ist weder de noch en.", "is neither de nor en."))
    return problems


def _contradictions(row: Row, register: Register) -> list[Problem]:
    """Name the cells that say otherwise than the register."""
    if _unusable(row):
        return []
    alike = register.organisation_like(_site(row.organisation))
    if len(alike) > 1:
        return [
            _problem(
                "organisation.register_id",
                "gehört zu einer anderen Organisation als Name und Sitz.",
                "belongs to another organisation than name and seat.",
            )
        ]
    known = alike[0] if alike else None
    problems = _organisation_differs(row.organisation, known) if known else []
    return problems + (_person_differs(row.person, known, register) if row.person else [])


def _organisation_differs(cells: OrganisationCells, known: Organisation) -> list[Problem]:
    site, profile = _site(cells), _profile(cells)
    pairs = {
        "name": (organisation.site_key(site), known.site_key),
        "register_id": (organisation.register_key(site) or known.register_key, known.register_key),
        "kind": (profile.kind, known.profile.kind),
        "municipality_code": (profile.municipality, known.profile.municipality),
        "sector": (profile.sector, known.profile.sector),
        "size": (profile.size, known.profile.size),
    }
    return [_differs(f"organisation.{name}") for name, (said, stored) in pairs.items() if said != stored]


def _person_differs(cells: PersonCells, organisation_: Organisation | None, register: Register) -> list[Problem]:
    problems: list[Problem] = []
    known = register.person_at(cells.email)
    if known is not None and _names(_contact(cells)) != _names(known.contact):
        problems.append(
            _problem(
                "person.email",
                "gehört jemandem, der hier anders heißt.",
                "belongs to somebody who has another name here.",
            )
        )
    taken = organisation_.contact_person_id if organisation_ else None
    if cells.contact and taken is not None and (known is None or taken != known.id):
        problems.append(_problem("person.contact", "ist schon eine andere Person.", "is another person already."))
    if known is not None and organisation_ is not None:
        belongs = register.affiliation_of(known.id, organisation_.id)
        if belongs is not None and set(belongs.functions) != set(_functions(cells)):
            problems.append(_differs("person.functions"))
    return problems


def _enter(row: Row, register: Register, desk: Desk) -> bool:
    """Add what is missing; True where anything was."""
    before = register.puts
    alike = register.organisation_like(_site(row.organisation))
    entered = alike[0] if alike else _enter_organisation(row.organisation, register, desk)
    if row.person is not None:
        someone = register.person_at(row.person.email) or _enter_person(row.person, register, desk)
        _affiliate(someone.id, entered.id, _functions(row.person), register, desk)
        if row.person.contact and entered.contact_person_id is None:
            entered, _ = organisation.appoint(entered, person_id=someone.id)
    vouched, facts = organisation.vouch(entered)
    if facts or entered is not register.organisations.known[entered.id]:
        register.organisations.put(vouched, facts)
    return register.puts > before


def _enter_organisation(cells: OrganisationCells, register: Register, desk: Desk) -> Organisation:
    entered, facts = organisation.apply(
        organisation_id=desk.new_id(),
        site=_site(cells),
        profile=_profile(cells),
        channel=Channel.IMPORT,
        contact_person_id=None,
    )
    register.organisations.put(entered, facts)
    return entered


def _enter_person(cells: PersonCells, register: Register, desk: Desk) -> Person:
    entered, facts = person.register(person_id=desk.new_id(), contact=_contact(cells), channel=Channel.IMPORT)
    register.people.put(entered, facts)
    return entered


def _affiliate(
    person_id: str, organisation_id: str, functions: tuple[Function, ...], register: Register, desk: Desk
) -> None:
    belongs = register.affiliation_of(person_id, organisation_id)
    if belongs is None:
        belongs, _ = affiliation.propose(
            affiliation_id=desk.new_id(), person_id=person_id, organisation_id=organisation_id, functions=functions
        )
    if belongs.state is AffiliationState.PROPOSED:
        confirmed, facts = affiliation.confirm(belongs, primary=not register.has_primary(person_id), now=desk.now)
        register.affiliations.put(confirmed, facts)


def _site(cells: OrganisationCells) -> Site:
    return Site(name=cells.name, register_id=cells.register_id, street=cells.street, postal_code=cells.postal_code)


def _profile(cells: OrganisationCells, *, lenient: bool = False) -> Profile:
    """Give the codes; `lenient` puts something known in the place of an unknown kind or size."""
    kind = _member_or_first(OrganisationKind, cells.kind) if lenient else OrganisationKind(cells.kind)
    size = _member_or_first(Size, cells.size) if lenient else Size(cells.size)
    return Profile(kind=kind, municipality=cells.municipality_code, sector=cells.sector, size=size)


def _contact(cells: PersonCells) -> Contact:
    language = next((known for known in LANGUAGES if known == cells.language), "de")
    return Contact(
        given_name=cells.given_name,
        family_name=cells.family_name,
        email=cells.email,
        telephone=cells.telephone,
        language=language,
    )


def _functions(cells: PersonCells) -> tuple[Function, ...]:
    return tuple(Function(name) for name in cells.functions)


def _names(contact: Contact) -> tuple[str, str]:
    return contact.given_name.strip().casefold(), contact.family_name.strip().casefold()


def _member_or_first(kind: type[E], value: str) -> E:
    return next((member for member in kind if member.value == value), next(iter(kind)))


def _not_one_of(field_name: str, value: str, kind: type[Enum]) -> list[Problem]:
    values = [str(member.value) for member in kind]
    if value in values:
        return []
    listed = ", ".join(values)
    return [_problem(field_name, f"ist nicht eines von {listed}.", f"is not one of {listed}.")]


def _explained(part: str, problems: Iterable[Invalid]) -> list[Problem]:
    return [
        _problem(f"{part}.{problem.details['field']}", problem.details["reason_de"], problem.details["reason_en"])
        for problem in problems
    ]


def _differs(field_name: str) -> Problem:
    return _problem(
        field_name,
        "weicht vom Bestand ab; ein Import ändert Vorhandenes nicht.",
        "differs from what is stored; an import does not change it.",
    )


def _problem(field_name: str, german: str, english: str) -> Problem:
    return Problem(field=field_name, reason={"de": german, "en": english})
