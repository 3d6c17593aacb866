"""A list goes on by an address. One that belongs to another list says so, and nothing that was chosen is lost."""

from __future__ import annotations

import pytest
from catalog.region import Region as CatalogRegion
from web.region import Region

from missionare.kit.testing import FakePeers

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def cursor_of_all_questions(shared: Region) -> str:
    platform = shared.platforms["catalog"]
    workshop = CatalogRegion(platform, FakePeers(), shared.clock)
    for title in ("Wer schreibt den Schichtplan?", "Wer liest den Schichtplan?"):
        await workshop.publish(await workshop.draft(title=title))
    answer = await platform.as_visitor().get("/api/catalog/v1/entries?kind=question&limit=1")
    return str(answer.json()["next_cursor"])


async def test_the_cursor_of_another_filter_leads_to_the_beginning_of_the_list_that_was_wanted(
    shared: Region,
) -> None:
    foreign = await cursor_of_all_questions(shared)

    german = await shared.browser.look(f"/catalog?q=Schichtplan&topic=data&topic=people&cursor={foreign}")
    english = await shared.browser.look(f"/en/catalog?q=Schichtplan&cursor={foreign}")

    assert (german.status, german.title) == (422, "Hier geht diese Liste nicht weiter")
    assert german.links["Liste von vorn zeigen"] == "/catalog?q=Schichtplan&topic=data&topic=people"
    assert (english.status, english.title) == (422, "This list does not go on here")
    begun = await shared.browser.look(english.links["Show the list from the beginning"])
    assert "Wer liest den Schichtplan?" in begun


async def test_a_further_page_says_that_it_is_one(shared: Region) -> None:
    address = f"?kind=question&cursor={await cursor_of_all_questions(shared)}"

    german = await shared.browser.look(f"/catalog{address}")
    english = await shared.browser.look(f"/en/catalog{address}")
    refused = await shared.browser.look("/catalog?cursor=a")

    assert "Fortsetzung der Liste." in german
    assert german.links["Zum Anfang"] == "/catalog?kind=question"
    assert "<title>Katalog der Fragen, Fortsetzung" in german.text
    assert "<title>Catalog of questions, continued" in english.text
    assert "Fortsetzung" not in refused.text


@pytest.mark.parametrize("path", ["/catalog", "/journeys", "/journeys/past"])
@pytest.mark.parametrize("cursor", ["a", "%00", "x" * 500, "%F0%9F%9A%82"])
async def test_what_is_no_cursor_at_all_is_told_alike(shared: Region, path: str, cursor: str) -> None:
    page = await shared.browser.look(f"{path}?cursor={cursor}")

    assert (page.status, page.title) == (422, "Hier geht diese Liste nicht weiter")
    assert page.links["Liste von vorn zeigen"] == path


@pytest.mark.parametrize(
    "path", ["organisations", "people", "journeys", "registrations", "technik/audit", "technik/dead-letters"]
)
async def test_a_list_of_the_console_that_has_ended_leads_back_to_its_beginning(shared: Region, path: str) -> None:
    lead = shared.signed_in("lead-of-lists", roles=["operator", "coach"])

    page = await lead.look(f"/console/{path}?cursor=zzz")

    assert page.status in {200, 422}
    assert {"Zum Anfang", "Liste von vorn zeigen"} & page.links.keys()
