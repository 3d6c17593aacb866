"""The columns of a spreadsheet: which field each heading means, as agencies write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from missionare.cli.importing.problems import HeadingsMissing, HeadingTwice
from missionare.cli.importing.words import plain


class Field(StrEnum):
    """What a column can hold."""

    ORGANISATION = "organisation"
    KIND = "kind"
    REGISTER = "register"
    STREET = "street"
    HOUSE_NUMBER = "house_number"
    POSTAL_CODE = "postal_code"
    MUNICIPALITY = "municipality"
    MUNICIPALITY_CODE = "municipality_code"
    SECTOR = "sector"
    SIZE = "size"
    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    EMAIL = "email"
    TELEPHONE = "telephone"
    LANGUAGE = "language"
    FUNCTIONS = "functions"
    CONTACT = "contact"


HEADINGS: Final[Mapping[Field, Sequence[str]]] = {
    Field.ORGANISATION: (
        "Unternehmen", "Firma", "Firmenname", "Betrieb", "Organisation", "Einrichtung", "Unternehmensname",
        "Name der Organisation", "Name des Unternehmens", "Company",
    ),
    Field.KIND: ("Art", "Organisationsart", "Organisationstyp", "Art der Organisation", "Typ", "Kind"),
    Field.REGISTER: (
        "Register-Nr.", "Registernummer", "Register", "Handelsregister", "Handelsregisternummer", "HR-Nummer", "HRB",
        "Registereintrag", "Register ID",
    ),
    Field.STREET: (
        "Straße", "Straße und Hausnummer", "Straße Nr.", "Straße, Hausnummer", "Anschrift", "Adresse", "Street",
    ),
    Field.HOUSE_NUMBER: ("Hausnummer", "Hausnr.", "Haus-Nr."),
    Field.POSTAL_CODE: ("PLZ", "Postleitzahl", "Postal code", "ZIP"),
    Field.MUNICIPALITY: ("Ort", "Stadt", "Gemeinde", "Stadt/Gemeinde", "Kommune", "Standort", "Municipality", "Town"),
    Field.MUNICIPALITY_CODE: (
        "AGS", "Gemeindeschlüssel", "Amtlicher Gemeindeschlüssel", "Gemeindekennziffer", "Municipality code",
    ),
    Field.SECTOR: (
        "WZ", "WZ-Code", "WZ 2008", "WZ-Abschnitt", "Wirtschaftszweig", "Branche", "Branchenschlüssel", "Sector",
    ),
    Field.SIZE: (
        "Größe", "Größenklasse", "Unternehmensgröße", "Betriebsgröße", "Beschäftigte", "Anzahl Beschäftigte",
        "Mitarbeiter", "Mitarbeitende", "Anzahl Mitarbeiter", "Anzahl Mitarbeitende", "Mitarbeiterzahl", "MA", "Size",
    ),
    Field.GIVEN_NAME: ("Vorname", "Given name", "First name"),
    Field.FAMILY_NAME: ("Nachname", "Name", "Familienname", "Zuname", "Family name", "Last name"),
    Field.EMAIL: ("E-Mail", "E-Mail-Adresse", "Mail", "Mailadresse"),
    Field.TELEPHONE: ("Telefon", "Tel.", "Telefonnummer", "Telefon-Nr.", "Rufnummer", "Mobil", "Handy", "Phone"),
    Field.LANGUAGE: ("Sprache", "Language"),
    Field.FUNCTIONS: ("Funktion", "Funktionen", "Position", "Tätigkeit", "Bereich", "Rolle", "Function"),
    Field.CONTACT: (
        "Ansprechperson", "Ansprechpartner", "Ansprechpartnerin", "Hauptansprechperson", "Kontakt", "Kontaktperson",
        "Hauptkontakt", "Contact",
    ),
}  # fmt: skip
"""The first heading of each is the one that messages use."""

_MEANING: Final = {plain(heading): field for field, headings in HEADINGS.items() for heading in headings}

NEEDED: Final = (Field.ORGANISATION, Field.POSTAL_CODE, Field.SECTOR, Field.SIZE)


@dataclass(frozen=True)
class Columns:
    """Where each field stands in one file."""

    positions: Mapping[Field, int]
    headings: Mapping[Field, str]
    ignored: tuple[str, ...]
    """Headings that mean nothing here."""

    def heading(self, field: Field) -> str:
        """The heading as it stands in the file, or the usual one."""
        return self.headings.get(field, HEADINGS[field][0])


def are_headings(cells: Sequence[str]) -> bool:
    """Whether a line is the one with the headings: it names the organisation's column and one more."""
    meanings = {_MEANING.get(plain(cell)) for cell in cells} - {None}
    return Field.ORGANISATION in meanings and len(meanings) > 1


def known(cells: Sequence[str]) -> int:
    """How many cells are headings; the right separator is the one that finds most."""
    return sum(plain(cell) in _MEANING for cell in cells)


def find(file: str, cells: Sequence[str]) -> Columns:
    """Recognise the columns of a file.

    Raises:
        HeadingsMissing, HeadingTwice: with the headings concerned.
    """
    positions: dict[Field, int] = {}
    headings: dict[Field, str] = {}
    ignored = []
    for position, cell in enumerate(cells):
        field = _MEANING.get(plain(cell))
        if field is None:
            ignored.append(cell)
        elif field in positions:
            raise HeadingTwice(file=file, first=headings[field], second=cell)
        else:
            positions[field], headings[field] = position, cell
    _check(file, positions, cells)
    return Columns(positions, headings, tuple(heading for heading in ignored if heading.strip()))


def _check(file: str, positions: Mapping[Field, int], cells: Sequence[str]) -> None:
    missing = [HEADINGS[field][0] for field in NEEDED if field not in positions]
    places = (Field.MUNICIPALITY, Field.MUNICIPALITY_CODE)
    without_place = not any(place in positions for place in places)
    if missing or without_place:
        ways = [HEADINGS[place][0] for place in places]
        german = [*missing, *([" oder ".join(ways)] if without_place else [])]
        english = [*missing, *([" or ".join(ways)] if without_place else [])]
        found = ", ".join(cell for cell in cells if cell.strip()) or "-"
        raise HeadingsMissing(file=file, missing_de=", ".join(german), missing_en=", ".join(english), found=found)
