"""What people write in the cells of their tables, besides the words of our own forms.

`missionare import members` reads the same words; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

KINDS: Final[Mapping[str, Sequence[str]]] = {
    "company": ("Firma", "Betrieb"),
    "chamber": ("IHK", "Handwerkskammer", "HWK"),
    "university": ("Universität",),
    "municipality": ("Gemeinde", "Stadt", "Kreis", "Stadtverwaltung", "Gemeindeverwaltung"),
    "association": ("Verein", "Verband", "e. V.", "eingetragener Verein"),
}
SIZES: Final[Mapping[str, Sequence[str]]] = {
    "micro": ("kleinst", "Kleinstunternehmen", "Kleinstbetrieb"),
    "small": ("klein", "Kleinunternehmen"),
    "medium": ("mittel", "mittelgroß", "mittleres Unternehmen"),
    "large": ("groß", "Großunternehmen"),
}
FUNCTIONS: Final[Mapping[str, Sequence[str]]] = {
    "management": (
        "Geschäftsführung", "Geschäftsführer", "Geschäftsführerin", "GF", "Leitung", "Geschäftsleitung", "Inhaber",
        "Inhaberin", "Vorstand", "Prokura",
    ),
    "employee_representation": (
        "Betriebsrat", "Betriebsrätin", "Personalrat", "Personalrätin", "Mitarbeitervertretung", "MAV",
        "Beschäftigtenvertretung", "employee representation",
    ),
    "it": ("EDV", "Informatik", "Digitalisierung"),
    "hr": ("Personalabteilung", "Personalwesen"),
    "production": ("Fertigung",),
    "other": ("Sonstige", "Sonstiges", "Andere"),
}  # fmt: skip
USUAL: Final[Mapping[str, Sequence[str]]] = {
    "kind": ("Unternehmen", "Kammer", "Gewerkschaft", "Hochschule", "Kommune", "Verein"),
    "size": tuple(words[0] for words in SIZES.values()),
    "functions": ("Geschäftsführung", "Betriebsrat", "IT", "Personal", "Produktion", "Sonstige"),
}
"""What is suggested, by column, where a cell cannot be understood."""
