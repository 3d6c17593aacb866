"""Facets: every value is a link with its exact count, and every filter stands in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from missionare.web.catalog.reading import KINDS, POLES, CatalogPage
from missionare.web.journeys.reading import TOPICS
from missionare.web.languages import N_
from missionare.web.visits import Visit

Chosen = Mapping[str, Sequence[str]]

FUNCTIONS: Final = {
    "management": N_("Geschäftsführung"),
    "employee_representation": N_("Interessenvertretung"),
    "it": N_("Informationstechnik"),
    "hr": N_("Personal"),
    "production": N_("Produktion"),
    "other": N_("Andere"),
}
SIZES: Final = {
    "micro": N_("bis 9 Beschäftigte"),
    "small": N_("10 bis 49 Beschäftigte"),
    "medium": N_("50 bis 249 Beschäftigte"),
}
STAGES: Final = {
    "starting": N_("am Anfang"),
    "growing": N_("unterwegs"),
    "established": N_("eingespielt"),
}
DIMENSIONS: Final = {
    "strategy": N_("Strategie"),
    "readiness": N_("Bereitschaft"),
    "human": N_("Menschen"),
    "data": N_("Daten"),
    "automation": N_("Automatisierung"),
    "green": N_("Nachhaltigkeit"),
}
REGIONS: Final = {
    "05970": N_("Kreis Siegen-Wittgenstein"),
    "05966": N_("Kreis Olpe"),
}
SECTORS: Final = {
    "10": N_("Nahrungsmittel"),
    "16": N_("Holz"),
    "17": N_("Papier"),
    "22": N_("Kunststoff"),
    "24": N_("Metallerzeugung"),
    "25": N_("Metallwaren"),
    "26": N_("Elektronik"),
    "27": N_("Elektrische Ausrüstung"),
    "28": N_("Maschinenbau"),
    "29": N_("Fahrzeugteile"),
    "43": N_("Ausbau und Handwerk"),
    "46": N_("Großhandel"),
    "49": N_("Verkehr"),
    "62": N_("Informationstechnik"),
    "85": N_("Bildung"),
    "86": N_("Gesundheit"),
    "87": N_("Pflege"),
}
FACETS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "kind": (N_("Art"), KINDS),
    "pole": (N_("Blickrichtung"), POLES),
    "topic": (N_("Thema"), TOPICS),
    "function": (N_("Funktion"), FUNCTIONS),
    "region": (N_("Region"), REGIONS),
    "size": (N_("Betriebsgröße"), SIZES),
    "sector": (N_("Branche"), SECTORS),
    "stage": (N_("Reifegrad"), STAGES),
    "dimension": (N_("Bereich"), DIMENSIONS),
}
"""In the order in which they are shown: parameter, heading, labels of its values."""


@dataclass(frozen=True)
class Value:
    """One value of a facet."""

    label: str
    count: int
    address: str
    chosen: bool


@dataclass(frozen=True)
class Group:
    """One facet with its values, the most frequent first."""

    label: str
    values: tuple[Value, ...]

    @property
    def chosen(self) -> bool:
        """Whether one of its values is set."""
        return any(value.chosen for value in self.values)


@dataclass(frozen=True)
class Active:
    """One filter that is set, with the address without it."""

    label: str
    address: str


def groups(visit: Visit, page: CatalogPage, words: str, chosen: Chosen) -> list[Group]:
    """Give the facets that the catalog counts, each value as a link that sets or clears it."""
    shown = []
    for name, (heading, _labels) in FACETS.items():
        counts = {value: number for value, number in page.facets.get(name, {}).items() if number}
        counts |= {value: counts.get(value, 0) for value in chosen.get(name, ())}
        if counts:
            ordered = sorted(counts.items(), key=lambda pair: (-pair[1], label(visit, name, pair[0])))
            values = (_value(visit, words, chosen, name, value, number) for value, number in ordered)
            shown.append(Group(visit.say(heading), tuple(values)))
    return shown


def active(visit: Visit, words: str, chosen: Chosen) -> list[Active]:
    """Give the filters that are set."""
    return [
        Active(label(visit, name, value), address(visit, words, _toggled(chosen, name, value)))
        for name, values in chosen.items()
        for value in values
    ]


def label(visit: Visit, name: str, value: str) -> str:
    """Give a value in words; what has none is shown as it is."""
    return visit.say(FACETS[name][1].get(value, value)) if name in FACETS else value


def address(visit: Visit, words: str, chosen: Chosen) -> str:
    """Give the address of a choice."""
    return visit.url("/catalog", q=words, **{name: list(values) for name, values in chosen.items()})


def _value(visit: Visit, words: str, chosen: Chosen, name: str, value: str, count: int) -> Value:
    return Value(
        label=label(visit, name, value),
        count=count,
        address=address(visit, words, _toggled(chosen, name, value)),
        chosen=value in chosen.get(name, ()),
    )


def _toggled(chosen: Chosen, name: str, value: str) -> Chosen:
    values = list(chosen.get(name, ()))
    changed = [other for other in values if other != value] if value in values else [*values, value]
    return {**chosen, name: changed}
