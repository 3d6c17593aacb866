"""Each page as people meet it: read out, on a telephone, with large text, by keyboard, without script, quickly."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from web.browser.conftest import Site
from web.browser.places import LANGUAGES, OWN, PAGES

pytestmark = pytest.mark.browser

FIRST_VIEW_BYTES = 200_000
WIDTHS = (320, 390, 640, 1024, 1280)
ALL = (*PAGES, *OWN)
EVERY = [f"{language}{path}" if path != "/" or not language else language for language in LANGUAGES for path in ALL]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
TIMEOUT_MS = 60_000


def opened(browser: Any, site: Site, path: str, **options: Any) -> Any:
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    site.goes(page, path)
    return page


@pytest.fixture(scope="module", params=["light", "dark"])
def coloured(request: pytest.FixtureRequest, browser: Any) -> Iterator[Any]:
    """A window in one of the colour schemes, at the width of a telephone."""
    context = browser.new_context(color_scheme=request.param, viewport={"width": 390, "height": 844})
    context.set_default_timeout(TIMEOUT_MS)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("path", EVERY)
def test_a_page_has_no_barrier_that_axe_knows(coloured: Any, site: Site, path: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    site.goes(coloured, path)
    for width in (390, 1280):
        coloured.set_viewport_size({"width": width, "height": 900})
        results = Axe().run(coloured, options={"runOnly": {"type": "tag", "values": TAGS}})
        assert results.violations_count == 0, results.generate_report()


@pytest.fixture(scope="module")
def window(browser: Any) -> Iterator[Any]:
    context = browser.new_context()
    context.set_default_timeout(TIMEOUT_MS)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("path", EVERY)
def test_a_page_never_scrolls_sideways_and_breaks_no_rule_of_its_own(window: Any, site: Site, path: str) -> None:
    complaints: list[str] = []
    window.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    site.goes(window, path)
    for width in WIDTHS:
        window.set_viewport_size({"width": width, "height": 900})
        assert window.evaluate(OVERFLOW) <= 0, width
    window.set_viewport_size({"width": 640, "height": 900})
    window.evaluate("() => { document.documentElement.style.fontSize = '200%' }")
    assert window.evaluate(OVERFLOW) <= 0, "200 % text"
    # The browser reports the status of a page that is not found; everything else would be our own mistake.
    assert [text for text in complaints if "404" not in text] == []


@pytest.fixture(scope="module")
def weights() -> Iterator[dict[str, int]]:
    """How many bytes each page is, with everything it loads; shown by `-s`."""
    weights: dict[str, int] = {}
    yield weights
    sys.stdout.write("".join(f"\n{weight:7} bytes  {path}" for path, weight in weights.items()))


@pytest.mark.parametrize("path", ALL)
def test_the_first_view_is_light_and_asks_nobody_else(
    browser: Any, site: Site, path: str, weights: dict[str, int]
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(TIMEOUT_MS)
    page, sizes, foreign = context.new_page(), [], []

    def note(request: Any) -> None:
        if not request.url.startswith(site.url):
            foreign.append(request.url)
        sizes.append(request.sizes()["responseBodySize"] + request.sizes()["responseHeadersSize"])

    page.on("requestfinished", note)
    site.goes(page, path, wait_until="networkidle")
    context.close()

    assert foreign == []
    assert 0 < sum(sizes) <= FIRST_VIEW_BYTES
    weights[path] = sum(sizes)


def test_everything_can_be_reached_and_seen_by_keyboard(browser: Any, site: Site) -> None:
    page = opened(browser, site, "/join/apply")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.url.endswith("#content")
    seen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate("""() => {
            const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
            const name = at === document.body ? '' : at.id || at.textContent.trim().slice(0, 30);
                return [name, box.height >= 20, style.outlineStyle !== 'none'];
        }""")
        )
    names = [name for name, _large, _ringed in seen]
    assert {"name", "kind", "municipality", "email", "function", "Mitgliedschaft beantragen"} <= set(names)
    assert [name for name, large, ringed in seen if name and not (large and ringed)] == []
    page.context.close()


def test_the_menu_of_a_telephone_opens_without_script(browser: Any, site: Site) -> None:
    page = opened(browser, site, "/", viewport={"width": 390, "height": 844}, java_script_enabled=False)
    entry = page.get_by_role("link", name="Katalog", exact=True)
    assert not entry.is_visible()

    page.get_by_role("button", name="Menü").click()
    entry.click()

    assert page.url.endswith("/catalog")
    page.context.close()


def test_a_membership_is_applied_for_without_script_and_mistakes_are_told(browser: Any, site: Site) -> None:
    page = opened(browser, site, "/join/apply", java_script_enabled=False)
    page.get_by_label("Name der Organisation").fill("Dornheck Metallbau GmbH")
    page.get_by_role("button", name="Mitgliedschaft beantragen").click()
    assert page.get_by_role("alert").is_visible()
    assert page.get_by_label("Name der Organisation").input_value() == "Dornheck Metallbau GmbH"

    for label, option in {
        "Art": "Unternehmen",
        "Gemeinde": "Kreuztal",
        "Branche": "Metallwaren",
        "Größe": "50 bis 249 Beschäftigte",
        "Was tun Sie dort?": "Produktion",
    }.items():
        page.get_by_label(label, exact=True).select_option(label=option)
    page.get_by_label("Vorname").fill("Jan")
    page.get_by_label("Nachname").fill("Weißbach")
    page.get_by_label("E-Mail-Adresse").fill("jan@dornheck.example")
    page.get_by_role("button", name="Mitgliedschaft beantragen").click()

    assert page.get_by_role("heading", level=1).text_content() == "Ihr Antrag ist eingegangen"
    page.context.close()


def test_the_catalog_is_narrowed_down_by_links_and_each_choice_has_an_address(browser: Any, site: Site) -> None:
    page = opened(browser, site, "/catalog", java_script_enabled=False)
    page.get_by_role("link", name="Frage 2", exact=True).click()
    assert "kind=question" in page.url
    assert page.get_by_role("heading", name="2 Einträge").is_visible()

    page.get_by_role("searchbox").fill("Schichtplan")
    page.get_by_role("button", name="Suchen").click()
    assert "kind=question" in page.url
    assert "q=Schichtplan" in page.url

    page.get_by_role("link", name="English").click()
    assert "/en/catalog?" in page.url
    assert "kind=question" in page.url
    page.context.close()
