"""A seat and a first goal in one form: signed in, before signing in, and with a session that ends on the way."""

from __future__ import annotations

import pytest
import pytest_asyncio
from journeys.region import Region as Trips
from web.region import Browser, Page, Region

GOALS = "/api/members/v1/goals"
REGISTRATIONS = "/api/journeys/v1/registrations"
MINE = "/me/registrations"
STATEMENT = "Unsere Leute sollen Störungen selbst melden können, ohne Zettel. 🚂 <b>Wirklich</b>"
ESCAPED = "ohne Zettel. 🚂 &lt;b&gt;Wirklich&lt;/b&gt;"
TYPED = {"statement": STATEMENT, "sign": "Drei von vier Störungen kommen über das Terminal.", "pole": "challenge"}

KEPT = {"statement": ESCAPED, "sign": TYPED["sign"]}

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def trips(shared: Region) -> Trips:
    trips = Trips(shared.platforms["journeys"], shared.clock)
    for host in ("host-1", "host-2", "host-3"):
        await trips.activate(host)
    return trips


async def asked(browser: Browser, journey: dict, **changes: str) -> Page:
    """Open the form, fill it in and send it."""
    shown = await browser.look(f"/journeys/{journey['id']}/register")
    assert shown.status == 200, shown.answer.headers
    return await browser.send(f"/journeys/{journey['id']}/register", {**shown.fields, **TYPED, **changes})


async def own(shared: Region, service: str, path: str, person: str) -> list[dict]:
    return (await shared.platforms[service].as_person(person).get(path)).json()["items"]


async def test_three_fields_make_a_goal_that_is_handed_in_and_a_seat_that_is_held(shared: Region, trips: Trips) -> None:
    journey = await trips.open(capacity=3)
    ada = shared.signed_in("ada", organisation_id="o1")
    shown = await ada.look(f"/journeys/{journey['id']}/register")
    sent = {**shown.fields, **TYPED}

    first, again = [await ada.send(f"/journeys/{journey['id']}/register", sent) for _ in range(2)]
    page = await ada.look(first.answer.headers["location"])

    visible = {name for name in ("statement", "sign", "pole", "email", "topics") if f'name="{name}"' in shown.text}
    assert visible == {"statement", "sign", "pole"}
    [goal], [registration] = (
        await own(shared, "members", GOALS, "ada"),
        await own(shared, "journeys", REGISTRATIONS, "ada"),
    )
    assert (goal["state"], goal["statement"], goal["topics"]) == ("submitted", STATEMENT, ["data"])
    assert (registration["state"], registration["goal_id"]) == ("awaiting_goal", goal["id"])
    assert [answer.answer.headers["location"] for answer in (first, again)] == [f"{MINE}/{registration['id']}"] * 2
    assert "Platz wird gehalten" in page
    assert page.answer.headers["cache-control"] == "no-store"


async def test_whoever_has_no_session_is_sent_a_link_and_finds_the_text_again(shared: Region, trips: Trips) -> None:
    journey = await trips.open()
    browser, address = Browser(shared.gateway), f"/journeys/{journey['id']}/register"

    sent = await asked(browser, journey, email="bea@o1.example")
    told = await browser.look(sent.answer.headers["location"])
    back = await browser.look("/welcome", Cookie=_cookies(browser, shared, "bea"))
    browser.client.cookies.update(shared.gateway.admit("bea", roles=["member"], organisation_id="o1"))
    form = await browser.look(address)
    done = await browser.send(address, {**form.fields, **TYPED})

    assert told.title == "Sehen Sie in Ihr Postfach"
    assert told.links["Mitgliedschaft beantragen"] == "/join/apply"
    assert back.answer.headers["location"] == address
    assert ESCAPED in form
    assert TYPED["sign"] in form
    assert done.answer.headers["location"].startswith(f"{MINE}/")
    assert not [name for name in browser.client.cookies if name.startswith("missionare_draft")]


