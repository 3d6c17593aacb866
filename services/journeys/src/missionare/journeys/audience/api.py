"""How sets of readers are called where people choose among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from missionare.journeys.events import Audience
from missionare.kit.callers import Language
from missionare.kit.refusals import Text

LABELS: Final[Mapping[Audience, Text]] = {
    Audience.PERSONAL: {"de": "nur die Verfasserin oder der Verfasser", "en": "the author only"},
    Audience.REPRESENTATION: {
        "de": "die Interessenvertretung im Betrieb der Verfasserin oder des Verfassers",
        "en": "the employee representation where the author works",
    },
    Audience.ORGANISATION: {
        "de": "der Betrieb der Verfasserin oder des Verfassers",
        "en": "the organisation where the author works",
    },
    Audience.JOURNEY_GROUP: {"de": "nur die Reisegruppe", "en": "the journey's group only"},
    Audience.NETWORK: {"de": "das Netzwerk (angemeldete Mitglieder)", "en": "the network (members signed in)"},
    Audience.PUBLIC: {"de": "die Öffentlichkeit", "en": "the public"},
}


def options(audiences: Iterable[Audience], language: Language) -> tuple[tuple[str, str], ...]:
    """Give the options of a form's field."""
    return tuple((audience.value, LABELS[audience][language]) for audience in audiences)
