"""What becomes of a journey: shown whole without script, told as it arrives to a page that stays open."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

import pytest
from journeys.region import Region as Trips
from starlette.requests import Request
from web.region import Browser, Region

from missionare.kit.callers import Caller, Kind
from missionare.web.console.completion.live import arrivals, event
from missionare.web.console.completion.reading import Consequences
from missionare.web.pictures.strands import Fan, tall, wide
from missionare.web.visits import Visit


@pytest.fixture
async def trips(region: Region) -> Trips:
    trips = Trips(region.platforms["journeys"], region.clock)
    for host in ("host-1", "host-2"):
        await trips.activate(host)
    trips.sites = ("57223 Kreuztal, Tor 2", "Attendorn, Eingang Süd")
    return trips


@pytest.fixture
def lead(region: Region) -> Browser:
    return region.signed_in("operator-1", roles=["operator"])


async def completed(trips: Trips, *people: str) -> dict[str, Any]:
    journey = await trips.open()
    seated = await trips.travelling(journey, *people)
    journey = await trips.depart(journey)
    for traveller, registration in seated:
        for stop in journey["stops"]:
            await traveller.check_in(registration, stop["id"])
    return await trips.finish(journey)


async def test_each_consequence_stands_on_the_page_with_the_list_it_counts(
    region: Region, trips: Trips, lead: Browser
) -> None:
    journey = await completed(trips, "ada", "ben")
    await trips.settle()

    page = await lead.look(f"/console/journeys/{journey['id']}/consequences")

    assert page.status == 200
    assert ("h3", "2 Teilnahmebescheinigungen ausgestellt") in page.headings
    assert ("h3", "0 Zielbilanzen erbeten, 2 werden es") in page.headings
    assert re.search(r"<b>Vollständig: [0-4] von 4 Folgen, deren Zahl im Voraus feststeht\.</b>", page.text)
    # The picture says of everything in it what it is.
    assert "<title>Station 1, Kreuztal: " in page.text
    assert "<title>2 Bescheinigungen. Ab 60 Prozent der Stationen." in page.text
    listed = await lead.look(page.links["2 Teilnahmebescheinigungen"])
    assert listed.text.count("gültig") == 2
    thread = await lead.look(page.links["Kreuztal"])
    assert thread.title == "Wirkungsfaden"
    assert "Station" in thread


async def test_a_journey_that_is_not_completed_says_when_there_will_be_something(
    region: Region, trips: Trips, lead: Browser
) -> None:
    journey = await trips.open()

    page = await lead.look(f"/console/journeys/{journey['id']}/consequences")

    assert "noch nicht abgeschlossen" in page
    assert "arrivals" not in page


async def test_an_answer_waits_until_there_is_more(region: Region, trips: Trips) -> None:
    journey = await completed(trips, "ada")
    await trips.settle()
    path = f"/api/journeys/v1/journeys/{journey['id']}/consequences"
    now = (await trips.operator.get(path)).json()

    waiting = asyncio.create_task(trips.operator.get(f"{path}?after={now['seen']}&wait_ms=2000"))
    await trips.tell("goal_assessment_requested", "goal", goal_id="g1", person_id="ada", journey_id=journey["id"])
    later = (await waiting).json()
    same = (await trips.operator.get(f"{path}?after={later['seen']}&wait_ms=1")).json()

    assert later["seen"] == now["seen"] + 1
    assert same["seen"] == later["seen"]
    assert {item["name"]: item["arrived"] for item in later["items"]}["assessments_requested"] == 1


async def test_however_many_pages_wait_the_database_is_listened_to_once(region: Region, trips: Trips) -> None:
    journey = await completed(trips, "ada")
    await trips.settle()
    path = f"/api/journeys/v1/journeys/{journey['id']}/consequences"
    seen = (await trips.operator.get(path)).json()["seen"]

    waiting = [asyncio.create_task(trips.operator.get(f"{path}?after={seen}&wait_ms=2000")) for _ in range(30)]
    listeners = asyncio.create_task(most_listeners(trips, waiting))
    await trips.tell("goal_assessment_requested", "goal", goal_id="g1", person_id="ada", journey_id=journey["id"])
    told = [(await each).json()["seen"] for each in waiting]

    assert told == [seen + 1] * 30
    assert await listeners == 1


async def most_listeners(trips: Trips, waiting: Sequence[asyncio.Task[Any]]) -> int:
    """Count the change streams of journeys' own, again and again, until nobody waits; give the most.

    Those of tests before may end a moment later.
    """
    database = trips.platform.service.database
    listens = {"cursor.originatingCommand.pipeline.0.$changeStream": {"$exists": True}}
    current = [
        {"$currentOp": {"idleCursors": True}},
        {"$match": listens},
        {"$match": {"ns": {"$regex": f"^{database.name}\\."}, "appName": database.appname}},
    ]
    most = 0
    while True:
        found = await database.client.admin.command("aggregate", 1, pipeline=current, cursor={})
        most = max(most, len(found["cursor"]["firstBatch"]))
        if all(each.done() for each in waiting):
            return most


async def test_an_open_page_is_told_what_has_arrived(region: Region, trips: Trips) -> None:
    journey = await completed(trips, "ada")
    await trips.settle()
    events = await first_events(region, journey["id"])

    assert events[0].startswith("retry: ")
    assert re.search(r"^id: \d+\nevent: arrived\ndata: ", events[1])
    assert "1 Teilnahmebescheinigung" in events[1]


def test_no_line_of_a_text_can_begin_another_field() -> None:
    told = event("7", "arrived", "one\nid: 9\r\nevent: else\rdata")

    assert told == "id: 7\nevent: arrived\ndata: one\ndata: id: 9\ndata: event: else\ndata: data\n\n"


@pytest.mark.parametrize("draw", [wide, tall])
def test_what_is_open_is_dotted_and_many_are_drawn_as_few(draw: Any) -> None:
    drawn = draw(11, 3, [Fan("done", 10, 10), Fan("half", 7, 10), Fan("open", 0, None), Fan("crowd", 999, 1_000)])
    wires = drawn.wires[11:]

    assert len(drawn.nodes) == 11
    assert len(drawn.rings) == 3
    parts = (wires[:10], wires[10:20], wires[20:21], wires[21:])
    assert [sum(wire.open for wire in part) for part in parts] == [0, 3, 1, 1]
    assert len(wires[21:]) == 12
    assert draw(200, 1, []).goals_per_wire == 5
    assert len(draw(200, 1, []).nodes) == 40


async def first_events(region: Region, journey_id: str) -> list[str]:
    site = region.gateway.app.state.site
    token = region.gateway.issuer.mint("web", "operator-1", kind="person", roles=["operator"], calls=["journeys"])
    request = Request({"type": "http", "headers": [(b"authorization", f"Bearer {token}".encode())]})
    visit = Visit(site, request, Caller(Kind.PERSON, "operator-1", "operator-1", frozenset({"operator"})))

    def shown(found: Consequences) -> str:
        return f"{found.named('certificates_issued').arrived} Teilnahmebescheinigung"

    async with aclosing(arrivals(visit, journey_id, 0, shown)) as events:
        return [await anext(events), await anext(events)]