async def test_what_was_typed_survives_a_session_that_ends_before_it_is_sent(shared: Region, trips: Trips) -> None:
    journey = await trips.open()
    cem, address = shared.signed_in("cem", organisation_id="o1"), f"/journeys/{journey['id']}/register"
    shown = await cem.look(address)
    cem.client.cookies.clear()

    ended = await cem.send(address, {**shown.fields, **TYPED})
    again = await cem.send(address, {**TYPED, **ended.fields, "email": "cem@o1.example"})
    cem.client.cookies.update(shared.gateway.admit("cem", roles=["member"], organisation_id="o1"))
    form = await cem.look(address)
    done = await cem.send(address, {**form.fields, **TYPED})

    assert ended.status == 401
    assert "Ihre Anmeldung ist abgelaufen, Ihr Text nicht." in ended
    assert ESCAPED in ended
    assert again.answer.headers["location"] == f"{address}/sent"
    assert ESCAPED in form
    assert 'value="challenge" checked' in form
    assert done.status == 303
    assert len(await own(shared, "journeys", REGISTRATIONS, "cem")) == 1


async def test_a_text_of_another_journey_or_a_forged_one_is_not_shown(shared: Region, trips: Trips) -> None:
    journey, other = await trips.open(), await trips.open()
    browser = Browser(shared.gateway)
    await asked(browser, journey, email="dora@o1.example")

    elsewhere = await browser.look(f"/journeys/{other['id']}/register")
    forged = await Browser(shared.gateway, {"missionare_draft_0": "WyJyZWdpc3RlciJd.abc"}).look(
        f"/journeys/{journey['id']}/register"
    )

    assert ESCAPED not in elsewhere
    assert forged.status == 200


async def test_what_is_missing_is_said_and_nothing_happens(shared: Region, trips: Trips) -> None:
    journey, emil = await trips.open(), shared.signed_in("emil", organisation_id="o1")
    wanted = {
        ("statement", " "): "Bitte schreiben Sie auf, was besser werden soll.",
        ("statement", "ä" * 10_000): "Das sind 10.000 Zeichen. Bitte kürzen Sie auf höchstens 1.000.",
        ("sign", ""): "Bitte schreiben Sie auf, woran Sie merken, dass es gelungen ist.",
        ("pole", "north"): "Bitte wählen Sie, was besser passt.",
        ("goal", "somebody-elses"): "Bitte wählen Sie, welches Ziel mitfährt.",
    }

    for (name, typed), said in wanted.items():
        page = await asked(emil, journey, **{name: typed})
        assert (page.status, said in page) == (422, True)
        assert all(text in page.text for field, text in KEPT.items() if field != name)

    assert await own(shared, "members", GOALS, "emil") == []
    assert await own(shared, "journeys", REGISTRATIONS, "emil") == []


async def test_somebody_without_a_member_organisation_is_told_so_and_keeps_the_text(
    shared: Region, trips: Trips
) -> None:
    journey = await trips.open()

    page = await asked(shared.signed_in("eve"), journey)

    assert (page.status, ESCAPED in page) == (422, True)
    assert "Keine Mitgliedsorganisation" in page
    assert [goal["state"] for goal in await own(shared, "members", GOALS, "eve")] == ["draft"]


async def test_a_service_that_is_away_loses_nothing(shared: Region, trips: Trips) -> None:
    journey = await trips.open()
    finn, address = shared.signed_in("finn", organisation_id="o1"), f"/journeys/{journey['id']}/register"
    shown = await finn.look(address)

    houses = dict(shared.streets.houses)
    shared.away("members")
    half = await finn.send(address, {**shown.fields, **TYPED})
    shared.streets.houses.update(houses)
    shared.away("journeys")
    whole = await finn.send(address, {**shown.fields, **TYPED})
    shared.streets.houses.update(houses)

    assert [(page.status, ESCAPED in page) for page in (half, whole)] == [(503, True)] * 2


