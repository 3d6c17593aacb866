"""Real pages in a real browser: the services on real databases, the pages behind a real port."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from catalog.region import Region as CatalogRegion
from journeys.region import HostPage
from journeys.region import Region as Trips
from web.browser.life import life
from web.browser.served import Site, served
from web.people import Town
from web.region import Region

from missionare.kit.testing import FakePeers

NO_BROWSER = "there is no chromium to look at pages with"
STOPS = ("57223 Kreuztal, Tor 2", "Lennestadt, Werk 1", "Attendorn, Eingang Süd")
TEXT = (
    "Wer an der Anlage steht, ergibt sich aus dem Schichtplan. Damit weiß jemand, wie viel eine Kollegin geschafft hat."
    "\n\nDie Frage gehört auf den Tisch, bevor der erste Sensor klebt."
)


@pytest.fixture(scope="session")
def chromium() -> str:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip(NO_BROWSER)
    return path


@pytest.fixture(scope="session")
def site(mongod: str, chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The network with some journeys and entries, and one member's life; whoever changes it leaves its pages full."""
    del chromium
    with served(mongod, "browser", tmp_path_factory.mktemp("site"), _fill) as site:
        yield site


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    """The distribution's browser, without a window. It has a loop of its own, which must end with its tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # As root, which is usual in containers, the browser's own sandbox cannot start.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


async def _fill(region: Region) -> dict[str, str]:
    town = Town(region)
    trips = town.trips
    trips.sites = STOPS
    opened = await town.journey(
        stops=3, capacity=12, title="Vom Laufzettel zum Tablet: Fertigung ohne Papierstapel", summary=TEXT
    )
    full = await town.journey(stops=2, capacity=1, title="Wenn drei Meister in Rente gehen: Wissen festhalten")
    for person in ("ada", "ben"):
        await trips.traveller(person, f"house-of-{person}").register(full["id"])
    asked = await trips.plan(1, title="Zwölf Tablets statt vierhundert Laufzettel")
    request, desk = await trips.link("host_visit", asked["id"], asked["stops"][0]["id"]), await _desk(trips)
    announced = await trips.lead(
        await trips.draft(title="Angebote schreiben mit KI, und was beim Menschen bleibt", summary=TEXT),
        "announcement",
        {"topics": ["sales", "people"]},
    )
    workshop = CatalogRegion(region.platforms["catalog"], FakePeers(), region.clock)
    titles = (
        "Wann im Schichtplan findet Lernen statt?",
        "Wie verhindern wir eine Leistungskontrolle einzelner Menschen?",
    )
    entries = [await workshop.publish(await workshop.draft(title=title, text=TEXT)) for title in titles]
    # Last, for its offered seat ends two days from now.
    own = await life(town)
    return {
        "open": opened["id"],
        "full": full["id"],
        "announced": announced["id"],
        "request": request.token,
        "desk": desk.token,
        "entry": entries[0]["id"],
        **own,
    }


async def _desk(trips: Trips) -> HostPage:
    """Let some insights wait for their host, and some be decided about."""
    journey = await trips.open(stops=1, title="Spritzguss mit Rückmeldung", capacity=3)
    [(ada, seat)] = await trips.travelling(journey, "dora")
    stop_id = (await trips.depart(journey))["stops"][0]["id"]
    await ada.check_in(seat, stop_id)
    texts = (
        "Der erste Anlauf ist gescheitert, weil die Einführung in der Frühschicht lief.",
        "Jede Maske passt auf einen Bildschirm ohne Wischen.",
        "Zwei Leute aus der Nachtschicht haben die Masken gezeichnet, auf Packpapier, und keiner hat es gemerkt.",
        "An jeder Anlage hängt ein Zettel mit einer Durchwahl.",
    )
    for text in texts:
        await ada.note(journey["id"], stop_id, text=text, kind="pitfall", audience="public")
    desk = await trips.link("release_desk", journey["id"], stop_id)
    await desk.submit("withhold", desk.forms("withhold")[1])
    await desk.submit(
        "redact", desk.forms("redact")[1], text="Zwei Leute haben die Masken gezeichnet.", audience="public"
    )
    return desk
