"""Goals before the journey: three people sign in by mailed link, write a goal and agree it with their coach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from missionare.cli.demo.outside import Outsider
from missionare.cli.demo.region import ANNA, BERND, COACH, DENIZ, Person
from missionare.cli.demo.world import MEMBERS, World

NAMELESS: Final = "Wie gelingt eine Störungsmeldung an der Maschine, die alle nutzen, auch die, die selten tippen?"


@dataclass(frozen=True)
class Wish:
    """What somebody wants to bring home."""

    person: Person
    statement: str
    topics: tuple[str, ...]
    pole: str
    sign_of_success: str


WISHES: Final = (
    Wish(
        ANNA,
        "Unsere Leute an den Drahtzügen sollen Störungen selbst melden können, ohne Zettel und ohne Umweg.",
        ("production", "people"),
        "challenge",
        "Drei von vier Störungen kommen über das Terminal, und die Nachtschicht nutzt es auch.",
    ),
    Wish(
        BERND,
        "Ich will wissen, wie ein Betrieb unserer Größe seine Auftragsdaten in einem System zusammenführt.",
        ("data", "administration"),
        "opportunity",
        "Ein Angebot entsteht aus einem System statt aus vier Tabellen.",
    ),
    Wish(
        DENIZ,
        "In der Beschichtung soll niemand mehr Messwerte abschreiben müssen.",
        ("production", "data"),
        "challenge",
        "Die Messwerte stehen am Abend im System, ohne dass jemand sie getippt hat.",
    ),
)


def play(world: World) -> None:
    """Draft, submit, agree; one goal is shared with the catalog."""
    world.tell.chapter("Erst das Ziel, dann die Reise")
    coach = world.sign_in(COACH)
    for wish in WISHES:
        owner = world.sign_in(wish.person)
        world.tell.step("members", f"{wish.person.name} meldet sich mit einem Link aus der Mail an.")
        world.ids[f"goal:{wish.person.email}"] = agreed_goal(world, owner, coach, wish)
        world.tell.step("members", f"{wish.person.name} und die Lernbegleitung vereinbaren ein Ziel.")
    goal = f"{MEMBERS}/goals/{world.ids[f'goal:{ANNA.email}']}"
    world.browser_of(ANNA).act(goal, "sharing", {"wording": NAMELESS})
    world.tell.step("members", f"{ANNA.name} gibt ihr Ziel in einer Fassung ohne Namen an den Katalog.")


def agreed_goal(world: World, owner: Outsider, coach: Outsider, wish: Wish) -> str:
    """Let an owner write and submit a goal, and a coach agree it; gives its id."""
    goal = owner.post(f"{MEMBERS}/goals", draft_of(world, wish))
    path = f"{MEMBERS}/goals/{goal['id']}"
    owner.act(path, "submission")
    coach.act(path, "agreement")
    return str(goal["id"])


def draft_of(world: World, wish: Wish) -> dict[str, Any]:
    """Give what the form for a goal sends."""
    return {
        "statement": wish.statement,
        "topics": list(wish.topics),
        "pole": wish.pole,
        "sign_of_success": wish.sign_of_success,
        "target_on": (world.now() + timedelta(days=180)).date().isoformat(),
        "audience": "journey_group",
    }
