"""A journey with three stops; the hosts answer by a link in their mail, without an account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from missionare.cli.demo.outside import Outsider, when_possible
from missionare.cli.demo.region import FIRST_HOST, SILENT_HOST, THIRD_HOST, Organisation
from missionare.cli.demo.world import JOURNEYS, World

CAPACITY: Final = 3
IN_DAYS: Final = 30
THURSDAY: Final = 3
BERLIN: Final = ZoneInfo("Europe/Berlin")
REQUEST_SUBJECT: Final = "besuchen"


@dataclass(frozen=True)
class Visit:
    """A stop as it is planned."""

    key: str
    host: Organisation
    title: str
    site: str
    begins: int
    """Hour of the day, local time."""
    topics: tuple[str, ...]
    release_required: str


VISITS: Final = (
    Visit(
        "first",
        FIRST_HOST,
        "Spritzguss mit Rückmeldung",
        "Am Silberborn 4, Attendorn, Tor 2",
        9,
        ("production",),
        "yes",
    ),
    Visit(
        "silent", SILENT_HOST, "Der Lieferschein, der nicht mehr reist", "Talwende 12, Olpe", 12, ("logistics",), "yes"
    ),
    Visit("third", THIRD_HOST, "Wissen sichern, bevor es geht", "Köhlerwiese 1, Wilnsdorf", 15, ("people",), "no"),
)


def play(world: World) -> None:
    """Plan, ask the hosts, publish, open registration."""
    world.tell.chapter("Eine Lernreise mit drei Stationen")
    day = travel_day(world.now())
    world.moments = {"departure": day.replace(hour=8), "return": day.replace(hour=18)}
    draft = {
        "title": "Von der Meldung zur Maschine",
        "summary": "Drei Betriebe zeigen, was geholfen hat und was schwer war.",
        "starts_at": world.moments["departure"].isoformat(),
        "ends_at": world.moments["return"].isoformat(),
        "capacity": CAPACITY,
    }
    journey = world.agency.post(f"{JOURNEYS}/journeys", draft)
    world.ids["journey"] = str(journey["id"])
    path = f"{JOURNEYS}/journeys/{journey['id']}"
    ask_hosts(world, path, day, VISITS)
    world.tell.step("journeys", "Die Lernreise ist geplant, drei Unternehmen sind gefragt.")
    for visit in VISITS:
        confirm(world, visit)
    world.agency.act(path, "publication")
    world.agency.act(path, "registration-opening")
    world.tell.step("journeys", f"Die Lernreise ist veröffentlicht; {CAPACITY} Plätze stehen offen.")


def ask_hosts(world: World, path: str, day: datetime, visits: Sequence[Visit]) -> None:
    """Plan the stops of a journey and ask their hosts, as soon as journeys has heard of them."""
    for visit in visits:
        stop = {
            "organisation_id": world.organisations[visit.host.name],
            "title": visit.title,
            "site": visit.site,
            "starts_at": day.replace(hour=visit.begins).isoformat(),
            "ends_at": day.replace(hour=visit.begins + 2).isoformat(),
            "topics": list(visit.topics),
            "capacity": 12,
        }
        planned = world.agency.act(path, "stops", stop)
        world.ids[f"stop:{visit.key}"] = str(planned["stops"][-1]["id"])
        ask = f"stops/{world.ids[f'stop:{visit.key}']}/host-request"
        when_possible(partial(world.agency.act, path, ask), "journeys hearing of the host")


def travel_day(now: datetime) -> datetime:
    """Give the first Thursday that is at least 30 days away, at midnight local time."""
    earliest = (now + timedelta(days=IN_DAYS)).astimezone(BERLIN).replace(hour=0, minute=0, second=0, microsecond=0)
    return earliest + timedelta(days=(THURSDAY - earliest.weekday()) % 7)


def confirm(world: World, visit: Visit, *, after: str = "") -> None:
    """Opening the link only shows the request, twice if a mail scanner looks first; sending the form answers it.

    A host who was asked before waits for a letter later than `after`.
    """
    contact = visit.host.contact
    link = world.mailbox.link_for(contact.email, REQUEST_SUBJECT, after=after)
    browser = Outsider(world.gateway)
    browser.open(link)
    page = browser.open(link)
    browser.send(
        page, "confirm",
        capacity="12", audience="network", release_required=visit.release_required, photos="none",
    )  # fmt: skip
    browser.close()
    world.tell.step("journeys", f"{visit.host.name} sagt über den Link aus der Mail zu.")
