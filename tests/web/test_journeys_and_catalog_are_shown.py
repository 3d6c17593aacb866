"""What everybody sees of journeys and of the catalog, from the services' own answers."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree as ET

import pytest
from catalog.region import Region as CatalogRegion
from icalendar import Calendar
from journeys.region import Region as Trips
from web.region import Page, Region

from missionare.kit.testing import FakePeers

HOSTILE = "</script><script>alert(1)</script> & „Lager“"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
async def trips(region: Region) -> Trips:
    trips = Trips(region.platforms["journeys"], region.clock)
    for host in ("host-1", "host-2", "host-3"):
        await trips.activate(host)
    return trips


def block(page: Page) -> dict:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page.text, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


async def test_an_open_journey_stands_on_the_start_page_and_has_a_page_with_its_seats(
    region: Region, trips: Trips
) -> None:
    journey = await trips.open(stops=3, capacity=3, title=HOSTILE)
    await trips.traveller("ada").register(journey["id"])

    start, page = await region.browser.look("/"), await region.browser.look(f"/journeys/{journey['id']}")

    assert start.links[HOSTILE] == f"/journeys/{journey['id']}"
    assert page.title == HOSTILE
    assert "2 von 3 Plätzen frei" in start
    assert "2 von 3 Plätzen frei" in page
    assert page.text.count('<path class="dot"') == 3
    assert block(page)["name"] == HOSTILE
    assert "<script>alert" not in page.text
    assert page.links["Platz anfragen"] == f"/journeys/{journey['id']}/register"


async def test_a_full_journey_has_a_waiting_list_and_nobody_sees_who_or_how_many_wait(
    region: Region, trips: Trips
) -> None:
    journey = await trips.open(capacity=1)
    for person in ("ada", "ben", "cem"):
        await trips.traveller(person, f"house-of-{person}").register(journey["id"])

    page = await region.browser.look(f"/journeys/{journey['id']}")

    assert "1 von 1 Plätzen vergeben" in page
    assert page.links["Auf die Warteliste setzen lassen"]
    answer = await region.platforms["journeys"].as_visitor().get(f"/api/journeys/v1/programme/{journey['id']}")
    assert answer.json()["waiting_list"] is True
    assert not {"waitlisted", "confirmed", "pending", "terms", "approval"} & answer.json().keys()


async def test_a_draft_is_nowhere(region: Region, trips: Trips) -> None:
    journey = await trips.plan()

    page, start = await region.browser.look(f"/journeys/{journey['id']}"), await region.browser.look("/journeys")

    assert page.status == 404
    assert journey["title"] not in start
    staff = await trips.operator.get("/api/journeys/v1/programme")
    assert staff.json()["items"] == []


async def test_what_is_over_moves_to_the_past(region: Region, trips: Trips) -> None:
    journey = await trips.open()
    region.clock.move(days=60)

    ahead, past = await region.browser.look("/journeys"), await region.browser.look("/en/journeys/past")

    assert journey["title"] not in ahead
    assert past.links[journey["title"]] == f"/en/journeys/{journey['id']}"


async def test_to_what_is_over_nobody_is_invited(region: Region, trips: Trips) -> None:
    journey = await trips.open()
    region.clock.move(days=60)

    page, form = [await region.browser.look(f"/journeys/{journey['id']}{path}") for path in ("", "/register")]

    assert "Diese Lernreise ist vorbei." in page
    assert not {"Platz anfragen", "Termin übernehmen (iCal)"} & page.links.keys()
    assert "Sie bringen ein eigenes Ziel mit" not in page
    assert "Anmeldung offen" not in page
    assert form.answer.headers["location"] == f"/journeys/{journey['id']}"


async def test_the_programme_goes_on_page_by_page_without_gap_or_repetition(region: Region, trips: Trips) -> None:
    wanted = [(await trips.open(stops=1))["id"] for _ in range(5)]
    visitor, found, cursor = region.platforms["journeys"].as_visitor(), [], ""
    while True:
        page = (await visitor.get(f"/api/journeys/v1/programme?limit=2{cursor}")).json()
        found += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor'].replace('+', '%2B')}"

    assert found == wanted
    foreign = await visitor.get("/api/journeys/v1/programme?cursor=a")
    assert (foreign.status_code, foreign.json()["code"]) == (422, "invalid")


async def test_calendars_know_a_changed_journey_again_and_a_cancelled_one_as_cancelled(
    region: Region, trips: Trips
) -> None:
    journey = await trips.open()
    events = [await one_event(region, journey)]
    cancelled = await trips.lead(journey, "cancellation", {"reason": "Sturm"})
    events.append(await one_event(region, cancelled))

    assert [str(event["STATUS"]) for event in events] == ["CONFIRMED", "CANCELLED"]
    assert events[0]["UID"] == events[1]["UID"]
    assert int(events[1]["SEQUENCE"]) > int(events[0]["SEQUENCE"])
    assert events[0]["DTSTART"].params["TZID"] == "Europe/Berlin"


async def one_event(region: Region, journey: dict):
    answer = await region.browser.client.get(f"/journeys/{journey['id']}.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.content)
    assert calendar.walk("VTIMEZONE")
    [event] = calendar.walk("VEVENT")
    return event


async def test_the_feed_is_well_formed_whatever_a_title_holds(region: Region, trips: Trips) -> None:
    journey = await trips.open(title=HOSTILE)

    answer = await region.browser.client.get("/journeys.atom")

    entry = ET.fromstring(answer.content).find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}title") == HOSTILE
    assert entry.findtext(f"{ATOM}id") == f"urn:uuid:{journey['id']}"


async def test_a_code_that_no_certificate_has_is_said_so(region: Region) -> None:
    page = await region.browser.look("/certificates?code=abc%20123")
    assert page.answer.headers["location"] == "/certificates/ABC123"

    page = await region.browser.look("/certificates/ABC123")
    assert page.status == 404
    assert "Zu diesem Code gibt es keine Bescheinigung." in page


async def test_a_published_entry_is_found_by_its_facet_and_read_with_its_versions(region: Region) -> None:
    workshop = CatalogRegion(region.platforms["catalog"], FakePeers(), region.clock)
    entry = await workshop.publish(await workshop.draft(title="Wer schreibt den Schichtplan?", text=HOSTILE))

    found = await region.browser.look("/en/catalog?kind=question")
    none = await region.browser.look("/catalog?kind=value")
    page = await region.browser.look(f"/en/catalog/{entry['id']}")

    assert found.links["Wer schreibt den Schichtplan?"] == f"/en/catalog/{entry['id']}"
    assert "Question 1" in found.links
    assert found.links["Question 1"] == "/en/catalog"
    assert "Dazu steht noch nichts im Katalog." in none
    assert page.title == "Wer schreibt den Schichtplan?"
    assert "So far this text exists in German only." in page
    assert "first version" in page
    assert "<script>alert" not in page.text


async def test_a_filter_that_does_not_exist_is_told_and_nothing_breaks(region: Region) -> None:
    page = await region.browser.look("/catalog?kind=nonsense")

    assert page.status == 200
    assert page.links["Zum ganzen Katalog"] == "/catalog"


async def test_an_entry_that_is_not_published_is_not_found(region: Region) -> None:
    workshop = CatalogRegion(region.platforms["catalog"], FakePeers(), region.clock)
    draft = await workshop.draft()

    assert (await region.browser.look(f"/catalog/{draft['id']}")).status == 404


async def test_a_service_that_is_away_takes_only_its_part_with_it(region: Region, trips: Trips) -> None:
    journey = await trips.open()
    region.away("catalog")

    start, catalog = await region.browser.look("/"), await region.browser.look("/catalog")

    assert start.status == 200
    assert journey["title"] in start
    assert start.text.count("Dieser Teil antwortet gerade nicht.") == 1
    assert (catalog.status, catalog.title) == (503, "Gerade nicht erreichbar")
