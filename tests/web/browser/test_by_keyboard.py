"""The console and a member's pages by keyboard alone, at 200 % zoom: every action reached, in order, in sight."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from web.browser.looks import TIMEOUT_MS
from web.browser.places import CONSOLE, OWN, SEEN_BY_MEMBERS
from web.browser.served import Site

pytestmark = pytest.mark.browser

ZOOMED = {"locale": "de-DE", "viewport": {"width": 640, "height": 450}, "device_scale_factor": 2}
"""What a window of 1280 by 900 shows at 200 %."""
NUMBERED = """() => {
    const group = one => [...one.form.querySelectorAll(`input[name="${one.name}"]`)];
    const first = one => one.type !== 'radio' || one.checked
        || (!group(one).some(each => each.checked) && group(one)[0] === one);
    const all = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]';
    const stops = [...document.querySelectorAll(all)].filter(
        one => !one.disabled && one.checkVisibility({visibilityProperty: true}) && first(one));
    stops.forEach((one, number) => { one.dataset.stop = number; });
    return stops.length;
}"""
"""Numbers everything a keyboard must reach, as it stands in the document; of radio buttons one is reached."""
SETTLED = """() => {
    const hint = document.getElementById('renewal');
    return hint === null || hint.textContent === hint.dataset.on;
}"""
"""A page that renews itself takes away its link to load it again."""
HERE = """() => {
    const at = document.activeElement, box = at.getBoundingClientRect();
    const ring = style => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth);
    const over = document.elementFromPoint((left + right) / 2, box.top + box.height / 2);
    const said = at.getAttribute('aria-label') || at.labels?.[0]?.textContent || at.textContent;
    return {
        stop: at === document.body ? 'over' : at.dataset.stop ?? null,
        said: said.trim().replace(/\\s+/g, ' ').slice(0, 80),
        // A link that covers its card has its ring around the card.
        ringed: ring(getComputedStyle(at)) || ring(getComputedStyle(at, '::after')),
        seen: over !== null && (at.contains(over) || over.contains(at) || (at.labels?.[0]?.contains(over) ?? false)),
    };
}"""
"""What has the focus: whether it is ringed, and whether nothing lies over it."""
MOST = 200
INSIDE = 30
"""Stops within fields for days and times, and where something scrolls."""


@pytest.fixture(scope="module")
def window(browser: Any) -> Iterator[Any]:
    context = browser.new_context(**ZOOMED)
    context.set_default_timeout(TIMEOUT_MS)
    yield context.new_page()
    context.close()


@pytest.fixture
def place(request: pytest.FixtureRequest, window: Any) -> Any:
    """Let whoever such a page is for look at it."""
    name, path, who = request.param
    request.getfixturevalue(name).goes(window, path, who=who)
    return window


PLACES = [
    *(pytest.param(("agency", path, None), id=path) for path in CONSOLE),
    *(pytest.param(("site", path, None), id=path) for path in (*OWN, "/host/links/{request}", "/host/links/{desk}")),
    *(pytest.param(("site", path, "member"), id=path) for path in (*SEEN_BY_MEMBERS, "/", "/catalog", "/journeys")),
]


@pytest.mark.parametrize("place", PLACES, indirect=True)
def test_every_action_is_reached_in_order_ringed_and_in_sight(place: Any) -> None:
    place.wait_for_function(SETTLED)
    wanted, walked = place.evaluate(NUMBERED), []
    for _ in range(wanted + INSIDE):
        place.keyboard.press("Tab")
        here = place.evaluate(HERE)
        if walked and here["stop"] in {"over", "0"}:
            break
        walked.append(here)

    # A field for a moment is several stops of one element.
    assert list(dict.fromkeys(here["stop"] for here in walked if here["stop"])) == [str(n) for n in range(wanted)]
    assert [here["said"] for here in walked if not here["seen"]] == []
    # The button within such a field has a ring of the browser's own.
    ringed = {here["stop"] for here in walked if here["ringed"]}
    assert [here["said"] for here in walked if here["stop"] not in ringed] == []


def tab_to(page: Any, words: str) -> None:
    """Walk on until what has the focus says this."""
    for _ in range(MOST):
        page.keyboard.press("Tab")
        if words in page.evaluate(HERE)["said"]:
            return
    msg = f"no way leads to {words}"
    raise AssertionError(msg)


def follow(page: Any, words: str) -> None:
    tab_to(page, words)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def type_into(page: Any, words: str, text: str) -> None:
    tab_to(page, words)
    for number, part in enumerate(text.split("\t")):
        if number:
            page.keyboard.press("Tab")
        page.keyboard.type(part)


def test_a_journey_is_planned_and_announced_by_keyboard_alone(window: Any, agency: Site) -> None:
    agency.goes(window, "/console/journeys")
    follow(window, "Lernreise planen")
    type_into(window, "Titel", "Mit der Tastatur geplant")
    # Day and month may stand either way round, and the half of the day is asked for or not.
    for field, moment in (("Beginn", "10102099\t1000a"), ("Ende", "10102099\t1100a")):
        type_into(window, field, moment)
    tab_to(window, "Von selbst, solange Plätze frei sind")
    window.keyboard.press("ArrowDown")
    follow(window, "Entwurf speichern")
    assert window.get_by_role("heading", level=1).text_content() == "Mit der Tastatur geplant"

    follow(window, "Ankündigen")
    tab_to(window, "Vertrieb")
    window.keyboard.press("Space")
    follow(window, "Jetzt ankündigen")
    assert window.get_by_text("angekündigt", exact=True).is_visible()


def test_the_menu_opens_and_closes_by_keyboard_and_gives_the_focus_back(window: Any, agency: Site) -> None:
    agency.goes(window, "/console")
    tab_to(window, "Menü")
    window.keyboard.press("Enter")
    tab_to(window, "Katalog")
    window.keyboard.press("Escape")
    assert window.evaluate(HERE)["said"] == "Menü"

    window.keyboard.press("Enter")
    follow(window, "Katalog")
    assert window.url.endswith("/console/workshop")


def test_a_seat_is_asked_for_by_keyboard_alone(window: Any, site: Site) -> None:
    site.goes(window, "/journeys/{open}/register", who="neighbour")
    type_into(window, "Was soll bei Ihnen besser werden?", "Weniger Papier an der Maschine.")
    type_into(window, "Woran merken Sie", "Kein Zettel mehr.")
    tab_to(window, "Etwas, das nicht gut läuft")
    window.keyboard.press("Space")
    follow(window, "Platz anfragen")
    assert window.get_by_role("heading", name="Wie es weitergeht").is_visible()


def test_a_host_decides_by_keyboard_alone(window: Any, site: Site) -> None:
    site.goes(window, "/host/links/{desk}")
    tab_to(window, "Freigeben")
    for _ in range(2):
        window.keyboard.press("ArrowDown")
    follow(window, "Entscheidung speichern")
    assert window.get_by_role("heading", name="3 von 4 entschieden").is_visible()
