"""Ten thousand characters, markup, text from right to left: in every field of every form, nothing breaks or is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
import pytest_asyncio
from web.browser.agency import week
from web.browser.everything import everything
from web.browser.places import LANGUAGES
from web.region import Browser, Page, Region, region_of_its_own

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.thorough]

LONG = "ä" * 10_000
HOSTILE = "<script>alert(1)</script> \u202eabc \u05d0\u05d1 🚂 \"'<b onclick=x>"
PLAUSIBLE = {"email": "ada@example.org", "number": "5", "date": "2099-01-01", "datetime-local": "2099-01-01T09:00"}
SHORT = "Weniger Papier an der Maschine."
PLACES = {
    "visitor": (
        "/join/apply",
        "/contact",
        "/accessibility/report",
        "/journeys/{open}/register",
        "/host/links/{request}",
        "/host/links/{desk}",
    ),
    "member": (
        "/journeys/{open}/register",
        "/me/goals/new",
        "/me/goals/{draft}/edit",
        "/me/goals/{returned}/edit",
        "/me/goals/{agreed}/sharing",
        "/me/goals/{agreed}/review",
        "/me/journeys/{under_way}/stops/{stop}",
        "/me/outreach/{activity}",
    ),
    "lead": (
        "/console/journeys/new",
        "/console/journeys/{draft_journey}",
        "/console/journeys/{draft_journey}/plan",
        "/console/journeys/{draft_journey}/stops/new",
        "/console/registrations",
        "/console/goals",
        "/console/organisations/import",
        "/console/enquiries",
    ),
}
EVERY = [(who, path) for who, paths in PLACES.items() for path in paths]


@dataclass
class Sheet:
    """A form with something plausible in every field."""

    action: str
    values: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)


class Sheets(HTMLParser):
    """Reads the forms of a page that are sent, and fills them in."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.found: list[Sheet] = []
        self._sheet: Sheet | None = None
        self._select = ""
        self.feed(page.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method") == "post":
            self._sheet = Sheet(given["action"])
            self.found.append(self._sheet)
        if self._sheet is None:
            return
        name, values = given.get("name", ""), self._sheet.values
        if tag == "textarea":
            self._text(name)
        elif tag == "select":
            self._select = name
        elif tag == "option" and given.get("value"):
            values.setdefault(self._select, given["value"])
        elif tag == "input" and given.get("type") in {"radio", "checkbox", "hidden"}:
            values.setdefault(name, given.get("value", ""))
        elif tag == "input" and given.get("type", "text") == "text" and "inputmode" not in given:
            self._text(name)
        elif tag == "input":
            values[name] = given.get("value") or PLAUSIBLE.get(given.get("type", ""), "5")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._sheet = None

    def _text(self, name: str) -> None:
        assert self._sheet is not None
        self._sheet.values[name] = SHORT
        self._sheet.texts.append(name)


@dataclass
class Filled:
    """A network with everything in it, and who looks at its pages."""

    browsers: dict[str, Browser]
    ids: dict[str, str]

    async def sheets(self, who: str, path: str) -> list[Sheet]:
        page = await self.browsers[who].look(path.format(**self.ids))
        return Sheets(page).found if page.status == 200 else []


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=[everything, week], ids=["everything", "week"])
async def filled(
    request: pytest.FixtureRequest, mongod: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Filled]:
    async with region_of_its_own(mongod, tmp_path_factory.mktemp("filled")) as region:
        ids = await request.param(region)
        yield Filled(_browsers(region, ids), ids)


def _browsers(region: Region, ids: dict[str, str]) -> dict[str, Browser]:
    signed_in = {who: Browser(region.gateway, {region.gateway.COOKIE: ids[who]}) for who in PLACES if who in ids}
    return {"visitor": region.browser, **signed_in}


def places_of(filled: Filled) -> list[tuple[str, str]]:
    """Give the places that this network has."""
    here = []
    for who, path in EVERY:
        try:
            path.format(**filled.ids)
        except KeyError:
            continue
        here += [(who, path)] if who in filled.browsers and ("lead" in filled.ids) == (who == "lead") else []
    return here


@pytest.mark.parametrize("language", LANGUAGES)
async def test_ten_thousand_characters_are_taken_or_refused_with_the_text_kept(filled: Filled, language: str) -> None:
    tried = 0
    for who, path in places_of(filled):
        for number, sheet in enumerate(await filled.sheets(who, language + path)):
            for name in sheet.texts:
                [fresh] = (await filled.sheets(who, language + path))[number : number + 1] or [sheet]
                answer = await filled.browsers[who].send(fresh.action, {**fresh.values, name: LONG})
                tried += 1
                kept_as_it_is = answer.status == 303
                assert answer.status in {200, 303, 409, 412, 422}, (path, name, answer.status)
                assert kept_as_it_is or LONG in answer.text, (path, name, "the text is lost")
                assert answer.status < 400 or 'role="alert"' in answer.text, (path, name, "nothing is said")
                assert kept_as_it_is or f'<html lang="{language[1:] or "de"}"' in answer.text
    assert tried > 10


async def test_what_is_typed_is_never_run_and_comes_back_as_it_was(filled: Filled) -> None:
    for who, path in places_of(filled):
        for sheet in await filled.sheets(who, path):
            sent = {**sheet.values, **dict.fromkeys(sheet.texts, HOSTILE)}
            answer = await filled.browsers[who].send(sheet.action, sent)
            if answer.status == 303:
                answer = await filled.browsers[who].look(answer.answer.headers["location"])
            assert answer.status < 500, (path, sheet.action)
            assert "<script>alert" not in answer.text
            assert "<b onclick" not in answer.text
