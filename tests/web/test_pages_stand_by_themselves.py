"""Pages without any service: they load nothing from elsewhere, say what is missing, and speak two languages."""

from __future__ import annotations

import re

import pytest
from web.region import Browser, Streets, pages

from missionare.web.headers import CONTENT_SECURITY_POLICY


@pytest.fixture
def browser() -> Browser:
    return Browser(pages(Streets()))


async def test_the_start_page_stands_while_every_service_is_away(browser: Browser) -> None:
    page = await browser.look("/")

    assert page.status == 200
    assert page.title == "Hinfahren, ansehen, weitersagen."
    assert page.text.count("Dieser Teil antwortet gerade nicht.") == 2


async def test_the_language_stands_in_the_address_and_each_page_links_to_its_twin(browser: Browser) -> None:
    german, english = await browser.look("/?a=1"), await browser.look("/en?a=1")

    assert german.answer.headers["content-language"] == "de"
    assert german.links["English"] == "/en?a=1"
    assert english.answer.headers["content-language"] == "en"
    assert english.links["Deutsch"] == "/?a=1"
    assert english.links["Catalog"] == "/en/catalog"


async def test_a_page_asks_for_nothing_from_elsewhere_and_has_no_inline_style_or_script(browser: Browser) -> None:
    page = await browser.look("/")

    assert page.answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert not re.search(r'<(?:link|img|script)[^>]+(?:href|src)="(?:https?:)?//(?!127\.0\.0\.1)', page.text)
    assert "<style" not in page.text
    assert " style=" not in page.text
    assert not re.search(r"<script(?! type=\"application/ld\+json\")(?![^>]*src=)", page.text)


async def test_what_a_page_loads_is_kept_for_good_and_comes_compressed(browser: Browser) -> None:
    page = await browser.look("/")
    addresses = re.findall(r'<link rel="(?:stylesheet|icon|preload)" href="([^"]+)"', page.text)
    assert len(addresses) == 4

    for address in addresses:
        answer = await browser.client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers.get("content-encoding", "") in ({""} if address.endswith("woff2") else {"br", "gzip"})


async def test_the_style_sheet_names_the_font_by_its_content(browser: Browser) -> None:
    page = await browser.look("/")
    sheet = next(address for address in re.findall(r'href="([^"]+\.css)"', page.text) if "tokens" in address)

    font = re.search(r'url\("([^"]+woff2)"\)', (await browser.client.get(sheet)).text)

    assert font is not None
    assert (await browser.client.get(font[1])).status_code == 200
    assert (await browser.client.get("/static/tokens.000000000000.css")).status_code == 404


async def test_a_page_that_has_not_changed_is_not_sent_again(browser: Browser) -> None:
    first = await browser.look("/")

    again = await browser.look("/", If_None_Match=first.answer.headers["etag"])

    assert again.status == 304
    assert again.text == ""


async def test_an_unknown_address_is_a_page_for_people_and_a_document_for_programs(browser: Browser) -> None:
    page, answer = await browser.look("/en/nowhere"), await browser.client.get("/nowhere")

    assert (page.status, page.title) == (404, "Not found")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")


async def test_the_gateways_refusals_speak_the_language_of_the_browser(browser: Browser) -> None:
    german = await browser.look("/problems/429", Accept_Language="de")
    english = await browser.look("/problems/429", Accept_Language="en")

    assert (german.title, english.title) == ("Zu viele Anfragen", "Too many requests")
    assert german.answer.headers["retry-after"] == "1"