async def test_an_agreed_goal_travels_along_without_being_written_again(shared: Region, trips: Trips) -> None:
    journey = await trips.open()
    members, gina = shared.platforms["members"], shared.signed_in("gina", organisation_id="o1")
    person, coach = members.as_person("gina"), members.as_person("coach-1", roles=["coach"])
    text = {"statement": "Weniger Papier.", "sign_of_success": "Kein Zettel.", "topics": ["data"]}
    goal = (await person.post(GOALS, {**text, "pole": "challenge", "target_on": "2099-01-01"})).json()
    await person.post(f"{GOALS}/{goal['id']}/submission", match=1)
    await coach.post(f"{GOALS}/{goal['id']}/agreement", match=2)
    await trips.goal_agreed(goal["id"], "gina")

    shown = await gina.look(f"/journeys/{journey['id']}/register")
    await gina.send(f"/journeys/{journey['id']}/register", {**shown.fields, "goal": goal["id"]})

    assert f'value="{goal["id"]}" checked' in shown
    [registration] = await own(shared, "journeys", REGISTRATIONS, "gina")
    assert (registration["state"], registration["goal_id"]) == ("confirmed", goal["id"])
    assert len(await own(shared, "members", GOALS, "gina")) == 1


async def test_a_full_journey_says_so_before_and_each_sees_only_the_own_place(shared: Region, trips: Trips) -> None:
    journey = await trips.open(capacity=1)
    await trips.traveller("first", "o2").register(journey["id"])
    hans, ina = (shared.signed_in(person, organisation_id="o1") for person in ("hans", "ina"))

    form = await hans.look(f"/journeys/{journey['id']}/register")
    for browser in (hans, ina):
        await asked(browser, journey)
    page, other = [await each.look(f"/journeys/{journey['id']}") for each in (ina, shared.browser)]

    assert "Zurzeit ist kein Platz frei." in form
    assert "Sie stehen an Stelle 2." in page
    assert "Meine Anmeldung" not in other
    assert "Sie stehen an Stelle" not in other


async def test_a_request_is_withdrawn_and_a_seat_given_back_on_the_journeys_page(shared: Region, trips: Trips) -> None:
    journey = await trips.open(capacity=1)
    jan, kim = (shared.signed_in(person, organisation_id="o1") for person in ("jan", "kim"))
    for browser in (jan, kim):
        await asked(browser, journey)
    address = f"/journeys/{journey['id']}"
    mine, waiting = await jan.look(address), await kim.look(address)
    [give_back] = [action for action, _ in mine.forms if action.endswith("/cancellation")]

    stale = await jan.send(give_back, {**mine.form(give_back), "if_match": "9"})
    given = await jan.send(give_back, mine.form(give_back))
    offered = await kim.look(address)
    [take] = [action for action, _ in offered.forms if action.endswith("/offer-acceptance")]
    taken = await kim.send(take, offered.form(take))
    held = await kim.look(taken.answer.headers["location"])
    gone = await jan.look(address)

    assert "Platz zurückgeben" in mine
    assert "Anfrage zurückziehen" in waiting
    assert stale.status == 422
    assert given.status == 303
    assert "Nachrückangebot" in offered
    assert "Platz wird gehalten" in held
    assert "abgesagt" in gone
    assert gone.links["Auf die Warteliste setzen lassen"]


async def test_a_journey_that_takes_no_requests_leads_back_to_its_page(shared: Region, trips: Trips) -> None:
    journey = await trips.open()
    await trips.lead(journey, "registration-closing")
    lea = shared.signed_in("lea", organisation_id="o1")

    page = await lea.look(f"/journeys/{journey['id']}/register")

    assert page.answer.headers["location"] == f"/journeys/{journey['id']}"


def _cookies(browser: Browser, shared: Region, person: str) -> str:
    admitted = shared.gateway.admit(person, roles=["member"], organisation_id="o1")
    return "; ".join(f"{name}={value}" for name, value in {**dict(browser.client.cookies), **admitted}.items())
