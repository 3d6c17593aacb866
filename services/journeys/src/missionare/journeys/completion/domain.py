"""Settlements: a durable passage through all registrations of a journey, a chunk at a time.

One happens when the journey starts, one when it is called off, and one when it is completed; each registration is
decided about once, at a cost that does not grow with their number.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from missionare.journeys.attendance.domain import conclude
from missionare.journeys.journey.domain import Journey
from missionare.journeys.registration import domain as registrations
from missionare.journeys.registration.domain import Decided, Registration, RegistrationState
from missionare.kit.aggregates import Aggregate

CHUNK: Final = 50
"""Registrations decided about in one transaction."""


class Occasion(StrEnum):
    """Why the registrations of a journey are gone through."""

    DEPARTURE = "departure"
    COMPLETION = "completion"
    CANCELLATION = "cancellation"


class Settlement(Aggregate):
    """How far a passage has come."""

    journey_id: str
    occasion: Occasion
    cursor: str | None = None
    """The last registration decided about."""
    settled: int = 0
    finished_at: datetime | None = None


def begin(journey: Journey, occasion: Occasion) -> Settlement:
    """Begin a passage; there is one per journey, occasion and revision."""
    return Settlement(id=f"{journey.id}:{occasion.value}:{journey.revision}", journey_id=journey.id, occasion=occasion)


def advance(settlement: Settlement, last: str, count: int) -> Settlement:
    """Note that a chunk is done."""
    return settlement.changed(cursor=last, settled=settlement.settled + count)


def finish(settlement: Settlement, *, now: datetime) -> Settlement:
    """Note that no registration is left."""
    return settlement.changed(finished_at=now)


def decide(registration: Registration, occasion: Occasion, journey: Journey) -> Decided | None:
    """Say what a registration becomes, or None where nothing is left to decide."""
    called_off = occasion is Occasion.CANCELLATION
    match registration.state:
        case RegistrationState.PENDING_APPROVAL | RegistrationState.WAITLISTED:
            return registrations.withdraw(registration)
        case RegistrationState.OFFERED:
            return registrations.cancel(registration) if called_off else registrations.expire_offer(registration)
        case RegistrationState.AWAITING_GOAL:
            return registrations.cancel(registration) if called_off else registrations.lapse(registration)
        case RegistrationState.CONFIRMED if called_off:
            return registrations.cancel(registration)
        case RegistrationState.CONFIRMED if occasion is Occasion.COMPLETION:
            return conclude(registration, journey)
        case _:
            return None
