"""Each page as people meet it: read out, on a telephone, with large text, by keyboard, without script, quickly."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from web.browser.looks import COLOURS, TIMEOUT_MS, Look, looked_at
from web.browser.places import LANGUAGES, OWN, PAGES, SEEN_BY_MEMBERS
from web.browser.served import Site

pytestmark = pytest.mark.browser

FIRST_VIEW_BYTES = 200_000
ALL = (*((path, None) for path in (*PAGES, *OWN)), *((path, "member") for path in SEEN_BY_MEMBERS))
EVERY = [
    pytest.param(
        (language + path if path != "/" or not language else language, who), id=f"{language}{path} {who or ''}"
    )
    for language in LANGUAGES
    for path, who in ALL
]


@pytest.fixture(scope="module", params=EVERY)
def shown(request: pytest.FixtureRequest, browser: Any, site: Site) -> Iterator[Look]:
    """Each page, loaded once: the tests of one page follow each other."""
    path, who = request.param
    with looked_at(browser, site, path, who) as look:
        yield look


@pytest.mark.parametrize("colours", COLOURS)
def test_a_page_has_no_barrier_that_axe_knows(shown: Look, colours: str) -> None:
    assert shown.barriers(colours) == []


def test_a_page_never_scrolls_sideways_and_breaks_no_rule_of_its_own(shown: Look) -> None:
    assert shown.overflows() == []
    # The browser reports the status of a page that says no; everything else would be our own mistake.
    assert [text for text in shown.complaints if f"a status of {shown.status} (" not in text] == []


@pytest.fixture(scope="module")
def weights() -> Iterator[dict[str, int]]:
    """How many bytes each page is, with everything it loads; shown by `-s`."""
    weights: dict[str, int] = {}
    yield weights
    sys.stdout.write("".join(f"\n{weight:7} bytes  {path}" for path, weight in weights.items()))


def test_the_first_view_is_light_and_asks_nobody_else(shown: Look, weights: dict[str, int]) -> None:
    shown.wait_for_everything()
    assert shown.foreign == []
    assert 0 < sum(shown.sizes) <= FIRST_VIEW_BYTES
    weights[shown.path] = sum(shown.sizes)


def opened(browser: Any, site: Site, path: str, **options: Any) -> Any:
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    site.goes(page, path)
    return page


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


def test_the_own_pages_are_behind_one_button_on_a_telephone(browser: Any, site: Site) -> None:
    page = opened(browser, site, "/me", viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page.get_by_role("button", name="Mein Bereich").click()
    page.get_by_role("link", name="Einwilligungen", exact=True).click()

    assert page.url.endswith("/me/consents")
    assert page.get_by_role("navigation", name="Mein Bereich").locator("b").inner_text() == "Einwilligungen"
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
