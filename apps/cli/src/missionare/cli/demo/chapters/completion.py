"""One command completes the journey; everything else follows by facts alone."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import Final

from missionare.cli.demo.chapters.visit import RELEASE_SUBJECT, SILENT
from missionare.cli.demo.outside import Outsider, StoryBroken, eventually
from missionare.cli.demo.region import ANNA, BERND, CARLA, EDITOR, SILENT_HOST
from missionare.cli.demo.world import JOURNEYS, World

FOUND: Final = 200
REMINDER_SUBJECT: Final = "Erinnerung: Ihr Vorschlag"

CONSEQUENCES: Final = {
    "participations_concluded": 3,
    "certificates_issued": 2,
    "assessments_requested": 3,
    "missionaries_qualified": 2,
    "suggestions_raised": 2,
    "catalog_updates_proposed": 1,
    "outreach_plans_drafted": 2,
}
"""Three travelled, two of them to at least 60 % of the stops; one insight was released and one goal shared."""


def play(world: World) -> None:
    """Complete, and wait for every consequence."""
    world.tell.chapter("Ein Befehl, und alles Weitere geschieht von selbst")
    world.agency.act(f"{JOURNEYS}/journeys/{world.ids['journey']}", "completion")
    world.tell.step("journeys", "Die Lernreise ist abgeschlossen.")
    editor = world.browser_of(EDITOR)
    _nobody_else_reads_the_silent_hosts_insight(world, editor)
    arrived = eventually(lambda: _settled(world), "every consequence of the completion")
    world.tell.step("journeys", f"{arrived['certificates_issued']} Teilnahmebescheinigungen sind ausgestellt.")
    world.tell.step("members", f"{arrived['missionaries_qualified']} Menschen kommen als Missionare zurück.")
    world.tell.step("catalog", f"{arrived['suggestions_raised']} Vorschläge und eine Aktualisierung liegen bereit.")
    world.tell.step("notifications", f"{arrived['outreach_plans_drafted']} Transferpläne, und die Post ist unterwegs.")
    world.mailbox.wait_for(SILENT_HOST.contact.email, RELEASE_SUBJECT)  # it is not sent after its deadline
    world.pass_time(timedelta(days=22), "die Frist des schweigenden Gastgebers läuft ab")
    eventually(lambda: _withheld(world), "the silent host's insight being withheld")
    _nobody_else_reads_the_silent_hosts_insight(world, editor)
    for missionary in (ANNA, BERND):
        world.mailbox.wait_for(missionary.email, REMINDER_SUBJECT)
    world.tell.step("notifications", "Wer den Transferplan noch nicht beantwortet hat, wird einmal erinnert.")
    world.tell.step("journeys", "Wer schweigt, gibt nichts frei: Die Erkenntnis bleibt in der Gruppe.")


def arrived_consequences(world: World) -> dict[str, int]:
    """Give what the completion has brought about so far, as the agency reads it."""
    answer = world.agency.get(f"{JOURNEYS}/journeys/{world.ids['journey']}/consequences")
    return {item["name"]: item["arrived"] for item in answer["items"]}


def _settled(world: World) -> dict[str, int] | None:
    arrived = arrived_consequences(world)
    return arrived if all(arrived[name] >= wanted for name, wanted in CONSEQUENCES.items()) else None


def _withheld(world: World) -> bool | None:
    insight = world.browser_of(SILENT.author).get(f"{JOURNEYS}/insights/{world.ids['insight:silent']}")
    return insight["state"] == "withheld" or None


def _nobody_else_reads_the_silent_hosts_insight(world: World, editor: Outsider) -> None:
    path = f"{JOURNEYS}/insights/{world.ids['insight:silent']}"
    with closing(Outsider(world.gateway)) as visitor:
        for outsider in (editor, world.browser_of(CARLA), visitor):
            if outsider.status_of(path) == FOUND:
                raise StoryBroken("somebody outside the group can read the silent host's insight")
