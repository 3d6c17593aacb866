"""What the cells of each column may hold, and what members is told for it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from missionare.cli.importing import municipalities
from missionare.cli.importing.problems import BadCell
from missionare.cli.importing.words import plain

KINDS: Final[Mapping[str, Sequence[str]]] = {
    "company": ("Unternehmen", "Firma", "Betrieb", "company"),
    "chamber": ("Kammer", "IHK", "Handwerkskammer", "HWK", "chamber"),
    "union": ("Gewerkschaft", "union"),
    "university": ("Hochschule", "Universität", "university"),
    "municipality": ("Kommune", "Gemeinde", "Stadt", "Kreis", "Stadtverwaltung", "Gemeindeverwaltung", "municipality"),
    "association": ("Verein", "Verband", "e. V.", "eingetragener Verein", "association"),
}
SIZES: Final[Mapping[str, Sequence[str]]] = {
    "micro": ("kleinst", "Kleinstunternehmen", "Kleinstbetrieb", "micro"),
    "small": ("klein", "Kleinunternehmen", "small"),
    "medium": ("mittel", "mittelgroß", "mittleres Unternehmen", "medium"),
    "large": ("groß", "Großunternehmen", "large"),
}
SMALLER_THAN: Final = ((10, "micro"), (50, "small"), (250, "medium"))
"""Limits in people employed, as in the EU recommendation 2003/361/EC."""
FUNCTIONS: Final[Mapping[str, Sequence[str]]] = {
    "management": (
        "Geschäftsführung", "Geschäftsführer", "Geschäftsführerin", "GF", "Leitung", "Geschäftsleitung", "Inhaber",
        "Inhaberin", "Vorstand", "Prokura", "management",
    ),
    "employee_representation": (
        "Betriebsrat", "Betriebsrätin", "Personalrat", "Personalrätin", "Mitarbeitervertretung", "MAV",
        "Beschäftigtenvertretung", "employee representation",
    ),
    "it": ("IT", "EDV", "Informatik", "Digitalisierung"),
    "hr": ("Personal", "Personalabteilung", "Personalwesen", "HR"),
    "production": ("Produktion", "Fertigung", "production"),
    "other": ("Sonstige", "Sonstiges", "Andere", "other"),
}  # fmt: skip
LANGUAGES: Final[Mapping[str, Sequence[str]]] = {
    "de": ("de", "deutsch", "German"),
    "en": ("en", "englisch", "English"),
}
YES: Final = frozenset({"ja", "j", "x", "1", "yes", "y", "true", "wahr"})
NO: Final = frozenset({"", "nein", "n", "0", "no", "false", "falsch"})

_EMAIL: Final = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+\.[^\s@,;<>\".]{2,}")
_POSTAL_CODE: Final = re.compile(r"\d{5}")
_CODE: Final = re.compile(r"\d{8}")
_LETTER: Final = re.compile(r"(?:WZ\s*)?([A-V])")
_NUMBER: Final = re.compile(r"(?:WZ\s*)?[A-V]?\s*(\d{2}(?:\.\d{1,2}(?:\.\d)?)?)")
_ISO_DATE: Final = re.compile(r"\d{4}-(\d{2})-(\d{2})")
_BETWEEN: Final = re.compile(r"[,;/&+]|\bund\b|\band\b")
_COUNT: Final = re.compile(r"(?:ca\.?\s*)?(\d{1,3}(?:\.\d{3})+|\d+)")
LONGEST: Final = 200


def required(cell: str) -> str:
    """A text that has to be there."""
    if not cell:
        raise BadCell("fehlt", "is missing")
    if len(cell) > LONGEST:
        raise BadCell(f"ist länger als {LONGEST} Zeichen", f"is longer than {LONGEST} characters")
    return cell


def postal_code(cell: str) -> str:
    """Five digits; spreadsheets drop a leading zero."""
    code = required(cell).removeprefix("D-").zfill(5)
    if not _POSTAL_CODE.fullmatch(code):
        raise BadCell(f"„{cell}“ ist keine Postleitzahl (fünf Ziffern)", f"'{cell}' is no postal code (five digits)")
    return code


def municipality(cell: str) -> str:
    """The official key for a municipality's name."""
    code = municipalities.code_for(required(cell))
    if code is None:
        raise BadCell(
            f"„{cell}“ ist keine Gemeinde der Kreise Siegen-Wittgenstein und Olpe; für andere gehört der amtliche "
            "Gemeindeschlüssel in eine Spalte „AGS“",
            f"'{cell}' is no municipality of the districts Siegen-Wittgenstein and Olpe; for others put the official "
            "municipality key into a column 'AGS'",
        )
    return code


