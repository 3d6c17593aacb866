"""What the pages read behind a host's link, and how it is said."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field, RootModel

from missionare.web.languages import N_
from missionare.web.services import Read
from missionare.web.visits import Visit

READERS: Final[dict[str, str]] = {
    "journey_group": N_("Nur die Reisegruppe"),
    "network": N_("Das Netzwerk: Mitglieder der Region, angemeldet"),
    "public": N_("Die Öffentlichkeit: im Katalog, ohne Anmeldung"),
    "wanted": N_("Der kleine Kreis, den der Gast gewählt hat"),
}
SHORT: Final[dict[str, str]] = {
    "journey_group": N_("die Reisegruppe"),
    "network": N_("das Netzwerk"),
    "public": N_("die Öffentlichkeit"),
    "wanted": N_("ein kleiner Kreis"),
}
KINDS: Final[dict[str, str]] = {
    "practice": N_("Praxis"),
    "challenge": N_("Herausforderung"),
    "success_factor": N_("Erfolgsfaktor"),
    "pitfall": N_("Stolperstein"),
    "question": N_("Frage"),
}
PHOTOS: Final[dict[str, str]] = {
    "none": N_("Keine Fotos"),
    "on_request": N_("Nur nach Rückfrage"),
    "allowed": N_("Erlaubt"),
}
DECIDED: Final[dict[str, tuple[str, str]]] = {
    "released": ("done", N_("freigegeben")),
    "redacted": ("done", N_("in Ihrer Fassung freigegeben")),
    "withheld": ("ended", N_("nicht freigegeben")),
}
STANDING: Final[dict[str, tuple[str, str, str]]] = {
    "host_requested": (
        "now",
        N_("wartet auf Ihre Antwort"),
        N_("Eine Gruppe aus der Region möchte Sie besuchen. Sagen Sie zu oder ab; ein Konto brauchen Sie nicht."),
    ),
    "host_confirmed": ("done", N_("zugesagt"), N_("Vielen Dank. Ihre Zusage ist eingetragen.")),
    "planned": ("ended", N_("nicht angefragt"), N_("Zurzeit bitten wir Sie nicht um diesen Besuch.")),
    "declined": (
        "ended",
        N_("Absage eingetragen"),
        N_("Danke für Ihre Antwort. Ihre Absage ist eingetragen, und Sie müssen nichts weiter tun."),
    ),
    "visited": ("done", N_("besucht"), N_("Die Gruppe war bei Ihnen. Vielen Dank.")),
    "skipped": ("ended", N_("ausgefallen"), N_("Die Gruppe hat diese Station leider nicht erreicht.")),
    "cancelled": ("ended", N_("entfällt"), N_("Dieser Besuch entfällt.")),
}
"""Tone, label and sentence of each state of a visit."""


class Terms(Read):
    """What a host agreed to."""

    capacity: int
    audience: str
    release_required: bool
    photos: str


class Visited(Read):
    """A request to a host, and what has become of it."""

    purpose: Literal["host_visit"]
    version: int
    journey: str
    stop: str
    site: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    group: int
    state: str
    capacity: int
    choices: tuple[str, ...]
    terms: Terms | None

    def standing(self, visit: Visit, *, declined: bool = False) -> tuple[str, str, str]:
        """Give tone, label and sentence of its state; a no that was just said is acknowledged."""
        state = "declined" if declined and self.state == "planned" else self.state
        tone, label, sentence = STANDING.get(state, STANDING["planned"])
        return tone, visit.say(label), visit.say(sentence)


class Waiting(Read):
    """An insight that waits for the host's decision."""

    id: str
    version: int
    kind: str
    text: str
    noted_at: datetime
    until_at: datetime
    wanted: str
    choices: tuple[str, ...]
    usual: str


class Decided(Read):
    """An insight that was decided about."""

    kind: str
    state: str
    audience: str | None
    decided_at: datetime
    pieces: tuple[str, ...]


class Desk(Read):
    """What a host decides about and has decided."""

    purpose: Literal["release_desk"]
    journey: str
    stop: str
    visited_at: datetime
    zone: str
    more: bool
    recognisable: bool = False
    waiting: tuple[Waiting, ...]
    decided: tuple[Decided, ...]

    @property
    def until_at(self) -> datetime | None:
        """The first moment at which silence counts as a no; None where nothing waits."""
        return min((each.until_at for each in self.waiting), default=None)


class Opened(RootModel[Annotated[Visited | Desk, Field(discriminator="purpose")]]):
    """What a link opens."""


def labelled(visit: Visit, labels: dict[str, Any], values: tuple[str, ...]) -> list[tuple[str, str]]:
    """Give values with their labels, for a choice."""
    return [(value, visit.say(labels[value])) for value in values if value in labels]
