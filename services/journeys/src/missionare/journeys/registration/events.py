"""The facts of registrations, of the seats they get, and of what they come to."""

from __future__ import annotations

from enum import StrEnum

from pydantic import AwareDatetime

from missionare.kit.facts import Fact, Id


class SkipReason(StrEnum):
    """Why the first on the waiting list did not get the free seat."""

    AFFILIATION_ENDED = "affiliation_ended"


class RegistrationRequested(Fact, aggregate="registration"):
    """Somebody asked for a seat, with or without a goal at this time."""

    registration_id: Id
    journey_id: Id
    person_id: Id
    organisation_id: Id
    goal_id: Id | None


class RegistrationApproved(Fact, aggregate="registration"):
    """The agency let the person take part; whether there is a seat is the next fact's matter."""

    registration_id: Id
    journey_id: Id
    person_id: Id


class RegistrationRejected(Fact, aggregate="registration"):
    """The agency did not let the person take part, with a reason that is kept here."""

    registration_id: Id
    journey_id: Id
    person_id: Id


class RegistrationWaitlisted(Fact, aggregate="registration"):
    """No seat was free; the person is on the waiting list."""

    registration_id: Id
    journey_id: Id
    person_id: Id


class RegistrationAwaitingGoal(Fact, aggregate="registration"):
    """A seat is held until a goal is agreed. Without `until_at` the deadline pauses: the goal waits for the coach."""

    registration_id: Id
    journey_id: Id
    person_id: Id
    until_at: AwareDatetime | None


class RegistrationConfirmed(Fact, aggregate="registration"):
    """The seat is certain, and this agreed goal travels along."""

    registration_id: Id
    journey_id: Id
    person_id: Id
    organisation_id: Id
    goal_id: Id


class RegistrationCancelled(Fact, aggregate="registration"):
    """A seat that was held, offered or certain was given up."""

    registration_id: Id
    journey_id: Id
    person_id: Id


class RegistrationWithdrawn(Fact, aggregate="registration"):
    """A request without a seat was taken back, or the journey left without it."""

    registration_id: Id
    journey_id: Id
    person_id: Id


class RegistrationLapsed(Fact, aggregate="registration"):
    """No goal was agreed in time, and the seat passed on."""

    registration_id: Id
    journey_id: Id
    person_id: Id


class SeatOffered(Fact, aggregate="registration"):
    """A seat became free and is kept for the first on the waiting list until then."""

    registration_id: Id
    journey_id: Id
    person_id: Id
    until_at: AwareDatetime


class SeatOfferDeclined(Fact, aggregate="registration"):
    """The person did not want the seat."""

    registration_id: Id
    journey_id: Id
    person_id: Id


class SeatOfferExpired(Fact, aggregate="registration"):
    """Nobody answered in time, and the seat passed on."""

    registration_id: Id
    journey_id: Id
    person_id: Id


class SeatOfferSkipped(Fact, aggregate="registration"):
    """The first on the waiting list could not be offered the seat; the place on the list stays."""

    registration_id: Id
    journey_id: Id
    person_id: Id
    reason: SkipReason


class ParticipantCheckedIn(Fact, aggregate="registration"):
    """The person was at the stop."""

    registration_id: Id
    journey_id: Id
    stop_id: Id
    person_id: Id


class ParticipationConcluded(Fact, aggregate="registration"):
    """What this person's journey came to. It may arrive before or after the journey's own fact."""

    registration_id: Id
    journey_id: Id
    revision: int
    person_id: Id
    organisation_id: Id
    goal_id: Id
    attended_share: float
