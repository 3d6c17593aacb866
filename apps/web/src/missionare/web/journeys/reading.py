"""What the pages read of journeys' programme."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import Field

from missionare.web.languages import N_
from missionare.web.pictures.places import place_in
from missionare.web.pictures.ridge import Ridge, draw
from missionare.web.services import Read
from missionare.web.visits import Visit


class State(StrEnum):
    """Where a journey stands, as journeys tells it."""

    ANNOUNCED = "announced"
    PUBLISHED = "published"
    REGISTRATION_OPEN = "registration_open"
    REGISTRATION_CLOSED = "registration_closed"
    RUNNING = "running"
    DEBRIEFING = "debriefing"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


WORDED: Final[dict[State, tuple[str, str]]] = {
    State.ANNOUNCED: ("draft", N_("angekündigt")),
    State.PUBLISHED: ("open", N_("Anmeldung öffnet bald")),
    State.REGISTRATION_OPEN: ("done", N_("Anmeldung offen")),
    State.REGISTRATION_CLOSED: ("open", N_("Anmeldung geschlossen")),
    State.RUNNING: ("now", N_("unterwegs")),
    State.DEBRIEFING: ("now", N_("in der Nachbereitung")),
    State.COMPLETED: ("done", N_("abgeschlossen")),
    State.CANCELLED: ("ended", N_("abgesagt")),
}
"""Tone and label of each state's chip."""

AHEAD: Final = frozenset({State.ANNOUNCED, State.PUBLISHED, State.REGISTRATION_OPEN, State.REGISTRATION_CLOSED})
"""States of a journey that has not begun; of any other nobody is invited to come along."""

CLOSED: Final[dict[State, str]] = {
    State.PUBLISHED: N_("Das Programm steht. Die Anmeldung öffnet in den nächsten Tagen."),
    State.REGISTRATION_CLOSED: N_(
        "Die Anmeldung ist geschlossen. Fragen Sie uns am Telefon, ob noch etwas möglich ist."
    ),
    State.RUNNING: N_("Die Gruppe ist gerade unterwegs."),
    State.DEBRIEFING: N_("Die Gruppe ist zurück und wertet aus, was sie gesehen hat."),
    State.CANCELLED: N_("Diese Lernreise fällt aus. Wer angemeldet war, hat eine Nachricht bekommen."),
    State.COMPLETED: N_("Diese Lernreise ist vorbei. Was sie gebracht hat, steht nach und nach im Katalog."),
}
"""What is said where no seat can be asked for."""

TOPICS: Final[dict[str, str]] = {
    "production": N_("Produktion"),
    "data": N_("Daten"),
    "security": N_("Sicherheit"),
    "people": N_("Menschen und Arbeit"),
    "leadership": N_("Führung"),
    "sales": N_("Vertrieb"),
    "logistics": N_("Logistik"),
    "administration": N_("Verwaltung"),
    "sustainability": N_("Nachhaltigkeit"),
    "cooperation": N_("Zusammenarbeit"),
}


class Stop(Read):
    """A stop of the programme."""

    id: str
    title: str
    site: str
    starts_at: datetime
    ends_at: datetime
    topics: tuple[str, ...] = ()
    state: str = ""

    @property
    def town(self) -> str:
        """The municipality, where the site names one, else the site."""
        return place_in(self.site).name or self.site


class Journey(Read):
    """A journey of the programme."""

    id: str
    version: int
    state: State
    title: str
    summary: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    capacity: int
    seats_free: int | None = None
    waiting_list: bool = False
    interested: int = 0
    published_at: datetime
    completed_at: datetime | None = None
    announced_topics: tuple[str, ...] = Field((), alias="topics")
    stops: tuple[Stop, ...] = ()

    @property
    def told_at(self) -> datetime:
        """When it was last news: published, or completed."""
        return self.completed_at or self.published_at

    def ahead(self, visit: Visit) -> bool:
        """Whether it has not begun; one that the agency forgot to close is over all the same."""
        return self.state in AHEAD and visit.site.clock.now() < self.ends_at

    def open(self, visit: Visit) -> bool:
        """Whether somebody can ask for a seat now."""
        return self.state is State.REGISTRATION_OPEN and self.ahead(visit)

    @property
    def towns(self) -> list[str]:
        """Where it leads, each place once."""
        return list(dict.fromkeys(stop.town for stop in self.stops))

    @property
    def topics(self) -> list[str]:
        """What it is about, each once: as its stops say, before that as it was announced."""
        topics = [topic for stop in self.stops for topic in stop.topics]
        return list(dict.fromkeys(topics or self.announced_topics))

    @property
    def path(self) -> str:
        """Its page."""
        return f"/journeys/{self.id}"

    def ridge(self) -> Ridge:
        """Its picture."""
        return draw([place_in(stop.site) for stop in self.stops])

    def topic_labels(self, visit: Visit) -> list[str]:
        """What it is about, in words."""
        return [visit.say(TOPICS.get(topic, topic)) for topic in self.topics]

    def when(self, visit: Visit) -> str:
        """When it is: the day with its hours, or from when until when."""
        begin, end, say = self.starts_at, self.ends_at, visit.formats
        if say.local(begin, self.zone).date() == say.local(end, self.zone).date():
            return f"{say.weekday(begin, self.zone)}, {say.span(begin, end, self.zone)}"
        days = [f"{say.weekday(at, self.zone)}, {say.time(at, self.zone)}" for at in (begin, end)]
        return visit.say("{begin}, bis {end}", begin=days[0], end=days[1])

    def how(self, visit: Visit) -> str:
        """Why nobody can ask for a seat now, and what else one can do."""
        over = self.state in AHEAD and not self.ahead(visit)
        return visit.say(CLOSED[State.COMPLETED] if over else CLOSED.get(self.state, CLOSED[State.COMPLETED]))

    def labels(self, visit: Visit) -> list[tuple[str, str]]:
        """Name and time of each stop, as they stand below the picture."""
        return [(stop.town, visit.formats.time(stop.starts_at, self.zone)) for stop in self.stops]

    def chip(self, visit: Visit) -> tuple[str, str]:
        """Tone and words of its state; a full one has a waiting list."""
        if self.state in AHEAD and not self.ahead(visit):
            return "ended", visit.say(N_("vorbei"))
        if self.state is State.REGISTRATION_OPEN and self.waiting_list:
            return "held", visit.say(N_("Warteliste"))
        tone, label = WORDED[self.state]
        return tone, visit.say(label)

    def seats(self, visit: Visit) -> str | None:
        """How many seats are free, in words; None while nobody can ask for one."""
        if self.seats_free is None or not self.open(visit):
            return None
        if self.seats_free == 0 or self.waiting_list:
            taken = self.capacity - self.seats_free
            return visit.say("{taken} von {capacity} Plätzen vergeben", taken=taken, capacity=self.capacity)
        return visit.say("{free} von {capacity} Plätzen frei", free=self.seats_free, capacity=self.capacity)


class Programme(Read):
    """A page of the programme."""

    items: tuple[Journey, ...]
    next_cursor: str | None = None


async def programme(visit: Visit, *, past: bool = False, cursor: str | None = None, limit: int = 20) -> Programme:
    """Ask journeys what lies ahead, the next one first, or what has been, the latest first."""
    return await visit.ask.read(Programme, "journeys", "/programme", past=str(past).lower(), cursor=cursor, limit=limit)
