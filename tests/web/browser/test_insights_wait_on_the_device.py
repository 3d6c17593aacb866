"""Insights where there is no network: they wait on the device, are sent later, and each is one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from web.browser.looks import TIMEOUT_MS
from web.browser.served import Site

pytestmark = pytest.mark.browser

STOP = "/me/journeys/{under_way}/stops/{stop}"
TAKEN_ALONG = """async (address) => {
    await navigator.serviceWorker.ready;
    while (!(await caches.match(address))) await new Promise((again) => setTimeout(again, 50));
}"""
WAITS, SENT, REFUSED = "wartet auf Netz", "gesendet", "nicht angenommen"


@pytest.fixture
def context(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(TIMEOUT_MS)
    yield context
    context.close()


@pytest.fixture
def bare(browser: Any) -> Iterator[Any]:
    """A browser that keeps no pages: what is sent can be held up on its way."""
    context = browser.new_context(service_workers="block")
    context.set_default_timeout(TIMEOUT_MS)
    yield context
    context.close()


def arrived(context: Any, site: Site, who: str = "member") -> Any:
    page = context.new_page()
    site.sign_in(context, who)
    page.goto(site.address(STOP))
    return page


def write(page: Any, text: str) -> None:
    page.get_by_label("Was ist es?").select_option(label="Stolperstein")
    page.get_by_label("Was nehmen Sie mit?").fill(text)
    page.get_by_role("button", name="Festhalten").click()


def on_the_device(page: Any, chip: str) -> Any:
    return page.locator("[data-device=notes] .chip", has_text=re.compile(f"^{chip}$"))


def count(context: Any, site: Site, text: str) -> int:
    """Say how often a text has arrived."""
    page = context.new_page()
    page.goto(site.address("/me/insights"))
    found = page.locator("[aria-labelledby=sent] li", has_text=text).count()
    page.close()
    return int(found)


def test_what_is_written_without_a_network_is_sent_when_it_is_back_and_is_one(context: Any, site: Site) -> None:
    page = arrived(context, site)
    page.evaluate(TAKEN_ALONG, site.address(STOP))
    text = "Ohne Netz am Tor geschrieben."

    context.set_offline(True)
    write(page, text)
    on_the_device(page, WAITS).wait_for()
    assert "Noch nicht gesendet." in page.get_by_role("status").last.text_content()
    assert page.get_by_label("Was nehmen Sie mit?").input_value() == ""
    page.reload()
    on_the_device(page, WAITS).wait_for()
    assert page.get_by_role("heading", level=1).is_visible()
    assert text in page.locator("[data-device=notes]").text_content()

    context.set_offline(False)
    on_the_device(page, SENT).wait_for()
    assert count(context, site, text) == 1
    page.reload()
    assert on_the_device(page, WAITS).count() == 0
    assert count(context, site, text) == 1


def test_with_a_network_it_goes_straight_on_its_way(context: Any, site: Site) -> None:
    page = arrived(context, site)

    write(page, "Mit Netz geschrieben.")

    page.wait_for_url("**/me/insights?noted=yes")
    assert page.get_by_text("Angekommen.").is_visible()
    assert count(context, site, "Mit Netz geschrieben.") == 1


def test_an_answer_that_is_lost_makes_no_second_insight(bare: Any, site: Site) -> None:
    page = arrived(bare, site)
    address, lost = site.address(STOP), []

    def lose(route: Any) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch(max_redirects=0).status)
            route.abort()
        else:
            route.continue_()

    page.route(address, lose)
    write(page, "Die Antwort ging verloren.")
    on_the_device(page, WAITS).wait_for()
    assert lost == [303]
    assert count(bare, site, "Die Antwort ging verloren.") == 1

    page.get_by_role("button", name="Jetzt senden").click()
    on_the_device(page, SENT).wait_for()
    assert count(bare, site, "Die Antwort ging verloren.") == 1


def test_what_is_refused_stays_with_its_reason_until_it_is_discarded(context: Any, site: Site) -> None:
    page = arrived(context, site)

    write(page, "   ")

    on_the_device(page, REFUSED).wait_for()
    assert "Bitte schreiben Sie mindestens einen Satz." in page.locator("[data-reason]").text_content()
    page.get_by_role("button", name="Verwerfen").click()
    assert on_the_device(page, REFUSED).count() == 1
    page.get_by_role("button", name="Wirklich verwerfen").click()
    assert on_the_device(page, REFUSED).count() == 0


def test_another_person_on_the_device_neither_sees_nor_sends_it(bare: Any, site: Site) -> None:
    page = arrived(bare, site)
    bare.set_offline(True)
    write(page, "Nur von Mira.")
    on_the_device(page, WAITS).wait_for()

    bare.set_offline(False)
    site.sign_in(bare, "neighbour")
    page.goto(site.address("/me/insights"))
    page.wait_for_load_state("networkidle")
    assert "Nur von Mira." not in page.content()
    assert page.locator("[data-device=list]").is_hidden()

    site.sign_in(bare, "member")
    page.goto(site.address("/me/insights"))
    on_the_device(page, SENT).wait_for()
    assert count(bare, site, "Nur von Mira.") == 1


def test_who_was_signed_out_meanwhile_is_told_and_loses_nothing(bare: Any, site: Site) -> None:
    page = arrived(bare, site)
    site.sign_in(bare, None)

    write(page, "Nach dem Abmelden.")

    on_the_device(page, WAITS).wait_for()
    assert "Sie sind abgemeldet" in page.get_by_role("status").last.text_content()
    site.sign_in(bare, "member")
    page.get_by_role("button", name="Jetzt senden").click()
    on_the_device(page, SENT).wait_for()
    assert count(bare, site, "Nach dem Abmelden.") == 1


def test_without_a_script_it_is_an_ordinary_form(browser: Any, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(TIMEOUT_MS)
    page = arrived(context, site)

    write(page, "Ganz ohne Skript.")

    assert page.url.endswith("/me/insights?noted=yes")
    assert count(context, site, "Ganz ohne Skript.") == 1
    context.close()
