"""What the console reads of the streams and of facts that need attention."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from missionare.web.console.frame import AWAY, asked
from missionare.web.languages import N_
from missionare.web.services import Read
from missionare.web.visits import Visit

SERVICES: Final[dict[str, str]] = {
    "members": N_("Mitglieder"),
    "journeys": N_("Lernreisen"),
    "catalog": N_("Katalog"),
    "notifications": N_("Transfer"),
}
STATES: Final[dict[str, tuple[str, str]]] = {
    "held": ("held", N_("wartet auf ein früheres Ereignis")),
    "parked": ("alert", N_("wird wieder versucht")),
    "queued": ("held", N_("wartet hinter einem Klärfall")),
    "dead": ("bad", N_("braucht eine Entscheidung")),
    "raw": ("bad", N_("unlesbar")),
}
"""Tone and words of why a fact waits."""
NEEDY: Final = ("dead", "raw")


class Consumer(Read):
    """What one consumer has set aside."""

    consumer: str
    waiting: dict[str, int]
    repaired: int
    forks: int = 0
    """Aggregates of which a restored service forgot what was applied here."""

    @property
    def needy(self) -> int:
        """How many facts need a person."""
        return sum(self.waiting.get(state, 0) for state in NEEDY)

    @property
    def patient(self) -> int:
        """How many wait and go on by themselves."""
        return sum(count for state, count in self.waiting.items() if state not in NEEDY)


class Group(Read):
    """How far a consumer group was behind."""

    group: str
    measured_at: datetime
    lag: int
    partitions: tuple[dict[str, Any], ...] = ()

    @property
    def oldest_seconds(self) -> float:
        """How old the oldest record is that is not finished."""
        return max((float(each.get("age_seconds") or 0) for each in self.partitions), default=0.0)


class Hop(Read):
    """How long the latest facts of a source took to be applied."""

    source: str
    consumer: str
    facts: int
    p50_ms: float
    max_ms: float


class Streams(Read):
    """Where a service's facts stand."""

    service: str
    facts_pending: int
    oldest_fact_age_seconds: float
    timers_due: int
    oldest_timer_age_seconds: float
    consumers: tuple[Consumer, ...]
    groups: tuple[Group, ...]
    hops: tuple[Hop, ...]

    @property
    def lag(self) -> int:
        """Facts of others that this service has not applied yet."""
        return sum(group.lag for group in self.groups)

    @property
    def oldest_seconds(self) -> float:
        """How old the oldest of everything is that waits here."""
        ages = [self.oldest_fact_age_seconds, *(group.oldest_seconds for group in self.groups)]
        return max(ages)

    @property
    def needy(self) -> int:
        """How many facts need a person."""
        return sum(each.needy for each in self.consumers)

    @property
    def set_aside(self) -> list[Consumer]:
        """Those consumers of which there is anything to tell."""
        return [each for each in self.consumers if each.needy or each.patient or each.repaired]

    @property
    def forks(self) -> int:
        """How much holds here that a restored service does not know any more."""
        return sum(each.forks for each in self.consumers)


@dataclass(frozen=True)
class Side:
    """One service as the page shows it; without streams it does not answer."""

    name: str
    label: str
    streams: Streams | None

    def chip(self, visit: Visit) -> tuple[str, str]:
        """Tone and words of how it is doing."""
        if self.streams is None:
            return "bad", visit.say("antwortet nicht")
        if self.streams.needy:
            return "alert", visit.say("braucht Klärung")
        if self.streams.lag or self.streams.facts_pending:
            return "held", visit.say("holt auf")
        return "done", visit.say("läuft")


async def side(visit: Visit, name: str) -> Side:
    """Ask a service how its streams are."""
    found = await asked(visit.ask.read(Streams, name, "/streams"))
    return Side(name, visit.say(SERVICES[name]), found if isinstance(found, Streams) and found is not AWAY else None)


class DeadLetter(Read):
    """A fact that is set aside."""

    id: str
    version: int
    consumer: str
    state: str
    source: str | None = None
    type: str | None = None
    aggregate: str | None = None
    subject: str | None = None
    sequence: str | None = None
    position: str | None = None
    error: str | None = None
    attempts: int
    parked_at: datetime
    next_attempt_at: datetime | None = None

    @property
    def failure(self) -> str:
        """What went wrong, without the module in which it did."""
        return (self.error or "").rpartition(".")[2]

    def chip(self, visit: Visit) -> tuple[str, str]:
        """Tone and words of why it waits."""
        tone, label = STATES.get(self.state, ("open", self.state))
        return tone, visit.say(label)


class DeadLetters(Read):
    """A page of them."""

    items: tuple[DeadLetter, ...]
    next_cursor: str | None = None


class FullDeadLetter(DeadLetter):
    """One with its value."""

    fact_id: str | None = None
    value: str
    waiting_behind: int
    decided: str | None = None
