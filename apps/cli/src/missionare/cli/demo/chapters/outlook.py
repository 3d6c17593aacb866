"""What lies ahead when the story ends: a journey that takes requests, and one that is announced."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from missionare.cli.demo.chapters.planning import Visit, ask_hosts, confirm, travel_day
from missionare.cli.demo.region import FIFTH_HOST, FOURTH_HOST
from missionare.cli.demo.world import JOURNEYS, World

SEATS: Final = 12
LATER: Final = timedelta(weeks=8)
VISITS: Final = (
    Visit("fourth", FOURTH_HOST, "Vom Aufmaß zum Abbund ohne Zettel", "Fichtenrain 20, Bad Berleburg", 9,
          ("production", "data"), "yes"),
    Visit("fifth", FIFTH_HOST, "Messwerte, die niemand abschreibt", "Am Weiher 7, Kreuztal", 13,
          ("data", "people"), "yes"),
)  # fmt: skip


def play(world: World) -> None:
    """Open registration for the next journey, and announce the one after it."""
    world.tell.chapter("Die nächsten Lernreisen")
    day = travel_day(world.now())
    path = _draft(world, "Vom Zettel zum Bildschirm, und was auf Papier bleibt", _NEXT, day)
    ask_hosts(world, path, day, VISITS)
    for visit in VISITS:
        confirm(world, visit)
    world.agency.act(path, "publication")
    world.agency.act(path, "registration-opening")
    world.tell.step("journeys", f"Für die nächste Lernreise stehen {SEATS} Plätze offen.")
    later = _draft(world, "Angebote schreiben mit KI, und was beim Menschen bleibt", _LATER, day + LATER)
    world.agency.act(later, "announcement", {"topics": ["sales", "people"]})
    world.tell.step("journeys", "Eine weitere ist angekündigt; die Gastgeber sind noch offen.")


_NEXT: Final = (
    "Zwei Betriebe, die ihre Laufzettel abgeschafft haben: einer in sechs Wochen, einer nur zur Hälfte und mit Absicht."
    "\n\nSie sehen die Arbeitsplätze, sprechen mit den Leuten an der Maschine und hören, was zuerst nicht ging."
)
_LATER: Final = (
    "Wer schreibt das Angebot, wenn ein Programm den ersten Entwurf macht? Gesucht sind Betriebe, die es versuchen."
)


def _draft(world: World, title: str, summary: str, day: datetime) -> str:
    draft = {
        "title": title,
        "summary": summary,
        "starts_at": day.replace(hour=8).isoformat(),
        "ends_at": day.replace(hour=17).isoformat(),
        "capacity": SEATS,
    }
    return f"{JOURNEYS}/journeys/{world.agency.post(f'{JOURNEYS}/journeys', draft)['id']}"
