"""A table as it is copied from a spreadsheet: headings, cells, and what members is told of each line.

Nothing is decided here but which column means what and how agencies write a value. Whether a row can be taken in,
members says.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from missionare.web.console.register import spellings
from missionare.web.languages import N_
from missionare.web.membership.pages import FUNCTIONS, KINDS, PLACES_OF, SIZES

LABELS: Final[dict[str, str]] = {
    "name": N_("Unternehmen"),
    "kind": N_("Art"),
    "street": N_("Straße und Hausnummer"),
    "postal_code": N_("Postleitzahl"),
    "municipality_code": N_("Gemeinde"),
    "sector": N_("Branche"),
    "size": N_("Größe"),
    "given_name": N_("Vorname"),
    "family_name": N_("Nachname"),
    "email": N_("E-Mail-Adresse"),
    "telephone": N_("Telefon"),
    "functions": N_("Funktion"),
    "contact": N_("Ansprechperson"),
}
"""Every column, in the order in which it is shown; its German words are its first heading."""
OTHER_HEADINGS: Final[Mapping[str, Sequence[str]]] = {
    "name": ("Firma", "Betrieb", "Organisation", "Company"),
    "kind": ("Organisationsart", "Kind"),
    "street": ("Straße", "Anschrift", "Street"),
    "postal_code": ("PLZ", "Postal code"),
    "municipality_code": ("Ort", "Stadt", "Kommune", "Gemeindeschlüssel", "AGS", "Municipality"),
    "sector": ("WZ", "Wirtschaftszweig", "Sector"),
    "size": ("Beschäftigte", "Mitarbeitende", "Unternehmensgröße", "Size"),
    "given_name": ("Given name", "First name"),
    "family_name": ("Name", "Familienname", "Family name"),
    "email": ("E-Mail", "Mail"),
    "telephone": ("Tel.", "Phone"),
    "functions": ("Funktionen", "Position", "Function"),
    "contact": ("Kontakt", "Contact"),
}
OF_ORGANISATION: Final = ("name", "kind", "street", "postal_code", "municipality_code", "sector", "size")
OF_PERSON: Final = ("given_name", "family_name", "email", "telephone", "functions", "contact")
NEEDED: Final = ("name", "postal_code", "municipality_code", "sector", "size")
NEVER_EMPTY: Final = frozenset({*NEEDED, "given_name", "family_name", "email"})
"""Columns of which an empty cell has nothing else wrong with it; the last three where there is a person."""
SMALLER_THAN: Final = ((10, "micro"), (50, "small"), (250, "medium"))
"""Limits in people employed (recommendation 2003/361/EC)."""
MOST_ROWS: Final = 200
FIRST_LINE: Final = 2
"""The line below the headings, as a spreadsheet counts."""
YES: Final = frozenset({"ja", "j", "x", "1", "yes", "y"})

Cells = dict[str, str]


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("-", " ").replace(".", " ").split())


_MEANING: Final = {
    _plain(heading): name for name, label in LABELS.items() for heading in (name, label, *OTHER_HEADINGS[name])
}


@dataclass
class Table:
    """The lines of a table by their number in the spreadsheet, and the headings that are missing."""

    lines: dict[int, Cells] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    """Columns that members needs and the table does not have."""
    ignored: list[str] = field(default_factory=list)
    """Headings that mean nothing here."""
    left_out: int = 0
    """Lines beyond those that are taken at once."""


def read(text: str) -> Table:
    """Read what was copied: cells apart by tabs, as spreadsheets copy them, or by semicolons or commas."""
    head, _, _ = text.lstrip("\n").partition("\n")
    separator = max("\t;,", key=head.count)
    lines = [cells for cells in csv.reader(io.StringIO(text.strip("\n")), delimiter=separator) if any(cells)]
    if not lines:
        return Table(missing=list(NEEDED))
    columns = [_MEANING.get(_plain(heading)) for heading in lines[0]]
    table = Table(
        missing=[name for name in NEEDED if name not in columns],
        ignored=[heading for heading, name in zip(lines[0], columns, strict=True) if name is None and heading.strip()],
        left_out=max(len(lines) - 1 - MOST_ROWS, 0),
    )
    for number, cells in enumerate(lines[1 : MOST_ROWS + 1], FIRST_LINE):
        named = zip(columns, cells, strict=False)
        table.lines[number] = {name: cell.strip() for name, cell in named if name is not None}
    return table


def write(lines: Iterable[Cells]) -> str:
    """Write lines as a spreadsheet would copy them, under the usual headings."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t", lineterminator="\n")
    writer.writerow(LABELS.values())
    for cells in lines:
        writer.writerow(cells.get(name, "") for name in LABELS)
    return out.getvalue()


def row(number: int, cells: Cells) -> dict[str, Any]:
    """Give a line as members takes it."""
    person = any(cells.get(name) for name in ("given_name", "family_name", "email"))
    return {"line": number, "organisation": _organisation(cells), "person": _person(cells) if person else None}


def _organisation(cells: Cells) -> dict[str, Any]:
    return {
        "name": cells.get("name", ""),
        "kind": _coded(cells.get("kind", ""), KINDS, spellings.KINDS) or "company",
        "street": cells.get("street") or None,
        "postal_code": cells.get("postal_code", "").zfill(5) if cells.get("postal_code") else "",
        "municipality_code": _coded(cells.get("municipality_code", ""), PLACES_OF),
        "sector": cells.get("sector", "").upper().removeprefix("WZ").strip(),
        "size": _size(cells.get("size", "")),
    }


def _person(cells: Cells) -> dict[str, Any]:
    parts = cells.get("functions", "").replace(",", ";").split(";")
    functions = [_coded(part, FUNCTIONS, spellings.FUNCTIONS) for part in parts]
    return {
        "given_name": cells.get("given_name", ""),
        "family_name": cells.get("family_name", ""),
        "email": cells.get("email", ""),
        "telephone": cells.get("telephone") or None,
        "language": "de",
        "functions": [function for function in functions if function] or ["other"],
        "contact": cells.get("contact", "").casefold() in YES,
    }


def _coded(cell: str, labels: Mapping[str, str], others: Mapping[str, Sequence[str]] = MappingProxyType({})) -> str:
    """Give the code that a label or another word stands for; what is neither is passed on for members to judge."""
    wanted = _plain(cell)
    for code, label in labels.items():
        if wanted and wanted in {code, *map(_plain, (label, *others.get(code, ())))}:
            return code
    return cell.strip()


def _size(cell: str) -> str:
    digits = cell.replace(".", "").strip()
    if not digits.isdecimal():
        return _coded(cell, SIZES, spellings.SIZES)
    return next((size for limit, size in SMALLER_THAN if int(digits) < limit), "large")
