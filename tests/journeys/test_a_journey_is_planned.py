from __future__ import annotations

from journeys.region import API, Region, ok, refused


async def test_the_public_reads_a_journey_once_it_is_published(region: Region) -> None:
    journey = await region.plan()
    path = f"{API}/journeys/{journey['id']}"

    refused(await region.visitor.get(path), 404, "journey_unknown")
    assert ok(await region.visitor.get(f"{API}/journeys"))["items"] == []

    opened = await region.open()
    shown = ok(await region.visitor.get(f"{API}/journeys/{opened['id']}"))
    assert [stop["title"] for stop in shown["stops"]] == ["Werk 1", "Werk 2"]
    assert [stop["terms"] for stop in shown["stops"]] == [None, None], "what a host agreed to is the agency's matter"
    assert [item["id"] for item in ok(await region.visitor.get(f"{API}/journeys"))["items"]] == [opened["id"]]


async def test_a_host_confirms_by_its_link_without_an_account(region: Region) -> None:
    journey = await region.plan(1)
    stop_id = journey["stops"][0]["id"]
    page = await region.link("host_visit", journey["id"], stop_id)

    assert "Daten in der Fertigung" in page.html
    still = ok(await region.operator.get(f"{API}/journeys/{journey['id']}"))
    assert still["stops"][0]["state"] == "host_requested", "opening the page decides nothing"

    answer = await page.submit("confirm", capacity="12", audience="network", release_required="no", photos="on_request")
    assert answer.status_code == 200, answer.text
    assert "Vielen Dank" in answer.text

    shown = ok(await region.operator.get(f"{API}/journeys/{journey['id']}"))
    agreed = {"capacity": 12, "audience": "network", "release_required": False, "photos": "on_request"}
    assert (shown["stops"][0]["state"], shown["stops"][0]["terms"]) == ("host_confirmed", agreed)
    (fact,) = await region.facts("host_confirmed")
    assert (fact["capacity"], fact["audience"], fact["release_required"]) == (12, "network", False)


async def test_what_a_host_leaves_open_is_decided_for_its_protection(region: Region) -> None:
    journey = await region.plan(1)
    page = await region.link("host_visit", journey["id"], journey["stops"][0]["id"])

    await page.submit("confirm", capacity="12")

    (fact,) = await region.facts("host_confirmed")
    assert (fact["audience"], fact["release_required"]) == ("journey_group", True)


async def test_a_host_declines_and_may_be_asked_again(region: Region) -> None:
    journey = await region.plan(1)
    stop_id = journey["stops"][0]["id"]
    page = await region.link("host_visit", journey["id"], stop_id)

    await page.submit("decline", reason="Inventur")

    declined = ok(await region.operator.get(f"{API}/journeys/{journey['id']}"))
    assert (declined["stops"][0]["state"], declined["stops"][0]["reason"]) == ("planned", "Inventur")
    await region.lead(journey, f"stops/{stop_id}/host-request")
    assert len(await region.facts("host_requested")) == 2


async def test_a_host_that_answers_twice_is_told_so(region: Region) -> None:
    journey = await region.plan(1)
    first = await region.link("host_visit", journey["id"], journey["stops"][0]["id"])
    second = await region.link("host_visit", journey["id"], journey["stops"][0]["id"])
    form = first.forms("confirm")[0]

    await first.submit("confirm", form, capacity="12")
    repeated = await first.submit("confirm", form, capacity="12")
    outdated = await second.submit("confirm", capacity="99")

    assert repeated.status_code == 200, "the same form sent twice is one answer"
    assert outdated.status_code == 412
    assert len(await region.facts("host_confirmed")) == 1


async def test_another_hosts_answer_does_not_outdate_a_page(region: Region) -> None:
    journey = await region.plan(2)
    pages = [await region.link("host_visit", journey["id"], stop["id"]) for stop in journey["stops"]]

    answers = [await page.submit("confirm", capacity="12") for page in pages]

    assert [answer.status_code for answer in answers] == [200, 200]


async def test_a_link_ends_when_the_visit_begins(region: Region) -> None:
    journey = await region.plan(1)
    page = await region.link("host_visit", journey["id"], journey["stops"][0]["id"])

    region.clock.move(days=31)

    assert (await page.open()).status_code == 410
    assert (await page.submit("confirm", {"idempotency_key": "k", "if_match": "2"}, capacity="3")).status_code == 410


async def test_a_form_filled_in_wrongly_changes_nothing(region: Region) -> None:
    journey = await region.plan(1)
    page = await region.link("host_visit", journey["id"], journey["stops"][0]["id"])
    form = page.forms("confirm")[0]

    for wrong in ({"capacity": "viele"}, {"capacity": "0"}, {"capacity": "3", "audience": "everybody"}, {"x": "y"}):
        assert (await page.submit("confirm", form, **wrong)).status_code == 422
    assert await region.facts("host_confirmed") == []


async def test_publication_is_refused_with_every_reason(region: Region) -> None:
    journey = await region.plan(2)
    answer = await region.operator.post(
        f"{API}/journeys/{journey['id']}/publication", match=journey["version"], headers={"Accept-Language": "en"}
    )

    problem = refused(answer, 409, "not_publishable")
    assert "stop 1" in problem["detail"]
    assert "stop 2" in problem["detail"]


async def test_an_organisation_that_is_not_active_is_not_asked(region: Region) -> None:
    journey = await region.draft()
    body = {
        "organisation_id": "stranger",
        "title": "Werk",
        "site": "Tor",
        "starts_at": journey["starts_at"],
        "ends_at": journey["ends_at"],
        "topics": [],
        "capacity": 5,
    }
    journey = await region.lead(journey, "stops", body, status=201)

    path = f"{API}/journeys/{journey['id']}/stops/{journey['stops'][0]['id']}/host-request"
    refused(await region.operator.post(path, match=journey["version"]), 409, "host_not_active")


async def test_a_stop_that_was_called_off_does_not_hold_up_the_journey(region: Region) -> None:
    journey = await region.plan(2)
    page = await region.link("host_visit", journey["id"], journey["stops"][0]["id"])
    await page.submit("confirm", capacity="500")

    await region.lead(journey, f"stops/{journey['stops'][1]['id']}/cancellation", {"reason": "Umbau"})

    assert (await region.lead(journey, "publication"))["state"] == "published"
