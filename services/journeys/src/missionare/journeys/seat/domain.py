"""Seats: one ledger of counters per journey, and the one policy by which a free seat passes on.

The ledger follows from the states that registrations leave and enter, so no path that frees a seat can forget it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final, NamedTuple

from missionare.journeys.events import SkipReason
from missionare.journeys.participant.domain import GoalStanding
from missionare.journeys.registration import domain as registrations
from missionare.journeys.registration.domain import LIVE, Registration, RegistrationState
from missionare.kit.aggregates import Aggregate, Transitions, check_move
from missionare.kit.facts import Fact
from missionare.kit.refusals import Refusal, Text

TICK = timedelta(milliseconds=1)
"""The smallest step the database keeps."""


class LedgerState(StrEnum):
    """Whether seats pass on."""

    OPEN = "open"
    DEPARTED = "departed"
    """The journey has started: seats may be given back, and pass to nobody."""
    FINAL = "final"
    """The journey is over or called off: nothing changes but by the closing of its registrations."""


ALLOWED: Transitions[LedgerState] = {
    LedgerState.OPEN: frozenset({LedgerState.DEPARTED, LedgerState.FINAL}),
    LedgerState.DEPARTED: frozenset({LedgerState.FINAL}),
    LedgerState.FINAL: frozenset(),
}

COUNTED_AS: Final[Mapping[RegistrationState, str]] = {
    RegistrationState.PENDING_APPROVAL: "pending",
    RegistrationState.WAITLISTED: "waitlisted",
    RegistrationState.OFFERED: "offered",
    RegistrationState.AWAITING_GOAL: "awaiting_goal",
    RegistrationState.CONFIRMED: "confirmed",
    # A seat stays taken when its journey has ended, so concluding a participation leaves the ledger alone.
    RegistrationState.ATTENDED: "confirmed",
    RegistrationState.NO_SHOW: "confirmed",
}
"""The counter that a registration in this state is counted in; in none, if it is not here."""


class SeatLedger(Aggregate):
    """The counters of one journey, by its id. `confirmed + awaiting_goal + offered <= capacity`, always."""

    capacity: int
    pending: int = 0
    waitlisted: int = 0
    offered: int = 0
    awaiting_goal: int = 0
    confirmed: int = 0
    state: LedgerState = LedgerState.OPEN
    last_waitlisted_at: datetime | None = None

    @property
    def free(self) -> int:
        """How many seats nobody has, holds or was offered."""
        return self.capacity - self.confirmed - self.awaiting_goal - self.offered


class NoSeatFree(Refusal):
    """Every seat is taken, held or offered."""

    title: ClassVar[Text] = {"de": "Kein Platz frei", "en": "No seat free"}
    text: ClassVar[Text] = {
        "de": "Alle Plätze sind vergeben, gehalten oder angeboten. Laden Sie den aktuellen Stand.",
        "en": "Every seat is taken, held or offered. Load the current state.",
    }


class SeatsSettled(Refusal):
    """The journey has started, is over or was called off, so seats are no longer given."""

    title: ClassVar[Text] = {"de": "Plätze stehen fest", "en": "Seats are settled"}
    text: ClassVar[Text] = {
        "de": "Die Lernreise ist unterwegs, beendet oder abgesagt; Plätze werden nicht mehr vergeben. Fragen Sie die "
        "Reiseleitung.",
        "en": "The journey is under way, over or called off; seats are no longer given. Ask the journey lead.",
    }


class Change(NamedTuple):
    """A registration before and after a decision, with its facts. Before is None for a new one."""

    before: Registration | None
    after: Registration
    facts: list[Fact]


def moved(ledger: SeatLedger, before: RegistrationState | None, after: RegistrationState) -> SeatLedger:
    """Count a registration that goes from one state to another.

    Raises:
        SeatsSettled: it would gain something, and the journey has started.
        NoSeatFree: there is no seat for it.
    """
    if after in LIVE and ledger.state is not LedgerState.OPEN:
        raise SeatsSettled
    counts = {name: getattr(ledger, name) for name in COUNTED_AS.values()}
    if before is not None and before in COUNTED_AS:
        counts[COUNTED_AS[before]] -= 1
    if after in COUNTED_AS:
        counts[COUNTED_AS[after]] += 1
    counted = ledger.changed(**counts)
    if counted.free < min(0, ledger.free):
        raise NoSeatFree
    return counted


def next_waitlisted_at(ledger: SeatLedger, now: datetime) -> tuple[SeatLedger, datetime]:
    """Give a place on the waiting list after all others, also where two machines' clocks disagree."""
    last = ledger.last_waitlisted_at
    at = now if last is None else max(now, last + TICK)
    return ledger.changed(last_waitlisted_at=at), at


def admit(
    ledger: SeatLedger, registration: Registration, *, goal: GoalStanding, goal_days: int, now: datetime
) -> tuple[SeatLedger, Registration, list[Fact]]:
    """Give somebody who may take part a seat if one is free, else the last place on the waiting list.

    The ledger comes back with the place noted; `moved` counts the registration when it is saved.
    """
    if ledger.free > 0:
        seated, facts = registrations.take_seat(registration, goal=goal, goal_days=goal_days, now=now)
        return ledger, seated, facts
    ledger, waitlisted_at = next_waitlisted_at(ledger, now)
    waiting, facts = registrations.join_waitlist(registration, waitlisted_at=waitlisted_at)
    return ledger, waiting, facts


def settle(ledger: SeatLedger, to: LedgerState) -> SeatLedger:
    """Let no seat pass on any more.

    Raises:
        WrongState: the seats are settled already.
    """
    check_move(ALLOWED, "Plätze", ledger.state, to)
    return ledger.changed(state=to)


def check_changeable(ledger: SeatLedger) -> None:
    """Let people and staff change registrations while that means something.

    Raises:
        SeatsSettled: the journey is over or called off.
    """
    if ledger.state is LedgerState.FINAL:
        raise SeatsSettled


@dataclass
class Promotion:
    """What passing on free seats has come to."""

    ledger: SeatLedger
    changes: list[Change] = field(default_factory=list)


def pass_on(
    ledger: SeatLedger,
    heads: Iterable[Registration],
    *,
    until_at: datetime,
    ineligible: Mapping[str, SkipReason],
) -> Promotion:
    """Offer every free seat to the waiting list, in order of `waitlisted_at`: one offer per seat and no more.

    Args:
        ledger: the counters as they are.
        heads: the beginning of the waiting list.
        until_at: until when the offers stand.
        ineligible: by registration, why somebody cannot be offered a seat now. They are skipped and keep their place.
    """
    promotion = Promotion(ledger)
    if ledger.state is not LedgerState.OPEN:
        return promotion
    for head in sorted(heads, key=_place):
        if promotion.ledger.free <= 0:
            break
        reason = ineligible.get(head.id)
        if reason is not None:
            after, facts = registrations.skip(head, reason)
        else:
            after, facts = registrations.offer(head, until_at=until_at)
            promotion.ledger = moved(promotion.ledger, head.state, after.state)
        if facts:
            promotion.changes.append(Change(head, after, facts))
    return promotion


def _place(registration: Registration) -> datetime:
    at = registration.waitlisted_at
    if at is None:
        msg = "somebody on the waiting list has no place in it"
        raise ValueError(msg)
    return at
