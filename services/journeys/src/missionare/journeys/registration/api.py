"""Routes of registrations: people ask for seats and answer offers, the agency approves where a journey wants it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Self

from fastapi import Query

from missionare.journeys.api import OPERATORS, OVERSIGHT, SIGNED_IN, Reason, Reference, acting_for, person_of
from missionare.journeys.journey.domain import Approval, JourneyState
from missionare.journeys.journey.store import Journeys
from missionare.journeys.participant.store import Participants
from missionare.journeys.registration import domain
from missionare.journeys.registration.domain import (
    AlreadyRegistered,
    Decided,
    Registration,
    RegistrationState,
    RegistrationUnknown,
)
from missionare.journeys.registration.store import Registrations
from missionare.journeys.seat.domain import check_changeable
from missionare.journeys.seat.store import SeatDesk
from missionare.kit.answers import Answer
from missionare.kit.facts import Id
from missionare.kit.routes import Body, Command, Cursor, Done, Limit, Paged, Reader, Routes
from missionare.kit.store import Scope

routes = Routes("journeys")


class RegistrationDraft(Body):
    """A wish to take part."""

    goal_id: Id | None = None
    """The goal that shall travel along; null where it is still to be written."""
    rules_accepted: bool


class Rejection(Body):
    """Why somebody cannot take part."""

    reason: Reason


class PresenceView(Answer):
    """That the person was at a stop."""

    stop_id: str
    at: datetime


class RegistrationView(Answer):
    """A registration, for its person and the journey lead."""

    id: str
    version: int
    journey_id: str
    person_id: str
    organisation_id: str
    goal_id: str | None
    state: RegistrationState
    requested_at: datetime
    waitlisted_at: datetime | None
    offered_until_at: datetime | None
    goal_until_at: datetime | None
    """Until when the seat is held without an agreed goal; null while the goal waits for the coach."""
    present: tuple[PresenceView, ...]
    attended_share: float | None
    reason: str | None

    @classmethod
    def of(cls, registration: Registration, scope: Scope) -> Self:
        """Show a registration."""
        del scope
        return cls.model_validate(registration.model_dump())


class Position(Answer):
    """Somebody's place on the waiting list."""

    position: int
    """Counted from 1."""


# --- reading ---------------------------------------------------------------------------------------------------------


