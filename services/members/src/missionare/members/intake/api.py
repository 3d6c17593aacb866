"""Imports: rows of a spreadsheet in, one answer per row out."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from missionare.kit.routes import Answer, Body, Command, Done, Reader, Routes
from missionare.kit.store import Scope
from missionare.members.affiliation.domain import Affiliation
from missionare.members.affiliation.store import Affiliations
from missionare.members.api import OPERATORS
from missionare.members.intake import domain
from missionare.members.intake.domain import Desk, Import, OrganisationCells, Outcome, PersonCells, Register, Row
from missionare.members.intake.store import Imports
from missionare.members.organisation import domain as organisation_domain
from missionare.members.organisation.domain import Site
from missionare.members.organisation.store import Organisations
from missionare.members.person.domain import email_key
from missionare.members.person.store import People

routes = Routes("members")

WHOLE = Scope.system("rows are compared with everything in the register")
MAX_ROWS = 200

Cell = Annotated[str, StringConstraints(max_length=500)]


class OrganisationRow(Body):
    """The organisation of a row; what its cells hold is judged row by row."""

    name: Cell
    kind: Cell
    register_id: Cell | None = None
    street: Cell | None = None
    postal_code: Cell
    municipality_code: Cell
    sector: Cell
    size: Cell


class PersonRow(Body):
    """The person of a row."""

    given_name: Cell
    family_name: Cell
    email: Cell
    telephone: Cell | None = None
    language: Cell
    functions: Annotated[tuple[Cell, ...], Field(max_length=20)]
    contact: bool


class ImportRow(Body):
    """One row, with its line in the file."""

    line: int
    organisation: OrganisationRow
    person: PersonRow | None

    def row(self) -> Row:
        """Give it as the domain knows it."""
        return Row(
            line=self.line,
            organisation=OrganisationCells.model_validate(self.organisation.model_dump()),
            person=PersonCells.model_validate(self.person.model_dump()) if self.person else None,
        )


class ImportDraft(Body):
    """Rows to take in; with `dry_run` they are only judged."""

    dry_run: bool
    rows: Annotated[tuple[ImportRow, ...], Field(min_length=1, max_length=MAX_ROWS)]


class ProblemView(Answer):
    """What is wrong with one cell."""

    field: str
    reason: str


class ResultView(Answer):
    """What became of one row."""

    line: int
    outcome: Outcome
    problems: list[ProblemView]


class CountsView(Answer):
    """How many rows ended how."""

    created: int
    unchanged: int
    refused: int


class ImportView(Answer):
    """The answer to an import."""

    id: str
    dry_run: bool
    rows: list[ResultView]
    counts: CountsView


async def show_import(import_id: str, reader: Reader) -> ImportView:
    """Show what became of each row, in the reader's language."""
    done = await reader.store(Imports).get(import_id, reader.scope)
    outcomes = [result.outcome for result in done.results]
    return ImportView(
        id=done.id,
        dry_run=done.dry_run,
        rows=[
            ResultView(
                line=result.line,
                outcome=result.outcome,
                problems=[
                    ProblemView(field=problem.field, reason=problem.reason[reader.language])
                    for problem in result.problems
                ],
            )
            for result in done.results
        ],
        counts=CountsView(**{outcome.value: outcomes.count(outcome) for outcome in Outcome}),
    )


@routes.post("/imports", policy=OPERATORS, shows=show_import, status=201)
async def import_rows(body: ImportDraft, command: Command) -> Done:
    """Take in organisations and people from a spreadsheet. It creates no consent and mails nobody."""
    rows = [row.row() for row in body.rows]
    register = await _register_for(rows, command)
    results = domain.take_in(rows, register, Desk(command.new_id, command.now))
    done = Import(id=command.new_id(), dry_run=body.dry_run, results=tuple(results))
    command.save(command.store(Imports), done)
    if not body.dry_run:
        _save(register, command)
    return command.done(done.id)


async def _register_for(rows: list[Row], command: Command) -> Register:
    """Load everything that the rows name, and where those people belong."""
    sites = [
        Site(
            name=row.organisation.name,
            register_id=row.organisation.register_id,
            street=row.organisation.street,
            postal_code=row.organisation.postal_code,
        )
        for row in rows
    ]
    organisations = await command.store(Organisations).all_like(
        sorted({organisation_domain.site_key(site) for site in sites}),
        sorted({key for site in sites if (key := organisation_domain.register_key(site)) is not None}),
        WHOLE,
    )
    keys = sorted({email_key(row.person.email) for row in rows if row.person is not None})
    people = await command.store(People).every({"email_key": {"$in": keys}}, WHOLE)
    places: list[Affiliation] = await command.store(Affiliations).every(
        {"person_id": {"$in": [person.id for person in people]}}, WHOLE, limit=10_000
    )
    return Register(organisations, people, places)


def _save(register: Register, command: Command) -> None:
    for organisation, facts in register.organisations.changed():
        command.save(command.store(Organisations), organisation, facts)
    for person, facts in register.people.changed():
        command.save(command.store(People), person, facts)
    for affiliation, facts in register.affiliations.changed():
        command.save(command.store(Affiliations), affiliation, facts)
