"""Registration: one person over capacity waits, one seat frees, the offer is taken."""

from __future__ import annotations

from functools import partial
from typing import Final

from missionare.cli.demo.outside import eventually, when_possible
from missionare.cli.demo.region import ANNA, BERND, CARLA, DENIZ, Person
from missionare.cli.demo.world import JOURNEYS, World

TRAVELLERS = (ANNA, BERND, DENIZ)
GOAL_MISSING_SUBJECT: Final = "es fehlt noch Ihr Ziel"
OFFER_SUBJECT: Final = "ist für Sie frei"


def play(world: World) -> None:
    """Register four people for three seats."""
    world.tell.chapter("Drei Plätze, vier Anmeldungen")
    carla = world.sign_in(CARLA)
    for person in (ANNA, BERND):
        register(world, person, goal=world.ids[f"goal:{person.email}"])
        _expect(world, person, "confirmed")
    register(world, CARLA, goal=None)
    _expect(world, CARLA, "awaiting_goal")
    # A mail that asks for something by a moment is not sent after it, and soon the clock is moved.
    world.mailbox.wait_for(CARLA.email, GOAL_MISSING_SUBJECT)
    world.tell.step("journeys", f"{CARLA.name} hat noch kein vereinbartes Ziel; ihr Platz wird gehalten.")
    register(world, DENIZ, goal=world.ids[f"goal:{DENIZ.email}"])
    _expect(world, DENIZ, "waitlisted")
    world.tell.step("journeys", f"{DENIZ.name} kommt auf die Warteliste.")
    carla.act(_path(world, CARLA), "cancellation")
    world.tell.step("journeys", f"{CARLA.name} sagt ab. Im selben Augenblick wird der Platz weitergegeben.")
    _expect(world, DENIZ, "offered")
    world.mailbox.wait_for(DENIZ.email, OFFER_SUBJECT)
    world.browser_of(DENIZ).act(_path(world, DENIZ), "offer-acceptance")
    _expect(world, DENIZ, "confirmed")
    world.tell.step("journeys", f"{DENIZ.name} nimmt das Nachrückangebot aus der Mail an.")


def register(world: World, person: Person, *, goal: str | None) -> None:
    """Ask for a seat, as soon as journeys has heard where the person belongs."""
    path = f"{JOURNEYS}/journeys/{world.ids['journey']}/registrations"
    ask = partial(world.browser_of(person).post, path, {"goal_id": goal, "rules_accepted": True})
    world.ids[f"registration:{person.email}"] = str(when_possible(ask, "the registration")["id"])


def _expect(world: World, person: Person, state: str) -> None:
    path = _path(world, person)
    browser = world.browser_of(person)
    eventually(lambda: browser.get(path)["state"] == state or None, f"{person.name}: {state}")


def _path(world: World, person: Person) -> str:
    return f"{JOURNEYS}/registrations/{world.ids[f'registration:{person.email}']}"
