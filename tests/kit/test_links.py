"""Mailed links: GET shows, POST acts, and each opens one thing for its time."""

from __future__ import annotations

import asyncio
import re
from html.parser import HTMLParser
from typing import Any

import httpx2
import pytest

from missionare.kit.links import hashed
from missionare.kit.moments import told
from missionare.kit.testing import PUBLIC_URL, MovableClock, Platform

THINGS = "/api/things/v1/things"


class Inputs(HTMLParser):
    """Collects the address of the first form and its hidden fields."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.action = ""
        self.hidden: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = self.action or values["action"]
        if tag == "input" and values.get("type") == "hidden":
            self.hidden[values["name"]] = values["value"]


async def thing(things: Platform) -> str:
    answer = await things.as_person("p1").post(THINGS, {"name": "Säge", "size": 1})
    return str(answer.json()["id"])


async def link_to(things: Platform, purpose: str, subject: str) -> str:
    wanted = {"purpose": purpose, "subject": subject}
    answer = await things.as_service("friend").post("/internal/links", wanted, key="")
    assert answer.status_code == 200, answer.text
    url: str = answer.json()["url"]
    assert url.startswith(PUBLIC_URL + "/api/things/v1/links/")
    return url.removeprefix(PUBLIC_URL)


async def submit(things: Platform, page: httpx2.Response, **fields: str) -> httpx2.Response:
    form = Inputs(page.text)
    return await things.as_visitor().submit(form.action, {**form.hidden, **fields})


async def state(things: Platform, thing_id: str) -> str:
    return str((await things.service.database["things"].find_one({"_id": thing_id}))["state"])


async def test_a_link_shows_without_changing_anything_and_acts_when_its_form_is_sent(things: Platform) -> None:
    thing_id = await thing(things)
    path = await link_to(things, "approval", thing_id)

    page = await things.as_visitor().get(path)
    assert (page.status_code, await state(things, thing_id)) == (200, "new")
    done = await submit(things, page, note="gern")

    assert done.status_code == 200
    assert "Bemerkung: gern" in done.text
    assert await state(things, thing_id) == "approved"


async def test_the_page_is_plain_accessible_and_keeps_its_address_to_itself(things: Platform) -> None:
    page = await things.as_visitor().get(await link_to(things, "approval", await thing(things)))

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["cache-control"] == "no-store"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert '<html lang="de">' in page.text
    assert "<script" not in page.text
    for identifier in re.findall(r'<(?:textarea|select|input type="text")[^>]* id="([^"]+)"', page.text):
        assert f'<label for="{identifier}">' in page.text
    assert "&lt;Säge&gt;" in page.text


async def test_only_the_hash_of_a_token_is_stored(things: Platform) -> None:
    path = await link_to(things, "approval", await thing(things))
    token = path.rsplit("/", 1)[1]

    rows = await things.service.database["links"].find({}).to_list(None)

    assert [row["_id"] for row in rows] == [hashed(token)]
    assert token not in str(rows)
    assert token not in str(await things.service.database.audit.find({}).to_list(None))


async def test_the_same_form_sent_twice_acts_once(things: Platform) -> None:
    thing_id = await thing(things)
    page = await things.as_visitor().get(await link_to(things, "approval", thing_id))

    first = await submit(things, page, note="")
    second = await submit(things, page, note="")

    assert (first.status_code, second.status_code) == (200, 200)
    assert "Stand: approved" in second.text
    assert await things.service.database["facts"].count_documents({"type": "things.thing_approved.v1"}) == 1


async def test_a_form_that_was_shown_before_a_change_is_refused_as_a_page(things: Platform) -> None:
    thing_id = await thing(things)
    page = await things.as_visitor().get(await link_to(things, "approval", thing_id))
    await things.as_person("p1").post(f"{THINGS}/{thing_id}/count")

    answer = await submit(things, page, note="")

    assert answer.status_code == 412
    assert answer.headers["content-type"].startswith("text/html")
    assert "Inzwischen geändert" in answer.text
    assert await state(things, thing_id) == "new"


@pytest.mark.parametrize(("missing", "status"), [("idempotency_key", 400), ("if_match", 428)])
async def test_a_form_without_its_hidden_fields_is_refused(things: Platform, missing: str, status: int) -> None:
    thing_id = await thing(things)
    form = Inputs((await things.as_visitor().get(await link_to(things, "approval", thing_id))).text)
    del form.hidden[missing]

    answer = await things.as_visitor().submit(form.action, {**form.hidden, "note": ""})

    assert (answer.status_code, await state(things, thing_id)) == (status, "new")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
async def test_a_form_from_another_page_is_refused(things: Platform, headers: dict[str, str]) -> None:
    thing_id = await thing(things)
    form = Inputs((await things.as_visitor().get(await link_to(things, "approval", thing_id))).text)

    answer = await things.client.post(form.action, data={**form.hidden, "note": ""}, headers=headers)

    assert (answer.status_code, await state(things, thing_id)) == (403, "new")


async def test_a_client_that_is_no_browser_may_send_the_form(things: Platform) -> None:
    thing_id = await thing(things)
    form = Inputs((await things.as_visitor().get(await link_to(things, "approval", thing_id))).text)

    answer = await things.client.post(form.action, data={**form.hidden, "note": ""})

    assert (answer.status_code, await state(things, thing_id)) == (200, "approved")


async def test_an_expired_link_explains_itself_and_offers_a_new_one_to_the_known_address(
    things: Platform, clock: MovableClock
) -> None:
    thing_id = await thing(things)
    path = await link_to(things, "approval", thing_id)
    page = await things.as_visitor().get(path)
    clock.move(days=15)

    late = await submit(things, page, note="")
    expired = await things.as_visitor().get(path)
    renewed = await submit(things, expired)
    again = await submit(things, expired)

    assert (late.status_code, expired.status_code) == (410, 410)
    assert "Neuen Link an die bekannte Adresse senden" in expired.text
    ended = (await things.service.database["links"].find_one({}))["expires_at"]
    assert f"galt bis {told(ended, 'de')}" in expired.text
    assert "Ein neuer Link ist unterwegs" in renewed.text
    assert again.status_code == 410
    assert await state(things, thing_id) == "new"
    assert await things.service.database["timers"].count_documents({"name": "mail"}) == 1


async def test_a_valid_link_cannot_be_renewed_and_an_unknown_action_does_nothing(things: Platform) -> None:
    path = await link_to(things, "approval", await thing(things))

    renewal = await things.as_visitor().submit(f"{path}/renewal", {})
    unknown = await things.as_visitor().submit(f"{path}/destroy", {"idempotency_key": "k"})

    assert (renewal.status_code, unknown.status_code) == (404, 404)
    assert (await things.as_visitor().get(path)).status_code == 200
    assert await things.service.database["timers"].count_documents({}) == 0


async def test_a_single_use_link_sets_its_cookie_once_and_ends_its_siblings(things: Platform) -> None:
    first, sibling = await link_to(things, "entry", "p1"), await link_to(things, "entry", "p1")
    other = await link_to(things, "entry", "p2")
    page = await things.as_visitor().get(first)

    entered = await submit(things, page)

    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    assert "session=p1" in entered.headers["set-cookie"]
    assert (await submit(things, page)).status_code == 410
    assert (await things.as_visitor().get(sibling)).status_code == 410
    assert (await things.as_visitor().get(other)).status_code == 200


async def test_a_single_use_link_and_its_siblings_used_at_once_open_one_door(things: Platform) -> None:
    paths = [await link_to(things, "entry", "p1") for _ in range(5)]

    answers = await asyncio.gather(*(things.as_visitor().submit(f"{path}/enter", {}) for path in paths * 3))

    assert sorted(answer.status_code for answer in answers) == [303] + [410] * 14


@pytest.mark.parametrize("token", ["x", "x" * 128, "..", "%00", "%F0%9F%98%80"])
async def test_an_unknown_token_gets_a_page_that_says_what_next(things: Platform, token: str) -> None:
    answer = await things.as_visitor().get(f"/api/things/v1/links/{token}")

    assert answer.status_code == 404
    if answer.headers["content-type"].startswith("text/html"):
        assert "bitten Sie die Regionalagentur" in answer.text


async def test_a_page_speaks_the_language_of_its_reader(things: Platform) -> None:
    answer = await things.as_visitor(Accept_Language="en").get("/api/things/v1/links/unknown")

    assert '<html lang="en">' in answer.text
    assert "Link unknown" in answer.text


@pytest.mark.parametrize(("caller", "status"), [("friend", 200), ("stranger", 403), ("person", 403), ("visitor", 401)])
async def test_only_the_service_that_mails_links_may_fetch_one(things: Platform, caller: str, status: int) -> None:
    callers: dict[str, Any] = {
        "friend": things.as_service("friend"),
        "stranger": things.as_service("stranger"),
        "person": things.as_person("p1", roles=["operator"]),
        "visitor": things.as_visitor(),
    }

    answer = await callers[caller].post("/internal/links", {"purpose": "entry", "subject": "p1"}, key="")

    assert answer.status_code == status


@pytest.mark.parametrize("wanted", [{"purpose": "nothing", "subject": "x"}, {"purpose": "approval", "subject": "x"}])
async def test_there_is_no_link_to_what_does_not_exist(things: Platform, wanted: dict[str, str]) -> None:
    answer = await things.as_service("friend").post("/internal/links", wanted, key="")

    assert answer.status_code == 404
    assert await things.service.database["links"].count_documents({}) == 0


async def test_what_a_link_did_is_in_the_audit_trail(things: Platform) -> None:
    page = await things.as_visitor().get(await link_to(things, "approval", await thing(things)))
    await submit(things, page, note="geheim")

    row = await things.service.database.audit.find_one({"what": "approval.approve"})

    assert row["actor"].startswith("link:")
    assert row["objects"][0].startswith("thing:")
    assert "geheim" not in str(row)
