"""Registrations: states, and one function per decision. Who gets a seat is `seat.domain`'s matter."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from missionare.journeys.events import (
    RegistrationApproved,
    RegistrationAwaitingGoal,
    RegistrationCancelled,
    RegistrationConfirmed,
    RegistrationLapsed,
    RegistrationRejected,
    RegistrationRequested,
    RegistrationWaitlisted,
    RegistrationWithdrawn,
    SeatOfferDeclined,
    SeatOffered,
    SeatOfferExpired,
    SeatOfferSkipped,
    SkipReason,
)
from missionare.journeys.participant.domain import GoalStanding
from missionare.kit.aggregates import Aggregate, Transitions, check_move, terminal
from missionare.kit.facts import Fact
from missionare.kit.refusals import Invalid, NotFound, Refusal, Text

Decided = tuple["Registration", list[Fact]]


class RegistrationState(StrEnum):
    """Where a registration stands."""

    PENDING_APPROVAL = "pending_approval"
    WAITLISTED = "waitlisted"
    OFFERED = "offered"
    AWAITING_GOAL = "awaiting_goal"
    CONFIRMED = "confirmed"
    ATTENDED = "attended"
    NO_SHOW = "no_show"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"
    OFFER_DECLINED = "offer_declined"
    OFFER_EXPIRED = "offer_expired"


_S = RegistrationState
ALLOWED: Transitions[RegistrationState] = {
    _S.PENDING_APPROVAL: frozenset({_S.AWAITING_GOAL, _S.CONFIRMED, _S.WAITLISTED, _S.REJECTED, _S.WITHDRAWN}),
    _S.WAITLISTED: frozenset({_S.OFFERED, _S.WITHDRAWN}),
    _S.OFFERED: frozenset({_S.AWAITING_GOAL, _S.CONFIRMED, _S.OFFER_DECLINED, _S.OFFER_EXPIRED, _S.CANCELLED}),
    _S.AWAITING_GOAL: frozenset({_S.CONFIRMED, _S.LAPSED, _S.CANCELLED}),
    _S.CONFIRMED: frozenset({_S.CANCELLED, _S.ATTENDED, _S.NO_SHOW}),
    _S.ATTENDED: frozenset(),
    _S.NO_SHOW: frozenset(),
    _S.REJECTED: frozenset(),
    _S.WITHDRAWN: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.LAPSED: frozenset(),
    _S.OFFER_DECLINED: frozenset(),
    _S.OFFER_EXPIRED: frozenset(),
}

LIVE = frozenset(ALLOWED) - terminal(ALLOWED)
"""A person has at most one of these per journey."""
IN_GROUP = frozenset({_S.CONFIRMED, _S.ATTENDED})
"""Whoever is in one of these belongs to the journey's group. Somebody who never came does not."""


class Presence(BaseModel):
    """That a person was at a stop, as one device told it first."""

    model_config = ConfigDict(frozen=True)

    stop_id: str
    device_id: str
    at: datetime


class Registration(Aggregate):
    """One person's way to one journey. Whoever gave up and asks again gets a new one."""

    journey_id: str
    person_id: str
    organisation_id: str
    goal_id: str | None
    state: RegistrationState
    requested_at: datetime
    rules_accepted_at: datetime
    waitlisted_at: datetime | None = None
    """The order of the waiting list. No two of a journey are equal."""
    skipped_because: SkipReason | None = None
    offered_until_at: datetime | None = None
    goal_until_at: datetime | None = None
    """How long a seat is held without an agreed goal; None while the deadline pauses."""
    goal_seconds_left: float | None = None
    """What is left of a deadline that pauses because the goal waits for the coach."""
    present: tuple[Presence, ...] = ()
    attended_share: float | None = None
    reason: str | None = None
    """Why the agency rejected it."""


class RegistrationUnknown(NotFound):
    """There is no such registration, or it is somebody else's."""

    title: ClassVar[Text] = {"de": "Anmeldung nicht gefunden", "en": "Registration not found"}


class RegistrationNotOpen(Refusal):
    """The journey takes no requests at this time."""

    title: ClassVar[Text] = {"de": "Anmeldung nicht geöffnet", "en": "Registration not open"}
    text: ClassVar[Text] = {
        "de": "Für diese Lernreise kann man sich zurzeit nicht anmelden. Sehen Sie im Programm nach, ab wann es geht.",
        "en": "This journey takes no registrations at this time. See the programme for when it does.",
    }


