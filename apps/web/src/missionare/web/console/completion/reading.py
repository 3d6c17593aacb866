"""What a completed journey has brought about, in words and as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from missionare.web.console.journeys.reading import Journey
from missionare.web.languages import N_
from missionare.web.pictures.places import place_in
from missionare.web.pictures.strands import Fan, Strands, tall, wide
from missionare.web.services import Read
from missionare.web.visits import Visit


class Consequence(Read):
    """One kind of consequence."""

    name: str
    arrived: int
    expected: int | None = None
    latest_at: datetime | None = None


class Consequences(Read):
    """All consequences of a completion so far."""

    completed_at: datetime | None = None
    stops_visited: int
    participations: int
    insights_released: int
    insights_pending: int
    items: tuple[Consequence, ...]
    seen: int
    complete: bool

    @property
    def of_themselves(self) -> list[Consequence]:
        """Those that come without a hand on them."""
        return [each for each in self.items if each.expected is not None]

    @property
    def left_open(self) -> list[Consequence]:
        """Those of which nobody can say beforehand how many there will be."""
        return [each for each in self.items if each.expected is None]

    @property
    def here(self) -> int:
        """How many kinds of those have arrived in full."""
        return sum(1 for each in self.of_themselves if self.state_of(each) in {"", "ended"})

    def state_of(self, each: Consequence) -> str:
        """Say where its node of the thread stands: "" it has happened, now, open, or ended without anything."""
        if not each.arrived and each.expected == 0:
            # None of none: whether there will be any is known when nothing more comes of itself.
            return "ended" if self.complete else "open"
        if each.expected is not None:
            return "" if each.arrived >= each.expected else "now" if each.arrived else "open"
        return "" if each.arrived else "open"

    def named(self, name: str) -> Consequence:
        """Give one kind."""
        return next(each for each in self.items if each.name == name)


@dataclass(frozen=True)
class Kind:
    """What is said of a kind of consequence, and the list it counts; `{id}` is the journey's."""

    text: str
    address: str


KINDS: Final[Mapping[str, Kind]] = {
    "participations_concluded": Kind(
        N_("Wer an welcher Station war, steht fest."), "/console/journeys/{id}/registrations?state=attended"
    ),
    "certificates_issued": Kind(
        N_("Ab 60 Prozent der Stationen. Jede lässt sich öffentlich prüfen."), "/console/journeys/{id}/certificates"
    ),
    "assessments_requested": Kind(
        N_("Wieder nach 90 und 180 Tagen."), "/console/journeys/{id}/registrations?state=attended"
    ),
    "missionaries_qualified": Kind(
        N_("Für sie entstehen Entwürfe von Transferplänen."), "/console/journeys/{id}/missionaries"
    ),
    "suggestions_raised": Kind(
        N_("Aus freigegebenen Erkenntnissen und geteilten Zielen. Menschen entscheiden darüber."),
        "/console/workshop/suggestions?journey_id={id}",
    ),
    "catalog_updates_proposed": Kind(
        N_("Sobald alle Vorschläge da sind, spätestens zehn Minuten nach dem Abschluss."), "/console/workshop/editions"
    ),
    "outreach_plans_drafted": Kind(
        N_("Jeder gehört seiner Missionarin oder seinem Missionar; nur sie oder er nimmt ihn an."),
        "/console/impact/outreach",
    ),
    "outreach_plans_accepted": Kind(
        N_("Annehmen ist freiwillig. Wer schweigt, wird einmal erinnert und dann in Ruhe gelassen."),
        "/console/impact/outreach",
    ),
}
DRAWN: Final = (
    "certificates_issued",
    "assessments_requested",
    "missionaries_qualified",
    "suggestions_raised",
    "outreach_plans_drafted",
    "outreach_plans_accepted",
)
"""The fans of the picture, from above."""


@dataclass(frozen=True)
class Picture:
    """The thread of a journey, drawn twice."""

    wide: Strands
    tall: Strands
    stops: tuple[tuple[str, str, str], ...]
    """Place, what there was to see, and id of each."""


def picture(journey: Journey, consequences: Consequences) -> Picture:
    """Draw a journey's thread."""
    fans = []
    for name in DRAWN:
        each = consequences.named(name)
        expected = each.expected
        if name == "outreach_plans_accepted":
            expected = consequences.named("outreach_plans_drafted").arrived
        fans.append(Fan(name, each.arrived, expected))
    visited = [stop for stop in journey.stops if stop.state == "visited"] or journey.standing
    drawing = (consequences.participations, len(visited), fans)
    places = tuple((place_in(stop.site).name or stop.site, stop.title, stop.id) for stop in visited)
    return Picture(wide(*drawing), tall(*drawing), places)


def address(visit: Visit, name: str, journey: Journey) -> str:
    """Give the list that a kind counts."""
    return visit.url(KINDS[name].address.format(id=journey.id))


async def consequences_of(visit: Visit, journey_id: str, **params: Any) -> Consequences:
    """Ask journeys what has arrived; with `after`, as soon as there is more."""
    return await visit.ask.read(Consequences, "journeys", f"/journeys/{journey_id}/consequences", **params)
