"""The console in a real browser, on real services: every page, and a completion that is watched while it happens."""

from __future__ import annotations

import sys
import time
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest
from journeys.region import Region as Trips
from web.browser.looks import COLOURS, TIMEOUT_MS, Look, looked_at
from web.browser.places import CONSOLE, LANGUAGES
from web.browser.served import Site

pytestmark = pytest.mark.browser

AT_ONCE_SECONDS = 1.5
"""Well under the two seconds after which journeys answers that nothing has come: whoever only asked again was later."""
DESKS = (960, 1080, 1280)
READABLE = 300
"""Pixels that the words of a task have at least."""
NARROWEST = "() => Math.min(...[...document.querySelectorAll('.rows--dense > li > div')].map(row => row.offsetWidth))"
LINES_OF_THE_MENU = "() => new Set([...document.querySelectorAll('#menu .menu > li')].map(one => one.offsetTop)).size"
CONSEQUENCES = "/console/journeys/{completed}/consequences"


@pytest.fixture(scope="module", params=[language + path for language in LANGUAGES for path in CONSOLE])
def shown(request: pytest.FixtureRequest, browser: Any, agency: Site) -> Iterator[Look]:
    """Each page, loaded once, and looked at by the agency's lead."""
    with looked_at(browser, agency, request.param) as look:
        yield look


@pytest.mark.parametrize("colours", COLOURS)
def test_a_page_has_no_barrier_that_axe_knows(shown: Look, colours: str) -> None:
    assert shown.status == 200
    assert shown.barriers(colours) == []


def test_a_page_never_scrolls_sideways_breaks_no_rule_of_its_own_and_asks_nobody_else(shown: Look) -> None:
    assert shown.overflows() == []
    assert (shown.complaints, shown.foreign) == ([], [])


def assessed(agency: Site, number: int) -> Coroutine[Any, Any, Any]:
    """Let one more person be asked what became of a goal."""
    goal, person = f"further-{number}", f"person-{number}"
    told = {"goal_id": goal, "person_id": person, "journey_id": agency.ids["completed"]}
    trips = Trips(agency.region.platforms["journeys"], agency.region.clock)
    return trips.tell("goal_assessment_requested", "goal", **told)


def opened(browser: Any, agency: Site, path: str = CONSEQUENCES, **options: Any) -> Any:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    agency.goes(page, path)
    return page


def test_each_consequence_is_seen_at_once_and_the_rest_of_the_page_stays(browser: Any, agency: Site) -> None:
    complaints: list[str] = []
    page = opened(browser, agency)
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.get_by_text("Neues erscheint hier von selbst.").wait_for()
    link = page.get_by_role("link", name="7 Teilnahmebescheinigungen")
    link.focus()
    spans = []

    for number in range(3):
        entry = page.locator("#log-assessments_requested")
        seen = entry.get_by_role("link", name=f"{4 + number + 1} Zielbilanzen", exact=True)
        agency.happens(assessed(agency, number))
        began = time.perf_counter()
        seen.wait_for()
        spans.append(time.perf_counter() - began)

    sys.stdout.write(f"\nseen after {', '.join(f'{span * 1_000:.0f} ms' for span in spans)}\n")
    assert min(spans) < AT_ONCE_SECONDS
    assert page.evaluate("() => document.activeElement.textContent.trim()") == "7 Teilnahmebescheinigungen"
    assert "von 4 Folgen" in page.get_by_role("status").text_content()
    assert complaints == []
    page.context.close()


def test_beside_menu_and_overview_there_is_room_to_read(browser: Any, agency: Site) -> None:
    page = opened(browser, agency, "/console")
    for width in DESKS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(NARROWEST) >= READABLE, f"{width} px"
    # Somebody of the agency has the most places to go to, and English words for them are the longest.
    agency.goes(page, "/en/journeys", who="lead")
    for width in DESKS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(LINES_OF_THE_MENU) == 1, f"{width} px"
    page.context.close()


def test_without_script_the_page_is_whole_and_says_how_it_is_renewed(browser: Any, agency: Site) -> None:
    page = opened(browser, agency, java_script_enabled=False)
    assert page.get_by_text("Diese Seite zeigt den Stand von eben.").is_visible()

    agency.happens(assessed(agency, 100))
    page.get_by_role("link", name="Neu laden").click()

    assert page.get_by_role("heading", name="Folgen").is_visible()
    assert page.get_by_role("link", name="Zielbilanzen").first.is_visible()
    page.context.close()


def test_a_spreadsheet_is_chosen_and_looked_at_without_script(browser: Any, agency: Site) -> None:
    page = opened(browser, agency, "/console/organisations/import", java_script_enabled=False)
    table = "Firma;PLZ;Ort;WZ;Beschäftigte\nTalweg Holzbau;57223;Kreuztal;16;12\nTalweg Holzbau;57223;Nirgends;16;12"

    file = {"name": "Betriebe.csv", "mimeType": "text/csv", "buffer": table.encode("cp1252")}
    page.get_by_label("Datei").set_input_files(file)
    page.get_by_role("button", name="Vorschau zeigen").click()

    assert page.get_by_role("heading", level=1).text_content() == "Vorschau"
    assert page.get_by_role("textbox", name="Gemeinde").input_value() == "Nirgends"
    page.context.close()
