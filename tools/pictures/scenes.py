"""What the documentation shows: which page, seen by whom, at which moment of the story. A new one is one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tools.pictures import happenings

from missionare.cli.demo.region import COACH, EDITOR, REVIEWER, Person
from missionare.cli.demo.world import World

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "pictures"
LARGEST: Final = 60_000
"""Bytes of one picture."""
ALTOGETHER: Final = 1_000_000
DESK: Final = (1280, 800)
LONG_DESK: Final = (1280, 1120)
TELEPHONE: Final = (390, 844)

Moment = Callable[[World], None]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One picture."""

    name: str
    """Of the file, without its ending."""
    address: str
    """Of the page, with the names of `World.ids` in braces."""
    heading: str
    """Words of its main heading: a page that says something else is not the one that was meant."""
    who: Person | None = None
    """Who looks at it; nobody is a visitor without an account."""
    after: Moment = happenings.somebody_reviews
    """The chapter after which the picture is taken."""
    size: tuple[int, int] = DESK
    act: Callable[[Any], None] | None = None
    """What is done on the page first."""

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return FOLDER / f"{self.name}.webp"


def _shows_a_preview(page: Any) -> None:
    page.locator("[name=table]").fill(happenings.TABLE)
    page.get_by_role("button", name="Vorschau zeigen").click()


def _looks_at_the_first_insight(page: Any) -> None:
    page.get_by_role("article").first.evaluate("insight => insight.scrollIntoView()")


SCENES: Final = (
    # For the agency, in German.
    Scene(name="heute", address="/console", heading="Heute", who=COACH),
    Scene(name="lernreise", address="/console/journeys/{full_journey}", heading="Wissen festhalten", who=COACH),
    Scene(
        name="anmeldungen",
        address="/console/journeys/{full_journey}/registrations",
        heading="Anmeldungen",
        who=COACH,
    ),
    Scene(
        name="abschluss",
        address="/console/journeys/{journey}/consequences",
        heading="was daraus wird",
        who=COACH,
        size=LONG_DESK,
    ),
    Scene(
        name="vorschlag",
        address="/console/workshop/suggestions/{suggestion_of_a_goal}",
        heading="Vorschlag",
        who=EDITOR,
        after=happenings.a_week_begins,
    ),
    Scene(
        name="fachpruefung",
        address="/console/workshop/reviews/{review}",
        heading="Störungsmeldung",
        who=REVIEWER,
    ),
    Scene(
        name="einlesen",
        address="/console/organisations/import",
        heading="Vorschau",
        who=COACH,
        act=_shows_a_preview,
    ),
    Scene(name="rolle", address="/console/people/{waiting_person}", heading=REVIEWER.name, who=COACH),
    Scene(
        name="freigabe",
        address="{release_link}",
        heading="erzählt",
        after=happenings.a_host_is_asked_for_release,
        size=TELEPHONE,
        act=_looks_at_the_first_insight,
    ),
    Scene(name="katalog", address="/catalog?kind=question&topic=people", heading="Katalog"),
    Scene(name="telefon", address="/journeys/{next_journey}", heading="Vom Zettel", size=TELEPHONE),
    # For everybody who reads English.
    Scene(name="start", address="/en", heading="pass it on"),
    Scene(name="announced", address="/en/journeys/{tutorial_journey}", heading="Maschinendaten"),
    Scene(name="today", address="/en/console", heading="Today", who=COACH),
    Scene(
        name="completion",
        address="/en/console/journeys/{journey}/consequences",
        heading="what becomes of it",
        who=COACH,
        size=LONG_DESK,
    ),
    Scene(name="thread", address="/en/console/threads/goal/{newcomer_goal}", heading="Thread", who=COACH),
    Scene(name="streams", address="/en/console/technik", heading="Streams", who=COACH),
    Scene(name="webhook", address="/en/docs/api/notifications/register_webhook", heading="Register an address"),
)