class RulesNotAccepted(Invalid):
    """Taking part needs the journey's rules to be accepted."""

    field: ClassVar[str] = "rules_accepted"
    title: ClassVar[Text] = {"de": "Reiseregeln nicht angenommen", "en": "Rules not accepted"}
    text: ClassVar[Text] = {
        "de": "Bitte nehmen Sie die Reiseregeln an (Vertraulichkeit, Geschäftsgeheimnisse, Fotos), und melden "
        "Sie sich dann an.",
        "en": "Please accept the rules of the journey (confidentiality, trade secrets, photographs), then register.",
    }


class AlreadyRegistered(Refusal):
    """The person has a live registration for this journey."""

    title: ClassVar[Text] = {"de": "Schon angemeldet", "en": "Already registered"}
    text: ClassVar[Text] = {
        "de": "Sie sind für diese Lernreise schon angemeldet. Den Stand finden Sie unter Ihren Anmeldungen.",
        "en": "You are registered for this journey already. Its state is among your registrations.",
    }


class NoOrganisation(Refusal):
    """Only members of an organisation take part, and none is known for this person."""

    title: ClassVar[Text] = {"de": "Keine Mitgliedsorganisation", "en": "No member organisation"}
    text: ClassVar[Text] = {
        "de": "Für die Anmeldung fehlt die Zugehörigkeit zu einer Mitgliedsorganisation. Bitten Sie Ihre Organisation "
        "oder die Agentur, sie zu bestätigen.",
        "en": "You do not belong to a member organisation yet. Ask your organisation or the agency to confirm that you "
        "do.",
    }


class OfferExpired(Refusal):
    """The offer has ended and the seat has passed on."""

    title: ClassVar[Text] = {"de": "Angebot abgelaufen", "en": "Offer expired"}
    text: ClassVar[Text] = {
        "de": "Dieses Nachrückangebot galt bis {until}. Der Platz ist weitergegeben; Sie können sich erneut auf die "
        "Warteliste setzen lassen.",
        "en": "This offer ended at {until}. The seat has passed on; you may rejoin the waiting list.",
    }


def moved(registration: Registration, to: RegistrationState, **fields: object) -> Registration:
    """Give the registration in its next state, with the deadlines of the last one gone.

    Raises:
        WrongState: the table does not know the step.
    """
    check_move(ALLOWED, "Anmeldung", registration.state, to)
    deadlines: dict[str, object] = {"offered_until_at": None, "goal_until_at": None, "goal_seconds_left": None}
    return registration.changed(**{**deadlines, **fields, "state": to})


# --- asking for a seat -----------------------------------------------------------------------------------------------


def request(  # noqa: D417 - the ids are what their names say
    *,
    id: str,  # noqa: A002 - the field is called id everywhere
    journey_id: str,
    person_id: str,
    organisation_id: str | None,
    goal_id: str | None,
    rules_accepted: bool,
    open_for_requests: bool,
    now: datetime,
) -> Decided:
    """Ask for a seat.

    Args:
        goal_id: the goal that shall travel along, or None where it is not written yet.

    Raises:
        RegistrationNotOpen: the journey takes no requests.
        RulesNotAccepted: its rules are not accepted.
        NoOrganisation: the person belongs to none.
    """
    if not open_for_requests:
        raise RegistrationNotOpen
    if not rules_accepted:
        raise RulesNotAccepted
    if organisation_id is None:
        raise NoOrganisation
    registration = Registration(
        id=id,
        journey_id=journey_id,
        person_id=person_id,
        organisation_id=organisation_id,
        goal_id=goal_id,
        state=RegistrationState.PENDING_APPROVAL,
        requested_at=now,
        rules_accepted_at=now,
    )
    return registration, [
        RegistrationRequested(**named(registration), organisation_id=organisation_id, goal_id=goal_id)
    ]


def approve(registration: Registration) -> list[Fact]:
    """Let the person take part; `take_seat` or `join_waitlist` follows in the same moment.

    Raises:
        WrongState: nobody waits for approval.
    """
    check_move(ALLOWED, "Anmeldung", registration.state, RegistrationState.WAITLISTED)
    return [RegistrationApproved(**named(registration))]


def reject(registration: Registration, reason: str) -> Decided:
    """Do not let the person take part."""
    rejected = moved(registration, RegistrationState.REJECTED, reason=reason)
    return rejected, [RegistrationRejected(**named(registration))]


def join_waitlist(registration: Registration, *, waitlisted_at: datetime) -> Decided:
    """Wait for a seat to become free."""
    waiting = moved(registration, RegistrationState.WAITLISTED, waitlisted_at=waitlisted_at)
    return waiting, [RegistrationWaitlisted(**named(registration))]


