"""A host's pages behind a mailed link: no account, no menu, whom to call at the top, and every decision by a form."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
import pytest_asyncio
from journeys.region import Region as Trips
from web.region import Page, Region

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXTS = (
    "Der Anlauf ist gescheitert, weil <b>niemand</b> die Nachtschicht gefragt hat.",
    "Jede Maske passt auf einen Bildschirm.",
    "Zwei aus der Nachtschicht haben heimlich die Masken gezeichnet.",
)


@dataclass(frozen=True)
class Desk:
    """A desk with three insights, one of them for the employee representation alone."""

    path: str

    def cards(self, page: Page) -> list[dict[str, str]]:
        forms = re.findall(r"<form[^>]+/decision.*?</form>", page.text, re.DOTALL)
        return [dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)) for form in forms]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def trips(shared: Region) -> Trips:
    trips = Trips(shared.platforms["journeys"], shared.clock)
    await trips.activate("host-1")
    return trips


async def desk_of(trips: Trips, person: str, *audiences: str) -> Desk:
    journey = await trips.open(stops=1)
    [(traveller, seat)] = await trips.travelling(journey, person)
    stop_id = (await trips.depart(journey))["stops"][0]["id"]
    await traveller.check_in(seat, stop_id)
    for text, audience in zip(TEXTS, audiences, strict=False):
        answer = await traveller.note(journey["id"], stop_id, text=text, audience=audience)
        assert answer.status_code == 201, answer.text
    return Desk(f"/host/links/{(await trips.link('release_desk', journey['id'], stop_id)).token}")


async def test_a_host_says_yes_without_an_account(shared: Region, trips: Trips) -> None:
    journey = await trips.plan(1)
    link = await trips.link("host_visit", journey["id"], journey["stops"][0]["id"])
    path = f"/host/links/{link.token}"
    host = shared.browser

    shown = await host.look(path)
    missing = await host.send(f"{path}/confirm", {**shown.fields, "capacity": "viele", "audience": "network"})
    terms = {"capacity": "14", "audience": "network", "release_required": "yes", "photos": "none"}
    answered = await host.send(f"{path}/confirm", {**shown.fields, **terms})
    after = await host.look(path)
    again = await host.send(f"{path}/decline", {**shown.fields, "reason": ""})

    assert shown.title == "Dürfen wir Sie besuchen?"
    assert "Katalog" not in shown.links
    assert "0271 000040" in shown
    assert shown.answer.headers["cache-control"] == "no-store"
    assert (missing.status, 'value="viele"' in missing.text) == (422, True)
    assert "Bitte geben Sie als Zahl an" in missing
    assert answered.answer.headers["location"] == path
    assert "Ihre Zusage ist eingetragen." in after
    assert "höchstens 14" in after
    assert again.status == 422


async def test_a_no_is_acknowledged(shared: Region, trips: Trips) -> None:
    journey = await trips.plan(1)
    path = f"/host/links/{(await trips.link('host_visit', journey['id'], journey['stops'][0]['id'])).token}"
    shown = await shared.browser.look(path)

    sent = await shared.browser.send(f"{path}/decline", {**shown.form(f"{path}/decline"), "reason": "Inventur"})
    told = await shared.browser.look(sent.answer.headers["location"])

    assert "Ihre Absage ist eingetragen" in told
    assert "Ihre Absage ist eingetragen" not in await shared.browser.look(path)


async def test_each_insight_is_decided_by_a_form_and_what_was_struck_is_gone(shared: Region, trips: Trips) -> None:
    desk, host = await desk_of(trips, "ada", "public", "network", "public"), shared.browser
    shown = await host.look(desk.path)
    first, second, third = desk.cards(shown)

    none = await host.send(f"{desk.path}/decision", first)
    empty = await host.send(f"{desk.path}/decision", {**third, "decision": "redact", "text": " ", "audience": "public"})
    wide = await host.send(f"{desk.path}/decision", {**second, "decision": "release", "audience": "public"})
    shorter = "Zwei haben die Masken gezeichnet."
    await trips.pass_time(days=8)
    assert await trips.facts("insight_release_reminded")
    for card, said in (
        (first, {"decision": "release", "audience": "public"}),
        (second, {"decision": "withhold"}),
        (third, {"decision": "redact", "text": shorter, "audience": "network"}),
    ):
        sent = await host.send(f"{desk.path}/decision", {**card, **said})
        assert sent.answer.headers["location"] == desk.path
    late = await host.send(f"{desk.path}/decision", {**first, "idempotency_key": "another", "decision": "withhold"})
    page = await host.look(f"/en{desk.path}")

    assert "&lt;b&gt;niemand&lt;/b&gt;" in shown
    assert "checked" not in shown.text
    assert "Bitte wählen Sie, was mit dieser Erkenntnis geschieht." in none
    assert (empty.status, wide.status, late.status) == (422, 422, 422)
    assert "Leserkreis zu groß" in wide
    assert "3 of 3 decided" in page
    assert not {"heimlich", "Nachtschicht haben", "Bildschirm"} & {
        word for word in ("heimlich", "Nachtschicht haben", "Bildschirm") if word in page.text
    }
    assert page.text.count('class="ink-out"></span>') == 2 + 3
    assert len(set(re.findall(r'<span class="ink-out"[^>]*>[^<]*</span>', page.text))) == 1


async def test_a_host_reads_the_text_and_nothing_of_who_wrote_it(shared: Region, trips: Trips) -> None:
    desk = await desk_of(trips, "ben", "representation")

    page = await shared.browser.look(desk.path)

    assert "Der kleine Kreis, den der Gast gewählt hat" in page
    assert not [word for word in ("representation", "Interessenvertretung", "Betriebsrat", "company-of-ben", '"ben"')
                if word in page.text]  # fmt: skip


async def test_a_host_that_readers_could_guess_is_warned_before_it_releases(shared: Region, trips: Trips) -> None:
    desk = await desk_of(trips, "fay", "public")

    alone = await shared.browser.look(desk.path)
    for other in ("another-1", "another-2"):
        await trips.activate(other)
    among_others = await shared.browser.look(desk.path)

    assert "Man könnte Ihren Betrieb erraten" in alone
    assert "Man könnte Ihren Betrieb erraten" not in among_others


async def test_a_form_from_elsewhere_decides_nothing(shared: Region, trips: Trips) -> None:
    desk = await desk_of(trips, "cem", "public")
    [card] = desk.cards(await shared.browser.look(desk.path))

    foreign = await shared.browser.send(
        f"{desk.path}/decision", {**card, "decision": "withhold"}, Origin="https://elsewhere.example"
    )

    assert foreign.status == 403
    assert len(desk.cards(await shared.browser.look(desk.path))) == 1


async def test_a_host_whose_link_has_expired_is_sent_a_new_one_while_something_waits(
    shared: Region, trips: Trips
) -> None:
    """Two insights: the link was sent for the first, whose time is over; the second still waits."""
    journey = await trips.open(stops=1)
    [(traveller, seat)] = await trips.travelling(journey, "elif")
    stop_id = (await trips.depart(journey))["stops"][0]["id"]
    await traveller.check_in(seat, stop_id)
    await traveller.note(journey["id"], stop_id, text=TEXTS[0], audience="public")
    link = await trips.link("release_desk", journey["id"], stop_id)
    trips.clock.move(hours=2)
    await traveller.note(journey["id"], stop_id, text=TEXTS[1], audience="public")
    trips.clock.move(days=20, hours=23)
    path, host = f"/host/links/{link.token}", shared.browser

    over = await host.look(path)
    english = await host.look(f"/en{path}")
    sent = await host.send(f"{path}/renewal", over.form(f"{path}/renewal"))
    told = await host.look(sent.answer.headers["location"])
    again = await host.send(f"{path}/renewal", over.form(f"{path}/renewal"))

    assert (over.status, over.title, english.title) == (410, "Link abgelaufen", "Link expired")
    assert TEXTS[1] not in over
    assert told.title == "Ein neuer Link ist unterwegs"
    assert (again.status, again.title) == (410, "Link bereits benutzt")
    [fact] = [fact for fact in await trips.facts("host_link_requested") if fact["journey_id"] == journey["id"]]
    assert (fact["stop_id"], fact["opens"]) == (stop_id, "release_desk")


async def test_where_nothing_waits_any_more_no_link_is_sent(shared: Region, trips: Trips) -> None:
    journey = await trips.plan(1)
    link = await trips.link("host_visit", journey["id"], journey["stops"][0]["id"])
    trips.clock.move(days=60)
    path, host = f"/host/links/{link.token}", shared.browser

    over = await host.look(path)
    refused = await host.send(f"{path}/renewal", over.form(f"{path}/renewal"))

    assert (refused.status, refused.title) == (410, "Nichts mehr zu entscheiden")
    assert "0271 000040" in refused
    assert not [fact for fact in await trips.facts("host_link_requested") if fact["journey_id"] == journey["id"]]


async def test_a_link_that_nobody_gave_out_opens_nothing(shared: Region) -> None:
    for token in ("made-up", "ä", "a" * 500):
        page = await shared.browser.look(f"/host/links/{token}")
        assert page.status == 404