def municipality_code(cell: str) -> str:
    """The official key itself: eight digits; spreadsheets drop the leading zero."""
    code = required(cell).replace(" ", "").zfill(8)
    if not _CODE.fullmatch(code):
        raise BadCell(
            f"„{cell}“ ist kein Gemeindeschlüssel (acht Ziffern)", f"'{cell}' is no municipality key (8 digits)"
        )
    return code


def sector(cell: str) -> str:
    """Section, division, group or class of the classification of economic activities (WZ)."""
    written = required(cell).upper()
    if date := _ISO_DATE.fullmatch(written):
        # "25.11" typed into Excel becomes the 25th of November; the class it was meant to be is still in there.
        return f"{date[2]}.{date[1]}"
    if len(written) == 1 and written.isdigit():
        written = f"0{written}"  # a dropped leading zero: agriculture is 01
    if letter := _LETTER.fullmatch(written):
        return letter[1]
    if number := _NUMBER.fullmatch(written):
        return number[1]
    raise BadCell(
        f"„{cell}“ ist kein Wirtschaftszweig (WZ): erwartet wird ein Abschnitt wie C oder eine Nummer wie 25.11",
        f"'{cell}' is no economic activity (WZ): a section such as C or a number such as 25.11 is expected",
    )


def size(cell: str) -> str:
    """A size class by name, or from the number of people employed."""
    if count := _COUNT.fullmatch(required(cell).lower()):
        people = int(count[1].replace(".", ""))
        return next((name for limit, name in SMALLER_THAN if people < limit), "large")
    return _one_of(SIZES, cell)


def kind(cell: str) -> str:
    """What sort of organisation it is; a company where nothing is said."""
    return _one_of(KINDS, cell) if cell else "company"


def language(cell: str) -> str:
    """German where nothing is said."""
    return _one_of(LANGUAGES, cell) if cell else "de"


def functions(cell: str) -> list[str]:
    """One or several, separated by comma, semicolon, slash or "und"."""
    parts = [part.strip() for part in _BETWEEN.split(cell) if part.strip()]
    return list(dict.fromkeys(_one_of(FUNCTIONS, part) for part in parts)) or ["other"]


def email(cell: str) -> str:
    """One address."""
    if not _EMAIL.fullmatch(required(cell)):
        raise BadCell(f"„{cell}“ ist keine E-Mail-Adresse", f"'{cell}' is no e-mail address")
    return cell


def yes(cell: str) -> bool:
    """Yes or no; nothing is no."""
    word = cell.strip().lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise BadCell(f"„{cell}“ ist weder ja noch nein", f"'{cell}' is neither yes (ja) nor no (nein)")


def optional(cell: str) -> str | None:
    """A text, or nothing."""
    return required(cell) if cell else None


def _one_of(words: Mapping[str, Sequence[str]], cell: str) -> str:
    meant = plain(cell)
    for value, names in words.items():
        if meant in {plain(name) for name in names}:
            return value
    usual = ", ".join(names[0] for names in words.values())
    raise BadCell(f"„{cell}“ ist unbekannt; möglich sind: {usual}", f"'{cell}' is not known; there are: {usual}")
