"""The network arrives: a spreadsheet is imported, and four people of the agency's circle get their roles."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from missionare.cli.demo.outside import StoryBroken
from missionare.cli.demo.region import COACH, EDITOR, NETWORK, REVIEWER, rows, write_spreadsheet
from missionare.cli.demo.world import MEMBERS, World

ROLES = ((COACH, "coach"), (EDITOR, "editor"), (EDITOR, "reviewer"), (REVIEWER, "reviewer"))


def play(world: World) -> None:
    """Import the network, twice, and hand out roles."""
    world.tell.chapter("Das Netzwerk kommt aus der Tabelle")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "netzwerk.xlsx"
        write_spreadsheet(path)
        first = _import(world, path)
        again = _import(world, path)
    if again["created"] or again["unchanged"] != len(rows()):
        raise StoryBroken(f"the same file a second time was not left unchanged: {again}")
    world.tell.step(
        "members", f"{first['created']} Zeilen einer Excel-Tabelle sind übernommen, ohne eine einzige Mail."
    )
    world.tell.step("members", "Dieselbe Tabelle noch einmal: nichts ändert sich.")
    _learn_ids(world)
    for person, role in ROLES:
        world.agency.post(f"{MEMBERS}/people/{world.people[person.email]}/roles", {"role": role})
    world.tell.step("members", "Lernbegleitung, Redaktion und Fachprüfung haben ihre Rollen.")


def _import(world: World, path: Path) -> dict[str, int]:
    """Run the command an agency would run."""
    command = [sys.executable, "-m", "missionare.cli", "import", "members", str(path), "--url", world.gateway]
    environment = {"MISSIONARE_API_KEY": world.key, "PATH": os.defpath}
    done = subprocess.run([*command, "--json"], env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StoryBroken(f"the import failed: {done.stderr[-500:]}")
    report: dict[str, int] = json.loads(done.stdout)
    return report


def _learn_ids(world: World) -> None:
    for person in world.agency.everything(f"{MEMBERS}/people", limit=100):
        world.people[person["email"]] = person["id"]
    for organisation in world.agency.everything(f"{MEMBERS}/organisations", limit=100):
        world.organisations[organisation["name"]] = organisation["id"]
    missing = [organisation.name for organisation in NETWORK if organisation.name not in world.organisations]
    if missing:
        raise StoryBroken(f"these organisations did not arrive: {missing}")