def take_seat(registration: Registration, *, goal: GoalStanding, goal_days: int, now: datetime) -> Decided:
    """Take a seat that is free or was offered: for certain with an agreed goal, else held until there is one."""
    if goal is GoalStanding.AGREED and registration.goal_id is not None:
        return _confirmed(registration, registration.goal_id)
    span = timedelta(days=goal_days)
    if goal is GoalStanding.SUBMITTED:
        held = moved(registration, RegistrationState.AWAITING_GOAL, goal_seconds_left=span.total_seconds())
    else:
        held = moved(registration, RegistrationState.AWAITING_GOAL, goal_until_at=now + span)
    return held, [_awaiting(held)]


# --- the goal that a held seat waits for -----------------------------------------------------------------------------


def waits_for(registration: Registration, goal_id: str) -> bool:
    """Whether this goal, once agreed, makes the held seat certain."""
    return registration.state is RegistrationState.AWAITING_GOAL and registration.goal_id in {None, goal_id}


def goal_agreed(registration: Registration, goal_id: str) -> Decided:
    """Make the held seat certain."""
    return _confirmed(registration, goal_id)


def goal_submitted(registration: Registration, *, now: datetime) -> Decided:
    """Pause the deadline: the goal waits for the coach, which is not the person's doing."""
    if registration.goal_until_at is None:
        return registration, []
    left = max(0.0, (registration.goal_until_at - now).total_seconds())
    paused = registration.changed(goal_until_at=None, goal_seconds_left=left)
    return paused, [_awaiting(paused)]


def goal_returned(registration: Registration, *, now: datetime) -> Decided:
    """Let the deadline run on: the goal is the person's turn again."""
    if registration.goal_seconds_left is None:
        return registration, []
    until = now + timedelta(seconds=registration.goal_seconds_left)
    running = registration.changed(goal_until_at=until, goal_seconds_left=None)
    return running, [_awaiting(running)]


def lapse(registration: Registration) -> Decided:
    """Give the held seat back: no goal was agreed in time."""
    return moved(registration, RegistrationState.LAPSED), [RegistrationLapsed(**named(registration))]


# --- the offer of a seat ---------------------------------------------------------------------------------------------


def offer(registration: Registration, *, until_at: datetime) -> Decided:
    """Keep a free seat for somebody on the waiting list."""
    offered = moved(registration, RegistrationState.OFFERED, offered_until_at=until_at, skipped_because=None)
    return offered, [SeatOffered(**named(registration), until_at=until_at)]


def skip(registration: Registration, reason: SkipReason) -> Decided:
    """Pass over somebody who cannot be offered the seat now. The reason is recorded once, the place stays."""
    if registration.skipped_because is reason:
        return registration, []
    return registration.changed(skipped_because=reason), [SeatOfferSkipped(**named(registration), reason=reason)]


def check_offer_stands(registration: Registration, *, now: datetime) -> None:
    """Let an answer to an offer pass.

    Raises:
        OfferExpired: it comes too late, also where the timer has not fired yet.
        WrongState: there is no offer.
    """
    late = registration.state is RegistrationState.OFFER_EXPIRED
    until = registration.offered_until_at
    if late or (until is not None and now >= until):
        raise OfferExpired(until=until.isoformat(timespec="minutes") if until else "—")
    check_move(ALLOWED, "Anmeldung", registration.state, RegistrationState.OFFER_DECLINED)


def decline_offer(registration: Registration) -> Decided:
    """Do without the seat."""
    return moved(registration, RegistrationState.OFFER_DECLINED), [SeatOfferDeclined(**named(registration))]


def expire_offer(registration: Registration) -> Decided:
    """End an offer that nobody answered; until when it stood is kept for whoever comes too late."""
    expired = moved(registration, RegistrationState.OFFER_EXPIRED, offered_until_at=registration.offered_until_at)
    return expired, [SeatOfferExpired(**named(registration))]


# --- giving up -------------------------------------------------------------------------------------------------------


def cancel(registration: Registration) -> Decided:
    """Give up a seat that is held, offered or certain."""
    return moved(registration, RegistrationState.CANCELLED), [RegistrationCancelled(**named(registration))]


def withdraw(registration: Registration) -> Decided:
    """Take back a request that has no seat."""
    return moved(registration, RegistrationState.WITHDRAWN), [RegistrationWithdrawn(**named(registration))]


def _confirmed(registration: Registration, goal_id: str) -> Decided:
    confirmed = moved(registration, RegistrationState.CONFIRMED, goal_id=goal_id)
    fact = RegistrationConfirmed(**named(registration), organisation_id=registration.organisation_id, goal_id=goal_id)
    return confirmed, [fact]


def _awaiting(registration: Registration) -> RegistrationAwaitingGoal:
    return RegistrationAwaitingGoal(**named(registration), until_at=registration.goal_until_at)


def named(registration: Registration) -> dict[str, str]:
    """Give what every fact about a registration says."""
    return {
        "registration_id": registration.id,
        "journey_id": registration.journey_id,
        "person_id": registration.person_id,
    }
