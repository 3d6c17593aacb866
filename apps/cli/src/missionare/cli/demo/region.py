"""An invented network in the real municipalities of both districts, as an agency's spreadsheet holds it.

No company and no person here exists; the addresses end in `.example`, which nobody can own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from openpyxl import Workbook

SPELLED: Final = {ord("ä"): "ae", ord("ö"): "oe", ord("ü"): "ue", ord("ß"): "ss"}
HEADINGS: Final = (
    "Unternehmen", "Art", "Register-Nr.", "Straße", "PLZ", "Ort", "WZ", "Größe",
    "Vorname", "Nachname", "E-Mail", "Telefon", "Funktion", "Ansprechperson",
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """One row's person."""

    given_name: str
    family_name: str
    email: str
    function: str
    contact: bool = False

    @property
    def name(self) -> str:
        """The name as people say it."""
        return f"{self.given_name} {self.family_name}"


@dataclass(frozen=True)
class Organisation:
    """One row's company or institution."""

    name: str
    kind: str
    register_id: str
    street: str
    postal_code: str
    town: str
    sector: str
    size: str
    people: tuple[Person, ...]

    @property
    def contact(self) -> Person:
        """Whom the agency calls."""
        return next(person for person in self.people if person.contact)


def _company(name: str, register_id: str, place: str, sector: str, size: str, *people: Person) -> Organisation:
    street, postal_code, town = place.split(", ")
    return Organisation(name, "Unternehmen", register_id, street, postal_code, town, sector, size, people)


def _person(name: str, house: str, function: str, *, contact: bool = False) -> Person:
    given, family = name.split(" ")
    plain = f"{given}.{family}".lower().translate(SPELLED)
    return Person(given, family, f"{plain}@{house}.example", function, contact)


ANNA: Final = _person("Anneliese Wiesental", "eisenfaden", "Betriebsrat")
BERND: Final = _person("Björn Köhlerhof", "grubenlicht", "Geschäftsführung")
CARLA: Final = _person("Carla Tannenried", "fichtenrain", "IT")
DENIZ: Final = _person("Deniz Achtermann", "hammerweiher", "Produktion")
COACH: Final = _person("Ludmilla Bergstieg", "regionalnetz", "Sonstige")
EDITOR: Final = _person("Emil Quellhaus", "regionalnetz", "Sonstige")
REVIEWER: Final = _person("Rosa Steinfurt", "hochschule-beispiel", "Sonstige", contact=True)
NEWCOMER: Final = _person("Nele Obstgarten", "sonnenhang", "Geschäftsführung", contact=True)
"""Not in the spreadsheet: she comes by an invitation."""

FIRST_HOST: Final = _company(
    "Silberborn Kunststoffteile GmbH", "HRB 90001", "Am Silberborn 4, 57439, Attendorn", "22", "mittel",
    _person("Grete Lindenau", "silberborn", "Geschäftsführung", contact=True),
)  # fmt: skip
SILENT_HOST: Final = _company(
    "Talwende Logistik GmbH", "HRB 90002", "Talwende 12, 57462, Olpe", "52", "klein",
    _person("Theodor Ahlbach", "talwende", "Geschäftsführung", contact=True),
)  # fmt: skip
THIRD_HOST: Final = _company(
    "Köhlerwiese Maschinenbau GmbH", "HRB 90003", "Köhlerwiese 1, 57234, Wilnsdorf", "28", "mittel",
    _person("Ümit Sonnental", "koehlerwiese", "Personal", contact=True),
)  # fmt: skip

FOURTH_HOST: Final = _company(
    "Fichtenrain Holzbau GmbH", "HRB 90006", "Fichtenrain 20, 57319, Bad Berleburg", "16", "klein",
    replace(CARLA, contact=True),
)  # fmt: skip
FIFTH_HOST: Final = _company(
    "Hammerweiher Oberflächen GmbH", "HRB 90007", "Am Weiher 7, 57223, Kreuztal", "25", "mittel",
    replace(DENIZ, contact=True),
)  # fmt: skip

NETWORK: Final = (
    FIRST_HOST,
    SILENT_HOST,
    THIRD_HOST,
    _company(
        "Eisenfaden Drahtwaren GmbH", "HRB 90004", "Hüttenpfad 9, 57072, Siegen", "25", "mittel",
        _person("Karl-Heinz Birkental", "eisenfaden", "Geschäftsführung", contact=True), ANNA,
    ),
    _company(
        "Grubenlicht Elektrotechnik GmbH", "HRB 90005", "Stollenweg 3, 57271, Hilchenbach", "27", "klein",
        replace(BERND, contact=True),
    ),
    FOURTH_HOST,
    FIFTH_HOST,
    Organisation(
        "Regionalnetz Digitalisierung (Beispiel) e. V.", "Verein", "VR 9001", "Marktplatz 2", "57072", "Siegen", "94",
        "kleinst", (replace(COACH, contact=True), EDITOR),
    ),
    Organisation(
        "Hochschule für Beispiele", "Hochschule", "", "Hörsaalweg 1", "57076", "Siegen", "85", "groß", (REVIEWER,),
    ),
)  # fmt: skip


def rows() -> list[tuple[str, ...]]:
    """Give the spreadsheet's rows: one per person."""
    return [
        (
            organisation.name, organisation.kind, organisation.register_id, organisation.street,
            organisation.postal_code, organisation.town, organisation.sector, organisation.size,
            person.given_name, person.family_name, person.email, "", person.function,
            "ja" if person.contact else "nein",
        )
        for organisation in NETWORK
        for person in organisation.people
    ]  # fmt: skip


def write_spreadsheet(path: Path) -> None:
    """Write the network as an agency keeps it: one sheet, German headings."""
    book = Workbook()
    sheet = book.create_sheet("Netzwerk", 0)
    sheet.append(HEADINGS)
    for row in rows():
        sheet.append(row)
    book.save(path)
