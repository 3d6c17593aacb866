"""Routes of visits: the agency asks hosts and notes where the group was."""

from __future__ import annotations

from collections.abc import Callable

from missionare.journeys.api import OPERATORS, Reason, Reference
from missionare.journeys.journey.api import JourneyView
from missionare.journeys.journey.domain import Decided, Journey
from missionare.journeys.journey.store import Journeys
from missionare.journeys.organisation.views import Hosts
from missionare.journeys.visit import domain
from missionare.kit.routes import Body, Command, Done, Routes

routes = Routes("journeys")


class StopEnds(Body):
    """Why a stop is not visited."""

    reason: Reason


@routes.post(
    "/journeys/{journey_id}/stops/{stop_id}/host-request",
    policy=OPERATORS,
    shows=(Journeys, JourneyView),
    changes=True,
)
async def request_host(journey_id: Reference, stop_id: Reference, command: Command) -> Done:
    """Ask the organisation of a stop to host; it gets a link by mail."""
    journey = await command.store(Journeys).get(journey_id, command.scope)
    active = await command.store(Hosts).is_active(journey.stop(stop_id).organisation_id)
    return _save(journey, command, lambda journey: domain.ask_host(journey, stop_id, host_is_active=active))


@routes.post(
    "/journeys/{journey_id}/stops/{stop_id}/visit", policy=OPERATORS, shows=(Journeys, JourneyView), changes=True
)
async def visit_stop(journey_id: Reference, stop_id: Reference, command: Command) -> Done:
    """Note that the group is at a stop."""
    journey = await command.store(Journeys).get(journey_id, command.scope)
    return _save(journey, command, lambda journey: domain.visit_stop(journey, stop_id))


@routes.post(
    "/journeys/{journey_id}/stops/{stop_id}/skipping", policy=OPERATORS, shows=(Journeys, JourneyView), changes=True
)
async def skip_stop(journey_id: Reference, stop_id: Reference, body: StopEnds, command: Command) -> Done:
    """Note that the group did not get to a stop."""
    journey = await command.store(Journeys).get(journey_id, command.scope)
    return _save(journey, command, lambda journey: domain.skip_stop(journey, stop_id, body.reason))


@routes.post(
    "/journeys/{journey_id}/stops/{stop_id}/cancellation",
    policy=OPERATORS,
    shows=(Journeys, JourneyView),
    changes=True,
)
async def cancel_stop(journey_id: Reference, stop_id: Reference, body: StopEnds, command: Command) -> Done:
    """Take a stop out of the programme."""
    journey = await command.store(Journeys).get(journey_id, command.scope)
    return _save(journey, command, lambda journey: domain.cancel_stop(journey, stop_id, body.reason))


def _save(journey: Journey, command: Command, decide: Callable[[Journey], Decided]) -> Done:
    command.match(journey)
    command.save(command.store(Journeys), *decide(journey))
    return command.done(journey.id)
