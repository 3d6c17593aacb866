"""The agency's console: what waits, and a journey from the first draft to its end, by pages alone."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from journeys.region import Region as Trips
from web.region import Browser, Page, Region

ROLES = ("operator", "coach", "editor", "reviewer")


@pytest.fixture
async def trips(region: Region) -> Trips:
    trips = Trips(region.platforms["journeys"], region.clock)
    for host in ("host-1", "host-2"):
        await trips.activate(host)
    return trips


@pytest.fixture
def lead(region: Region) -> Browser:
    return region.signed_in("operator-1", roles=ROLES)


def form_to(page: Page, action: str) -> dict[str, str]:
    """Give the hidden fields of the form that is sent to an address."""
    found = re.search(rf'<form[^>]* action="{re.escape(action)}"[^>]*>(.*?)</form>', page.text, re.DOTALL)
    assert found is not None, action
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', found[1]))


async def press(browser: Browser, page: Page, action: str, **fields: str) -> Page:
    return await browser.send(action, {**form_to(page, action), **fields})


async def organisation(region: Region, name: str) -> dict[str, Any]:
    api = region.platforms["members"].as_person("operator-1", roles=["operator"])
    body = {"name": name, "kind": "company", "municipality_code": "05970040", "sector": "25", "size": "small"}
    contact = {"given_name": "Ada", "family_name": "Ahorn", "email": "ada@ahorn.example", "functions": ["production"]}
    answer = await api.post("/api/members/v1/organisations", {**body, "contact": contact})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_nobody_but_the_agency_comes_in(region: Region) -> None:
    visitor = await region.browser.look("/console/journeys")
    member = await region.signed_in("ada").look("/console")

    assert visitor.status == 303
    assert visitor.answer.headers["location"].startswith("/sign-in?next=%2Fconsole%2Fjourneys")
    assert member.status == 403


async def test_each_number_of_today_opens_the_list_it_counts(region: Region, trips: Trips, lead: Browser) -> None:
    journey = await trips.open(approval="manual", title="Vom Laufzettel zum Tablet")
    for person in ("ada", "ben"):
        await trips.traveller(person).register(journey["id"])
    await organisation(region, "Dornheck Metallbau GmbH")

    page = await lead.look("/console")

    listed = await lead.look(page.links["2 Anmeldungen warten auf eine Entscheidung"])
    assert listed.text.count("Anmeldung ablehnen</button>") == 2
    applied = await lead.look(page.links["1 Antrag auf Mitgliedschaft"])
    assert applied.answer.url.path == "/console/organisations"
    assert page.links["Vom Laufzettel zum Tablet"] == f"/console/journeys/{journey['id']}"


async def test_a_part_whose_service_is_away_says_so_and_the_rest_stands(
    region: Region, trips: Trips, lead: Browser
) -> None:
    journey = await trips.open(approval="manual")
    await trips.traveller("ada").register(journey["id"])
    region.away("catalog")

    page = await lead.look("/console")

    assert page.status == 200
    assert "1 Anmeldung wartet auf eine Entscheidung" in page.links
    assert ("h2", "Katalog") in page.headings
    assert "Dieser Teil antwortet gerade nicht" in page


async def test_a_draft_is_planned_changed_and_what_is_missing_is_told(region: Region, lead: Browser) -> None:
    begins = region.clock.now() + timedelta(days=30)
    fields = {
        "title": "Wissen <festhalten>",
        "summary": "Drei Meister gehen.",
        "starts_at": begins.strftime("%d.%m.%Y 08:00"),
        "ends_at": begins.strftime("%d.%m.%Y 17:00"),
        "capacity": "12",
        "approval": "manual",
    }
    empty = await press(
        lead, await lead.look("/console/journeys/new"), "/console/journeys/new", **{**fields, "title": ""}
    )
    assert empty.status == 422
    assert "Drei Meister gehen." in empty

    made = await press(lead, await lead.look("/console/journeys/new"), "/console/journeys/new", **fields)
    path = made.answer.headers["location"]
    page = await lead.look(path)
    refused = await lead.send(f"{path}/steps/publication", form_to(page, f"{path}/cancellation"))

    assert page.title == "Wissen <festhalten>"
    assert page.links["Station planen"] == f"{path}/stops/new"
    assert "Programm veröffentlichen" not in page
    assert refused.status == 409
    assert "Es fehlt noch: eine Station." in refused
    assert (await lead.look("/console/journeys?state=draft")).links["Wissen <festhalten>"] == path


async def test_where_somebody_else_saved_first_both_texts_are_shown(
    region: Region, trips: Trips, lead: Browser
) -> None:
    journey = await trips.draft(title="Erster Titel")
    path = f"/console/journeys/{journey['id']}/plan"
    mine, theirs = await lead.look(path), await lead.look(path)
    kept = {name: theirs.fields[name] for name in ("starts_at", "ends_at", "capacity")} | {"approval": "manual"}

    first = await press(lead, theirs, path, **kept, title="Titel der Kollegin")
    second = await press(lead, mine, path, **kept, title="Mein Titel")
    third = await press(lead, second, path, **kept, title="Mein Titel")

    assert first.status == third.status == 303
    assert second.status == 412
    assert "Titel der Kollegin" in second
    assert second.fields["title"] == "Mein Titel"
    assert (await lead.look(f"/console/journeys/{journey['id']}")).title == "Mein Titel"


async def test_a_journey_is_led_from_the_open_registration_to_its_completion(
    region: Region, trips: Trips, lead: Browser
) -> None:
    journey = await trips.open(approval="manual", capacity=2)
    path = f"/console/journeys/{journey['id']}"
    traveller = trips.traveller("ada")
    goal = await traveller.agree_on_goal()
    registration = await traveller.register(journey["id"], goal)

    waiting = await lead.look(f"{path}/registrations?state=pending_approval")
    decided = await press(
        lead, waiting, f"/console/registrations/{registration['id']}/approval", back=f"{path}/registrations"
    )
    assert decided.status == 303
    assert "sicher" in await lead.look(f"{path}/registrations?state=confirmed")

    await press(lead, await lead.look(path), f"{path}/steps/registration-closing")
    region.clock.move(days=30, hours=5)
    await press(lead, await lead.look(path), f"{path}/steps/start")
    ada = region.signed_in(traveller.person_id)
    assert "keine Fotos" in await lead.look(f"{path}/attendance")
    await press(ada, await ada.look("/me/consents"), "/me/consents/photos/grant")
    assert "Fotos erlaubt" in await lead.look(f"{path}/attendance")
    for stop in journey["stops"]:
        await press(lead, await lead.look(path), f"{path}/stops/{stop['id']}/visit")
        attendance = await lead.look(f"{path}/attendance?stop={stop['id']}")
        assert "Die Seite dieser Station als QR-Code" in attendance
        noted = await press(lead, attendance, f"{path}/attendance", **{f"person-{registration['id']}": "yes"})
        assert "war da" in await lead.look(noted.answer.headers["location"])
    await press(lead, await lead.look(path), f"{path}/steps/debriefing")
    await press(lead, await lead.look(path), f"{path}/steps/attendance-closing")
    region.clock.move(days=2)
    completed = await press(lead, await lead.look(path), f"{path}/steps/completion")

    assert completed.status == 303
    assert completed.answer.headers["location"] == f"{path}/consequences"
    assert ("h1", completed and (await lead.look(path)).title) in (await lead.look(path)).headings
    assert "abgeschlossen" in await lead.look(path)


EMPTY_PAGES = (
    "/console",
    "/console/journeys",
    "/console/journeys/new",
    "/console/registrations",
    "/console/releases",
    "/console/goals",
    "/console/organisations",
    "/console/people",
    "/console/missionaries",
    "/console/enquiries",
    "/console/workshop",
    "/console/workshop/suggestions",
    "/console/workshop/drafts",
    "/console/workshop/editions",
    "/console/impact",
    "/console/impact/outreach",
    "/console/technik",
    "/console/technik/dead-letters",
    "/console/technik/mails",
    "/console/technik/webhooks",
    "/console/technik/audit",
)


async def test_every_list_stands_also_when_there_is_nothing_in_it_and_nobody_else_reads_it(
    region: Region, lead: Browser
) -> None:
    member = region.signed_in("ada")
    for path in EMPTY_PAGES:
        for language in ("", "/en"):
            page = await lead.look(language + path)
            assert page.status == 200, (path, page.text)
            assert page.title
        assert (await member.look(path)).status == 403
