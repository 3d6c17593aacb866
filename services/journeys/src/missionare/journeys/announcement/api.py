"""Routes of announcements: the agency tells of a journey whose hosts are open, and settles its days."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field

from missionare.journeys.announcement import domain
from missionare.journeys.api import OPERATORS, Reference
from missionare.journeys.events import Topic
from missionare.journeys.journey.api import JourneyView
from missionare.journeys.journey.store import Journeys
from missionare.kit.routes import Body, Command, Done, Routes

routes = Routes("journeys")


class Announcement(Body):
    """What everybody may read of a journey beforehand, besides its title and month."""

    topics: Annotated[tuple[Topic, ...], Field(min_length=1, max_length=len(Topic))]


class Days(Body):
    """When a journey is."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime


@routes.post("/journeys/{journey_id}/announcement", policy=OPERATORS, shows=(Journeys, JourneyView), changes=True)
async def announce_journey(journey_id: Reference, body: Announcement, command: Command) -> Done:
    """Let everybody read of a journey whose hosts are open, and state interest."""
    journeys = command.store(Journeys)
    journey = await journeys.get(journey_id, command.scope)
    command.match(journey)
    command.save(journeys, *domain.announce(journey, body.topics, now=command.now))
    return command.done(journey_id)


@routes.post("/journeys/{journey_id}/days", policy=OPERATORS, shows=(Journeys, JourneyView), changes=True)
async def settle_days(journey_id: Reference, body: Days, command: Command) -> Done:
    """Move a journey that is not published yet."""
    journeys = command.store(Journeys)
    journey = await journeys.get(journey_id, command.scope)
    command.match(journey)
    command.save(journeys, *domain.settle_days(journey, body.starts_at, body.ends_at))
    return command.done(journey_id)
