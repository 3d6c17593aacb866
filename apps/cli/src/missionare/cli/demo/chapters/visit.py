"""The visit: check-in at the stops, insights, one host who releases and one who stays silent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from missionare.cli.demo.chapters.planning import VISITS
from missionare.cli.demo.outside import Outsider, StoryBroken
from missionare.cli.demo.region import ANNA, BERND, DENIZ, FIRST_HOST, Person
from missionare.cli.demo.world import JOURNEYS, World

PRESENT: Final = {
    "first": (ANNA, BERND, DENIZ),
    "silent": (ANNA, BERND),
    "third": (ANNA,),
}
"""Who was where: three of three, two of three, one of three stops."""
RELEASE_SUBJECT: Final = "Freigabe"


@dataclass(frozen=True)
class Note:
    """An insight as it is noted at a stop."""

    key: str
    author: Person
    stop: str
    kind: str
    topic: str
    text: str


RELEASED: Final = Note(
    "released", ANNA, "first", "success_factor", "production",
    "Gemeldet wird mit einem einzigen Knopf an der Maschine. Den Text dazu schreibt später, wer die Störung behebt.",
)  # fmt: skip
SILENT: Final = Note(
    "silent", BERND, "silent", "pitfall", "logistics",
    "Der erste Anlauf scheiterte, weil die Fahrer nicht gefragt wurden.",
)  # fmt: skip


def play(world: World) -> None:
    """Travel, check in, note insights, and let one host decide."""
    world.tell.chapter("Unterwegs")
    journey = f"{JOURNEYS}/journeys/{world.ids['journey']}"
    world.agency.act(journey, "registration-closing")
    world.pass_time_until(world.moments["departure"], "der Reisetag ist da")
    world.agency.act(journey, "start")
    for visit in VISITS:
        world.agency.act(journey, f"stops/{world.ids[f'stop:{visit.key}']}/visit")
        for person in PRESENT[visit.key]:
            _check_in(world, person, visit.key)
        world.tell.step("journeys", f"Station {visit.host.name}: {len(PRESENT[visit.key])} Anwesende.")
    _note(world, RELEASED, times=2)
    world.tell.step("journeys", "Eine Erkenntnis wird ohne Netz notiert und zweimal gesendet; sie zählt einmal.")
    _note(world, SILENT, times=1)
    _release(world)
    world.pass_time_until(world.moments["return"], "die Reise ist zu Ende")
    world.agency.act(journey, "debriefing")
    world.agency.act(journey, "attendance-closing")


def _check_in(world: World, person: Person, stop: str) -> None:
    registration = world.ids[f"registration:{person.email}"]
    body = {"stop_id": world.ids[f"stop:{stop}"], "device_id": f"phone-{registration}"}
    world.browser_of(person).post(f"{JOURNEYS}/registrations/{registration}/check-ins", body)


def _note(world: World, note: Note, *, times: int) -> None:
    """A device that was offline sends the same note again, as a new request: it knows of no earlier answer."""
    body = {
        "client_id": f"device-{note.key}",
        "stop_id": world.ids[f"stop:{note.stop}"],
        "kind": note.kind,
        "text": note.text,
        "topic": note.topic,
        "audience": "public",
    }
    path = f"{JOURNEYS}/journeys/{world.ids['journey']}/insights"
    ids = {world.browser_of(note.author).post(path, body)["id"] for _ in range(times)}
    if len(ids) != 1:
        raise StoryBroken(f"sending the same insight {times} times made {len(ids)}")
    world.ids[f"insight:{note.key}"] = str(ids.pop())


def _release(world: World) -> None:
    link = world.mailbox.link_for(FIRST_HOST.contact.email, RELEASE_SUBJECT)
    browser = Outsider(world.gateway)
    chosen = {"insight_id": world.ids["insight:released"]}
    browser.send(browser.open(link), "decision", holding=chosen, decision="release", audience="public")
    browser.close()
    world.tell.step("journeys", f"{FIRST_HOST.name} gibt die Erkenntnis frei; der andere Gastgeber schweigt.")
