"""Routes of attendance: people check in themselves, or the journey lead does it from the list."""

from __future__ import annotations

from missionare.journeys.api import SIGNED_IN, Reference
from missionare.journeys.attendance import domain
from missionare.journeys.journey.store import Journeys
from missionare.journeys.registration.api import RegistrationView
from missionare.journeys.registration.domain import RegistrationUnknown
from missionare.journeys.registration.store import Registrations
from missionare.kit.facts import Id
from missionare.kit.routes import Body, Command, Done, Routes

routes = Routes("journeys")


class CheckIn(Body):
    """That somebody is at a stop, as a device notes it, perhaps long before it can be sent."""

    stop_id: Id
    device_id: Id


@routes.post(
    "/registrations/{registration_id}/check-ins",
    policy=SIGNED_IN,
    shows=(Registrations, RegistrationView),
    status=201,
)
async def check_in(registration_id: Reference, body: CheckIn, command: Command) -> Done:
    """Note that a person is at a stop; however often and by whatever device, it counts once."""
    store = command.store(Registrations)
    registration = await store.get(registration_id, command.scope)
    if registration.person_id != command.caller.person_id and not command.caller.has("operator"):
        raise RegistrationUnknown
    journey = await command.store(Journeys).get(registration.journey_id, command.scope)
    present, facts = domain.check_in(
        registration, journey, stop_id=body.stop_id, device_id=body.device_id, now=command.now
    )
    if facts:
        command.save(store, present, facts)
    else:
        command.ignored("this person has checked in at this stop before")
    return command.done(registration_id)
