"""Routes of insights: noted at the stop, read by whoever is among the readers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from fastapi import Query
from pydantic import Field

from missionare.journeys.api import PUBLIC, SIGNED_IN, Reference, person_of
from missionare.journeys.audience.domain import Standing
from missionare.journeys.events import Audience, InsightKind, Topic
from missionare.journeys.insight import domain
from missionare.journeys.insight.domain import OPENED, Insight, InsightState, InsightUnknown, StopNotAttended
from missionare.journeys.insight.store import Insights
from missionare.journeys.journey.store import Journeys
from missionare.journeys.participant.store import Participants
from missionare.journeys.registration.store import Registrations
from missionare.kit.answers import Answer
from missionare.kit.facts import Id
from missionare.kit.routes import Body, Command, Cursor, Done, Limit, Paged, Policy, Reader, Routes
from missionare.kit.store import Scope

routes = Routes("journeys")
internal = Routes("journeys", internal=True)


class InsightNote(Body):
    """What somebody notes at a stop, perhaps offline."""

    client_id: Id
    """Given by the device; sending the same one again never makes a second insight."""
    stop_id: Id
    kind: InsightKind
    topic: Topic
    text: Annotated[str, Field(min_length=1, max_length=4_000)]
    audience: Audience
    """The widest readers the author agrees to; the host decides within them."""


class InsightView(Answer):
    """An insight, for one of its readers."""

    id: str
    version: int
    journey_id: str
    stop_id: str
    kind: InsightKind
    topic: Topic
    text: str
    state: InsightState
    wanted: Audience
    audience: Audience | None
    """The readers the host allowed; null while nobody beyond the group may read it."""
    noted_at: datetime
    own: bool

    @classmethod
    def of(cls, insight: Insight, scope: Scope) -> Self:
        """Show an insight, without who wrote it."""
        person_id = scope.caller.person_id if scope.caller else None
        own = person_id is not None and person_id == insight.person_id
        return cls.model_validate({**insight.model_dump(), "text": insight.wording, "own": own})


class InsightText(Answer):
    """What the catalog may take over."""

    id: str
    journey_id: str
    stop_id: str
    kind: InsightKind
    topic: Topic
    state: InsightState
    audience: Audience
    text: str


async def standing_of(reader: Reader) -> Standing:
    """Give what decides which insights the caller may read: the token, the groups, whom they represent."""
    caller = reader.caller
    if caller.person_id is None:
        return Standing(None, caller.signed_in, caller.organisation_id)
    person = await reader.store(Participants).find(caller.person_id, reader.scope)
    mine = Scope.system("only the caller's own registrations are asked for")
    return Standing(
        person_id=caller.person_id,
        signed_in=caller.signed_in,
        organisation_id=caller.organisation_id,
        represents=person.represents if person else frozenset(),
        journeys=await reader.store(Registrations).journeys_of(caller.person_id, mine),
    )


@routes.post("/journeys/{journey_id}/insights", policy=SIGNED_IN, shows=(Insights, InsightView), status=201)
async def note_insight(journey_id: Reference, body: InsightNote, command: Command) -> Done:
    """Note something at a stop; the host is asked before anybody beyond the group reads it."""
    store, person_id = command.store(Insights), person_of(command.caller)
    own = Scope.system("only the caller's own registration is asked for")
    registration = await command.store(Registrations).travelling(journey_id, person_id, own)
    if registration is None:
        raise StopNotAttended
    earlier = await store.noted(registration.id, body.client_id, command.scope)
    if earlier is not None:
        command.ignored("this device has sent this insight before")
        return command.done(earlier.id)
    journey = await command.store(Journeys).get(journey_id, command.scope)
    insight, facts = domain.submit(
        id=command.new_id(),
        client_id=body.client_id,
        journey=journey,
        stop=journey.stop(body.stop_id),
        registration=registration,
        kind=body.kind,
        topic=body.topic,
        text=body.text,
        audience=body.audience,
        now=command.now,
    )
    store.keep(command, insight, facts)
    return command.done(insight.id)


@routes.get("/insights", policy=PUBLIC, answers=Paged[InsightView])
async def list_insights(
    reader: Reader,
    topic: Topic | None = None,
    mine: Annotated[bool, Query(description="what the caller noted alone")] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Paged[InsightView]:
    """List every insight that the caller may read, the oldest first."""
    where = {"topic": topic.value} if topic else {}
    if mine:
        where["person_id"] = person_of(reader.caller)
    return await _listed(reader, where, cursor, limit)


@routes.get("/journeys/{journey_id}/insights", policy=PUBLIC, answers=Paged[InsightView])
async def list_insights_of_journey(
    journey_id: Reference, reader: Reader, cursor: Cursor = None, limit: Limit = 50
) -> Paged[InsightView]:
    """List a journey's insights that the caller may read, the oldest first."""
    return await _listed(reader, {"journey_id": journey_id}, cursor, limit)


@routes.get("/insights/{insight_id}", policy=PUBLIC, answers=InsightView)
async def read_insight(insight_id: Reference, reader: Reader) -> InsightView:
    """Show an insight to one of its readers."""
    insight = await reader.store(Insights).readable(insight_id, await standing_of(reader))
    return InsightView.of(insight, reader.scope)


@internal.get("/insights/{insight_id}", policy=Policy.services("catalog"), answers=InsightText)
async def fetch_insight(insight_id: Reference, reader: Reader) -> InsightText:
    """Give the catalog the wording that a host has released, with the readers that the host allowed."""
    insight = await reader.store(Insights).get(insight_id, Scope.system("the catalog asks, and gets what is released"))
    if insight.state not in OPENED or insight.audience is None:
        raise InsightUnknown
    return InsightText.model_validate({**insight.model_dump(), "text": insight.wording})


async def _listed(reader: Reader, where: dict[str, str], cursor: str | None, limit: int) -> Paged[InsightView]:
    standing = await standing_of(reader)
    page = await reader.store(Insights).page_for(standing, where, cursor=cursor, limit=limit)
    return Paged[InsightView].of(page, InsightView, reader.scope)
