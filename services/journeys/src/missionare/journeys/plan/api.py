"""The route on which the agency changes a draft."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field

from missionare.journeys.api import OPERATORS, Reference, Title
from missionare.journeys.journey.api import JourneyView
from missionare.journeys.journey.domain import Approval
from missionare.journeys.journey.store import Journeys
from missionare.journeys.plan import domain
from missionare.kit.routes import Body, Command, Done, Routes

routes = Routes("journeys")


class JourneyPlan(Body):
    """What a draft shall say from now on."""

    title: Title
    summary: Annotated[str, Field(max_length=5_000)] = ""
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    capacity: Annotated[int, Field(ge=1, le=10_000)]
    approval: Approval = Approval.AUTOMATIC


@routes.put("/journeys/{journey_id}", policy=OPERATORS, shows=(Journeys, JourneyView), changes=True)
async def replan_journey(journey_id: Reference, body: JourneyPlan, command: Command) -> Done:
    """Change what a draft says: title, text, times, seats. Refused once it is published."""
    journeys = command.store(Journeys)
    journey = await journeys.get(journey_id, command.scope)
    command.match(journey)
    command.save(journeys, *domain.replan(journey, **dict(body)))
    return command.done(journey_id)
