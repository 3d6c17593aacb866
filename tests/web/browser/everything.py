"""A network in which every page for visitors, hosts and members has something to show."""

from __future__ import annotations

from datetime import timedelta

from catalog.region import Region as CatalogRegion
from journeys.region import HostPage
from journeys.region import Region as Trips
from web.browser.life import life
from web.people import Town
from web.region import Region

from missionare.kit.testing import FakePeers

STOPS = ("57223 Kreuztal, Tor 2", "Lennestadt, Werk 1", "Attendorn, Eingang Süd")
TEXT = (
    "Wer an der Anlage steht, ergibt sich aus dem Schichtplan. Damit weiß jemand, wie viel eine Kollegin geschafft hat."
    "\n\nDie Frage gehört auf den Tisch, bevor der erste Sensor klebt."
)


async def everything(region: Region) -> dict[str, str]:
    """Let all of it happen, and give the ids by which the pages are found."""
    town = Town(region)
    trips = town.trips
    trips.sites = STOPS
    opened = await town.journey(
        stops=3, capacity=12, title="Vom Laufzettel zum Tablet: Fertigung ohne Papierstapel", summary=TEXT
    )
    expired = await _expired(trips)
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
        "expired": expired.token,
        "request": request.token,
        "desk": desk.token,
        "entry": entries[0]["id"],
        **own,
    }


async def _expired(trips: Trips) -> HostPage:
    """Let the visit begin for which a host was asked, and the link end with that."""
    begins = trips.clock.now() + timedelta(hours=1)
    day = {"starts_at": begins.isoformat(), "ends_at": (begins + timedelta(hours=9)).isoformat()}
    journey = await trips.plan(1, title="Was der Meister wusste", **day)
    link = await trips.link("host_visit", journey["id"], journey["stops"][0]["id"])
    trips.clock.move(hours=5)
    return link


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
