"""The console in a real browser, on real services: every page, and a completion that is watched while it happens."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from journeys.region import Region as Trips
from support.servers import free_port
from web.browser.agency import week
from web.browser.places import CONSOLE, LANGUAGES
from web.browser.test_pages_in_a_browser import OVERFLOW, TAGS, WIDTHS
from web.region import Gateway, open_region, pages

pytestmark = pytest.mark.browser

AT_ONCE_SECONDS = 1.5
"""Well under the two seconds after which journeys answers that nothing has come: whoever only asked again was later."""
TIMEOUT_MS = 60_000


@dataclass(frozen=True)
class Watched:
    """The pages behind a port, and the network behind the pages."""

    url: str
    ids: dict[str, str]
    trips: Trips
    loop: asyncio.AbstractEventLoop

    def happens(self, something: Coroutine[Any, Any, Any]) -> None:
        """Let something happen in the network, and wait until it has."""
        asyncio.run_coroutine_threadsafe(something, self.loop).result()

    def assessed(self, number: int) -> Coroutine[Any, Any, Any]:
        """Let one more person be asked what became of a goal."""
        goal, person = f"further-{number}", f"person-{number}"
        told = {"goal_id": goal, "person_id": person, "journey_id": self.ids["completed"]}
        return self.trips.tell("goal_assessment_requested", "goal", **told)

    @property
    def page(self) -> str:
        return f"{self.url}/console/journeys/{self.ids['completed']}/consequences"


@pytest.fixture(scope="module")
def watched(mongod: str, chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """The network, served from a thread of its own."""
    del chromium
    ready, over, found = threading.Event(), threading.Event(), list[Any]()

    def serve() -> None:
        try:
            asyncio.run(_serve(mongod, tmp_path_factory.mktemp("watched"), found, ready, over))
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test that waits must hear of it
            found.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=serve)
    thread.start()
    ready.wait()
    try:
        if not isinstance(found[0], Watched):
            raise found[0]
        yield found[0]
    finally:
        over.set()
        thread.join()


async def _serve(mongod: str, folder: Path, found: list[Any], ready: threading.Event, over: threading.Event) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with open_region(f"{mongod}/watched?replicaSet=test", folder) as region:
        ids = await week(region)
        region.gateway.app = pages(region.streets, public_url=url)
        config = uvicorn.Config(region.gateway, port=port, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn has a flag and no event
            await asyncio.sleep(0.05)
        trips = Trips(region.platforms["journeys"], region.clock)
        found.append(Watched(url, ids, trips, asyncio.get_running_loop()))
        ready.set()
        await asyncio.to_thread(over.wait)
        server.should_exit = True
        await serving


def opened(browser: Any, watched: Watched, **options: Any) -> Any:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
    context.set_default_timeout(TIMEOUT_MS)
    context.add_cookies([{"name": Gateway.COOKIE, "value": "lead", "url": watched.url}])
    page = context.new_page()
    page.goto(watched.page)
    return page


@pytest.fixture(scope="module", params=["light", "dark"])
def desk(request: pytest.FixtureRequest, browser: Any, watched: Watched) -> Iterator[Any]:
    """The lead's window, in one of the colour schemes."""
    context = browser.new_context(color_scheme=request.param)
    context.set_default_timeout(TIMEOUT_MS)
    context.add_cookies([{"name": Gateway.COOKIE, "value": "lead", "url": watched.url}])
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("path", [language + path for language in LANGUAGES for path in CONSOLE])
def test_a_page_has_no_barrier_that_axe_knows_and_never_scrolls_sideways(
    desk: Any, watched: Watched, path: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    answer = desk.goto(watched.url + path.format(**watched.ids))
    assert answer.status == 200
    for width in (390, 1280):
        desk.set_viewport_size({"width": width, "height": 900})
        results = Axe().run(desk, options={"runOnly": {"type": "tag", "values": TAGS}})
        assert results.violations_count == 0, results.generate_report()
    for width in WIDTHS:
        desk.set_viewport_size({"width": width, "height": 900})
        assert desk.evaluate(OVERFLOW) <= 0, width


def test_each_consequence_is_seen_at_once_and_the_rest_of_the_page_stays(browser: Any, watched: Watched) -> None:
    complaints: list[str] = []
    page = opened(browser, watched)
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.get_by_text("Neues erscheint hier von selbst.").wait_for()
    link = page.get_by_role("link", name="7 Teilnahmebescheinigungen")
    link.focus()
    spans = []

    for number in range(3):
        entry = page.locator("#log-assessments_requested")
        seen = entry.get_by_role("link", name=f"{4 + number + 1} Zielbilanzen", exact=True)
        watched.happens(watched.assessed(number))
        began = time.perf_counter()
        seen.wait_for()
        spans.append(time.perf_counter() - began)

    sys.stdout.write(f"\nseen after {', '.join(f'{span * 1_000:.0f} ms' for span in spans)}\n")
    assert min(spans) < AT_ONCE_SECONDS
    assert page.evaluate("() => document.activeElement.textContent.trim()") == "7 Teilnahmebescheinigungen"
    assert "Folgen vollständig" in page.get_by_role("status").text_content()
    assert complaints == []
    page.context.close()


def test_without_script_the_page_is_whole_and_says_how_it_is_renewed(browser: Any, watched: Watched) -> None:
    page = opened(browser, watched, java_script_enabled=False)
    assert page.get_by_text("Diese Seite zeigt den Stand von eben.").is_visible()

    watched.happens(watched.assessed(100))
    page.get_by_role("link", name="Neu laden").click()

    assert page.get_by_role("heading", name="Folgen").is_visible()
    assert page.get_by_role("link", name="Zielbilanzen").first.is_visible()
    page.context.close()