@routes.get("/journeys/{journey_id}/registrations", policy=OVERSIGHT, answers=Paged[RegistrationView])
async def list_registrations_of_journey(
    journey_id: Reference,
    reader: Reader,
    state: RegistrationState | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Paged[RegistrationView]:
    """List a journey's registrations, the oldest first."""
    where = {"journey_id": journey_id, **({"state": state.value} if state else {})}
    page = await reader.store(Registrations).page(where, reader.scope, cursor=cursor, limit=limit)
    return Paged[RegistrationView].of(page, RegistrationView, reader.scope)


@routes.get("/registrations", policy=SIGNED_IN, answers=Paged[RegistrationView])
async def list_own_registrations(
    reader: Reader, journey_id: Annotated[Id | None, Query()] = None, cursor: Cursor = None, limit: Limit = 50
) -> Paged[RegistrationView]:
    """List the caller's own registrations, or those for one journey, the oldest first."""
    where = {"person_id": person_of(reader.caller), **({"journey_id": journey_id} if journey_id else {})}
    page = await reader.store(Registrations).page(where, reader.scope, cursor=cursor, limit=limit)
    return Paged[RegistrationView].of(page, RegistrationView, reader.scope)


@routes.get("/registrations/{registration_id}", policy=SIGNED_IN, answers=RegistrationView)
async def read_registration(registration_id: Reference, reader: Reader) -> RegistrationView:
    """Show a registration."""
    return RegistrationView.of(await reader.store(Registrations).get(registration_id, reader.scope), reader.scope)


@routes.get("/registrations/{registration_id}/waitlist-position", policy=SIGNED_IN, answers=Position)
async def read_waitlist_position(registration_id: Reference, reader: Reader) -> Position:
    """Show the place on the waiting list, to the person alone."""
    store = reader.store(Registrations)
    registration = await store.get(registration_id, reader.scope)
    waits = registration.state is RegistrationState.WAITLISTED
    if registration.person_id != reader.caller.person_id or not waits:
        raise RegistrationUnknown
    return Position(position=await store.position(registration, Scope.system("a place is counted among all")))


# --- asking for a seat -----------------------------------------------------------------------------------------------


@routes.post(
    "/journeys/{journey_id}/registrations",
    policy=SIGNED_IN,
    shows=(Registrations, RegistrationView),
    status=201,
    on_behalf=OPERATORS,
)
async def register(journey_id: Reference, body: RegistrationDraft, command: Command) -> Done:
    """Ask for a seat; where the journey needs no approval, it is taken, held or waited for at once."""
    person_id = acting_for(command)
    journey = await command.store(Journeys).get(journey_id, command.scope)
    if await command.store(Registrations).live(journey_id, person_id, command.scope):
        raise AlreadyRegistered
    participants = command.store(Participants)
    person = await participants.known(person_id)
    own_organisation = None if command.on_behalf else command.caller.organisation_id
    registration, facts = domain.request(
        id=command.new_id(),
        journey_id=journey.id,
        person_id=person_id,
        organisation_id=own_organisation or person.organisation_id,
        goal_id=body.goal_id,
        rules_accepted=body.rules_accepted,
        open_for_requests=journey.state is JourneyState.REGISTRATION_OPEN,
        now=command.now,
    )
    desk = await SeatDesk.open(command, journey)
    if journey.approval is Approval.AUTOMATIC:
        registration, seated = desk.admit(registration, person)
        facts += seated
    # What was decided rests on the person's goals: if one is agreed at this moment, one of the two is decided anew.
    command.save(participants, person)
    await desk.save(None, registration, facts)
    return command.done(registration.id)


@routes.post(
    "/registrations/{registration_id}/approval",
    policy=OPERATORS,
    shows=(Registrations, RegistrationView),
    changes=True,
)
async def approve_registration(registration_id: Reference, command: Command) -> Done:
    """Let somebody take part; the seat is taken, held or waited for at once."""
    registration, desk = await _opened(registration_id, command)
    person = await command.store(Participants).known(registration.person_id)
    approved = domain.approve(registration)
    admitted, facts = desk.admit(registration, person)
    command.save(command.store(Participants), person)
    await desk.save(registration, admitted, [*approved, *facts])
    return command.done(registration_id)


@routes.post(
    "/registrations/{registration_id}/rejection",
    policy=OPERATORS,
    shows=(Registrations, RegistrationView),
    changes=True,
)
async def reject_registration(registration_id: Reference, body: Rejection, command: Command) -> Done:
    """Do not let somebody take part."""
    registration, desk = await _opened(registration_id, command)
    await desk.save(registration, *domain.reject(registration, body.reason))
    return command.done(registration_id)


# --- answering an offer, giving up -----------------------------------------------------------------------------------


@routes.post(
    "/registrations/{registration_id}/offer-acceptance",
    policy=SIGNED_IN,
    shows=(Registrations, RegistrationView),
    changes=True,
    on_behalf=OPERATORS,
)
async def accept_offer(registration_id: Reference, command: Command) -> Done:
    """Take the seat that was offered."""
    registration, desk = await _own(registration_id, command)
    domain.check_offer_stands(registration, now=command.now)
    person = await command.store(Participants).known(registration.person_id)
    taken = domain.take_seat(
        registration,
        goal=person.standing(registration.goal_id),
        goal_days=desk.journey.terms.goal_days,
        now=command.now,
    )
    command.save(command.store(Participants), person)
    await desk.save(registration, *taken)
    return command.done(registration_id)


@routes.post(
    "/registrations/{registration_id}/offer-refusal",
    policy=SIGNED_IN,
    shows=(Registrations, RegistrationView),
    changes=True,
    on_behalf=OPERATORS,
)
async def refuse_offer(registration_id: Reference, command: Command) -> Done:
    """Do without the seat that was offered; it passes on."""
    registration, desk = await _own(registration_id, command)
    domain.check_offer_stands(registration, now=command.now)
    await desk.save(registration, *domain.decline_offer(registration))
    return command.done(registration_id)


@routes.post(
    "/registrations/{registration_id}/cancellation",
    policy=SIGNED_IN,
    shows=(Registrations, RegistrationView),
    changes=True,
    on_behalf=OPERATORS,
)
async def cancel_registration(registration_id: Reference, command: Command) -> Done:
    """Give up a seat; it passes on."""
    return await _give_up(registration_id, command, domain.cancel)


@routes.post(
    "/registrations/{registration_id}/withdrawal",
    policy=SIGNED_IN,
    shows=(Registrations, RegistrationView),
    changes=True,
    on_behalf=OPERATORS,
)
async def withdraw_registration(registration_id: Reference, command: Command) -> Done:
    """Take back a request that has no seat."""
    return await _give_up(registration_id, command, domain.withdraw)


async def _give_up(registration_id: str, command: Command, decide: Callable[[Registration], Decided]) -> Done:
    registration, desk = await _own(registration_id, command)
    await desk.save(registration, *decide(registration))
    return command.done(registration_id)


async def _own(registration_id: str, command: Command) -> tuple[Registration, SeatDesk]:
    """Open a registration for its person, or for staff who act for that person and say so."""
    registration, desk = await _opened(registration_id, command)
    if registration.person_id != acting_for(command):
        raise RegistrationUnknown
    return registration, desk


async def _opened(registration_id: str, command: Command) -> tuple[Registration, SeatDesk]:
    registration = await command.store(Registrations).get(registration_id, command.scope)
    command.match(registration)
    journey = await command.store(Journeys).get(registration.journey_id, command.scope)
    desk = await SeatDesk.open(command, journey)
    check_changeable(desk.ledger)
    return registration, desk
