"""Rows: what members is told of each line of a sheet, or what is wrong with the line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from missionare.cli.importing import values
from missionare.cli.importing.columns import Columns, Field
from missionare.cli.importing.problems import BadCell, Problem
from missionare.cli.importing.sheets import Sheet
from missionare.cli.importing.words import plain

T = TypeVar("T")
Row = dict[str, Any]
"""One row as members takes it: `line`, `organisation`, `person`."""

PERSON: Final = (Field.GIVEN_NAME, Field.FAMILY_NAME, Field.EMAIL, Field.TELEPHONE, Field.FUNCTIONS)
"""If one of these holds something, the line is about a person."""

FIELDS: Final[Mapping[str, Field]] = {
    "organisation.name": Field.ORGANISATION,
    "organisation.kind": Field.KIND,
    "organisation.register_id": Field.REGISTER,
    "organisation.street": Field.STREET,
    "organisation.postal_code": Field.POSTAL_CODE,
    "organisation.municipality_code": Field.MUNICIPALITY,
    "organisation.sector": Field.SECTOR,
    "organisation.size": Field.SIZE,
    "person.given_name": Field.GIVEN_NAME,
    "person.family_name": Field.FAMILY_NAME,
    "person.email": Field.EMAIL,
    "person.telephone": Field.TELEPHONE,
    "person.language": Field.LANGUAGE,
    "person.functions": Field.FUNCTIONS,
    "person.contact": Field.CONTACT,
}
"""Which column a field of a row comes from, so that a refusal of members can name the column."""


@dataclass
class Understood:
    """A sheet's rows, and everything that is wrong with the others."""

    columns: Columns
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    lines: int = 0
    """How many lines the sheet has below its headings, empty ones not counted."""


def understand(sheet: Sheet) -> Understood:
    """Turn lines into rows; a line with problems becomes none."""
    understood = Understood(sheet.columns, lines=len(sheet.lines))
    earlier = _Earlier(sheet.columns)
    for number, cells in sheet.lines:
        line = _Line(number, cells, sheet.columns)
        row: Row = {"line": number, "organisation": line.organisation(), "person": line.person()}
        line.problems += [] if line.problems else earlier.contradictions(row)
        if line.problems:
            understood.problems += line.problems
        else:
            understood.rows.append(earlier.completed(row))
    return understood


class _Line:
    """One line, cell by cell; a bad cell is noted and the next one looked at, so that all are reported at once."""

    def __init__(self, number: int, cells: Sequence[str], columns: Columns) -> None:
        self.number = number
        self.problems: list[Problem] = []
        self._cells = cells
        self._columns = columns

    def organisation(self) -> dict[str, Any]:
        has_code = bool(self._cell(Field.MUNICIPALITY_CODE))
        return {
            "name": self._value(Field.ORGANISATION, values.required),
            "kind": self._value(Field.KIND, values.kind),
            "register_id": self._value(Field.REGISTER, values.optional),
            "street": self._street(),
            "postal_code": self._value(Field.POSTAL_CODE, values.postal_code),
            "municipality_code": self._value(Field.MUNICIPALITY_CODE, values.municipality_code)
            if has_code
            else self._value(Field.MUNICIPALITY, values.municipality),
            "sector": self._value(Field.SECTOR, values.sector),
            "size": self._value(Field.SIZE, values.size),
        }

    def person(self) -> dict[str, Any] | None:
        if not any(self._cell(column) for column in PERSON):
            return None
        return {
            "given_name": self._value(Field.GIVEN_NAME, values.required),
            "family_name": self._value(Field.FAMILY_NAME, values.required),
            "email": self._value(Field.EMAIL, values.email),
            "telephone": self._value(Field.TELEPHONE, values.optional),
            "language": self._value(Field.LANGUAGE, values.language),
            "functions": self._value(Field.FUNCTIONS, values.functions),
            "contact": self._value(Field.CONTACT, values.yes),
        }

    def _street(self) -> str | None:
        street = self._value(Field.STREET, values.optional)
        number = self._cell(Field.HOUSE_NUMBER)
        return f"{street} {number}" if street and number else street

    def _value(self, column: Field, read: Callable[[str], T]) -> T | None:
        try:
            return read(self._cell(column))
        except BadCell as bad:
            self.problems.append(Problem(self.number, self._columns.heading(column), bad.reason))
            return None

    def _cell(self, column: Field) -> str:
        position = self._columns.positions.get(column)
        return self._cells[position].strip() if position is not None and position < len(self._cells) else ""


class _Earlier:
    """What earlier lines of the same file said. Members cannot see that in a trial, which leaves nothing behind."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._people: dict[str, tuple[int, str]] = {}
        self._registers: dict[str, tuple[int, str]] = {}
        self._with_contact: set[str] = set()

    def contradictions(self, row: Row) -> list[Problem]:
        """Name what an earlier line says differently: who has an address, what is registered under a number."""
        organisation, person = row["organisation"], row["person"]
        found = []
        if organisation["register_id"]:
            register, name = plain(organisation["register_id"]), plain(organisation["name"])
            found += self._contradiction(
                row, Field.REGISTER, self._registers.setdefault(register, (row["line"], name)), name
            )
        if person:
            name = plain(person["given_name"] + person["family_name"])
            known = self._people.setdefault(person["email"].casefold(), (row["line"], name))
            found += self._contradiction(row, Field.EMAIL, known, name)
        return found

    def completed(self, row: Row) -> Row:
        """Without a column for it, the first person of an organisation is the one to talk to."""
        organisation, person = row["organisation"], row["person"]
        if person and Field.CONTACT not in self._columns.positions:
            key = f"{plain(organisation['name'])} {organisation['postal_code']}"
            person["contact"] = key not in self._with_contact
            self._with_contact.add(key)
        return row

    def _contradiction(self, row: Row, column: Field, known: tuple[int, str], name: str) -> list[Problem]:
        line, first_name = known
        if first_name == name:
            return []
        reason = {
            "de": f"steht schon in Zeile {line}, dort mit anderem Namen",
            "en": f"is already in line {line}, with another name",
        }
        return [Problem(row["line"], self._columns.heading(column), reason)]
