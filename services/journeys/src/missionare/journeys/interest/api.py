"""Routes of interest: members state and withdraw it, the journey lead reads it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from fastapi import Query

from missionare.journeys.api import OPERATORS, OVERSIGHT, SIGNED_IN, Reference, acting_for, person_of
from missionare.journeys.interest import domain
from missionare.journeys.interest.domain import AlreadyInterested, Interest, InterestState, InterestUnknown
from missionare.journeys.interest.store import Interests
from missionare.journeys.journey.store import Journeys
from missionare.journeys.participant.store import Participants
from missionare.kit.answers import Answer
from missionare.kit.facts import Id
from missionare.kit.routes import Command, Cursor, Done, Limit, Paged, Reader, Routes
from missionare.kit.store import Scope

routes = Routes("journeys")


class InterestView(Answer):
    """An interest, for its person and the journey lead."""

    id: str
    version: int
    journey_id: str
    person_id: str
    organisation_id: str
    state: InterestState
    stated_at: datetime

    @classmethod
    def of(cls, interest: Interest, scope: Scope) -> Self:
        """Show an interest."""
        del scope
        return cls.model_validate(interest.model_dump())


@routes.get("/interests", policy=SIGNED_IN, answers=Paged[InterestView])
async def list_own_interests(
    reader: Reader, journey_id: Annotated[Id | None, Query()] = None, cursor: Cursor = None, limit: Limit = 50
) -> Paged[InterestView]:
    """List what the caller is interested in, or was; for one journey or all, the oldest first."""
    where = {"person_id": person_of(reader.caller), **({"journey_id": journey_id} if journey_id else {})}
    page = await reader.store(Interests).page(where, reader.scope, cursor=cursor, limit=limit)
    return Paged[InterestView].of(page, InterestView, reader.scope)


@routes.get("/journeys/{journey_id}/interests", policy=OVERSIGHT, answers=Paged[InterestView])
async def list_interests_in_journey(
    journey_id: Reference, reader: Reader, cursor: Cursor = None, limit: Limit = 50
) -> Paged[InterestView]:
    """List who is interested in a journey now, the oldest first."""
    where = {"journey_id": journey_id, "state": InterestState.STATED.value}
    page = await reader.store(Interests).page(where, reader.scope, cursor=cursor, limit=limit)
    return Paged[InterestView].of(page, InterestView, reader.scope)


@routes.post(
    "/journeys/{journey_id}/interests",
    policy=SIGNED_IN,
    shows=(Interests, InterestView),
    status=201,
    on_behalf=OPERATORS,
)
async def state_interest(journey_id: Reference, command: Command) -> Done:
    """Say that one would come along on an announced journey; it binds to nothing."""
    person_id, interests = acting_for(command), command.store(Interests)
    journey = await command.store(Journeys).get(journey_id, command.scope)
    if await interests.standing(journey_id, person_id, command.scope):
        raise AlreadyInterested
    person = await command.store(Participants).known(person_id)
    own_organisation = None if command.on_behalf else command.caller.organisation_id
    interest, facts = domain.state(
        journey,
        interest_id=command.new_id(),
        person_id=person_id,
        organisation_id=own_organisation or person.organisation_id,
        now=command.now,
    )
    command.save(interests, interest, facts)
    return command.done(interest.id)


@routes.post(
    "/interests/{interest_id}/withdrawal",
    policy=SIGNED_IN,
    shows=(Interests, InterestView),
    changes=True,
    on_behalf=OPERATORS,
)
async def withdraw_interest(interest_id: Reference, command: Command) -> Done:
    """Say that one is no longer interested."""
    interests = command.store(Interests)
    interest = await interests.get(interest_id, command.scope)
    if interest.person_id != acting_for(command):
        raise InterestUnknown
    command.match(interest)
    command.save(interests, *domain.withdraw(interest))
    return command.done(interest_id)
