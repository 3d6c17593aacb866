from __future__ import annotations

from typing import Any

import pytest
from journeys.region import API, Region, ok, refused


async def _state(region: Region) -> dict[str, int]:
    """Count everything that a command could have left behind."""
    database = region.context.database
    collections = ("journeys", "registrations", "seat_ledgers", "insights", "certificates", "facts", "outbox", "timers")
    versions = [row async for row in database["journeys"].find({}, {"version": 1})]
    counted = {name: await database[name].count_documents({}) for name in collections}
    return {**counted, "versions": sum(row["version"] for row in versions)}


JOURNEY = {"title": "x", "starts_at": "2027-06-01T08:00:00Z", "ends_at": "2027-06-02T08:00:00Z", "capacity": 3}
STOP = {
    "organisation_id": "host-1",
    "title": "x",
    "site": "y",
    "starts_at": "2027-06-01T09:00:00Z",
    "ends_at": "2027-06-01T10:00:00Z",
    "topics": ["data"],
    "capacity": 3,
}
REGISTRATION = {"goal_id": None, "rules_accepted": True}
INSIGHT = {
    "client_id": "c1",
    "stop_id": "s1",
    "kind": "practice",
    "text": "x",
    "topic": "data",
    "audience": "network",
}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("journeys", {**JOURNEY, "surprise": 1}),
        ("journeys", {**JOURNEY, "capacity": "3"}),
        ("journeys", {**JOURNEY, "capacity": 0}),
        ("journeys", {**JOURNEY, "capacity": 2**70}),
        ("journeys", {**JOURNEY, "title": {"$gt": ""}}),
        ("journeys", {**JOURNEY, "title": "   "}),
        ("journeys", {**JOURNEY, "starts_at": "2027-06-01T08:00:00"}),
        ("journeys", {**JOURNEY, "zone": "Europe/Siegen"}),
        ("journeys", {**JOURNEY, "terms": {"certificate_share": 2}}),
        ("journeys", {**JOURNEY, "ends_at": JOURNEY["starts_at"]}),
        ("journeys", {}),
        ("journeys", []),
        ("journeys/{id}/registrations", {**REGISTRATION, "goal_id": {"$ne": None}}),
        ("journeys/{id}/registrations", {**REGISTRATION, "goal_id": "x" * 65}),
        ("journeys/{id}/registrations", {"rules_accepted": "yes"}),
        ("journeys/{id}/registrations", {"rules_accepted": False}),
        ("journeys/{id}/insights", {**INSIGHT, "audience": "everybody"}),
        ("journeys/{id}/insights", {**INSIGHT, "kind": "gossip"}),
        ("journeys/{id}/insights", {**INSIGHT, "text": "x" * 4_001}),
    ],
)
async def test_what_does_not_fit_is_refused_as_a_whole(region: Region, path: str, body: Any) -> None:
    journey = await region.open(1)
    before = await _state(region)
    caller = region.platform.as_person("p1", roles=["operator"], organisation_id="o1")

    answer = await caller.post(f"{API}/{path.format(id=journey['id'])}", body)

    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] in {"invalid_input", "times_impossible", "rules_not_accepted"}
    assert await _state(region) == before


async def test_a_body_that_is_no_json_or_too_large_is_refused(region: Region) -> None:
    path, json = f"{API}/journeys", {"Content-Type": "application/json"}

    refused(await region.operator.post(path, content=b"{", headers=json), 400, "malformed_body")
    refused(await region.operator.post(path, content=b"x" * 2_000_000, headers=json), 413, "body_too_large")
    refused(await region.operator.post(path, content=b"a=b"), 415, "unsupported_media_type")


async def test_a_change_needs_key_and_version_and_the_present_one(region: Region) -> None:
    journey = await region.plan(1)
    path, version = f"{API}/journeys/{journey['id']}/cancellation", journey["version"]
    body = {"reason": "Streik"}

    refused(await region.operator.post(path, body, match=version, key=""), 400, "idempotency_key_missing")
    refused(await region.operator.post(path, body), 428, "precondition_missing")
    refused(await region.operator.post(path, body, match=version - 1), 412, "stale")
    refused(await region.operator.post(path, body, match='"*"'), 412, "stale")
    assert await region.facts("journey_cancelled") == []


async def test_a_step_that_the_state_does_not_know_is_refused(region: Region) -> None:
    journey = await region.draft()
    for step in ("start", "debriefing", "registration-opening", "registration-closing", "completion"):
        answer = await region.operator.post(f"{API}/journeys/{journey['id']}/{step}", match=journey["version"])
        refused(answer, 409, "wrong_state")
    answer = await region.operator.post(f"{API}/journeys/{journey['id']}/attendance-closing", match=journey["version"])
    refused(answer, 409, "not_under_way")


async def test_a_registration_before_the_opening_is_refused(region: Region) -> None:
    draft = await region.draft()
    ada = region.traveller("ada")

    path = f"{API}/journeys/{draft['id']}/registrations"
    refused(await ada.api.post(path, REGISTRATION), 404, "journey_unknown")
    answer = await region.operator.for_somebody("ada").post(path, REGISTRATION)
    refused(answer, 409, "registration_not_open")


async def test_somebody_without_an_organisation_is_told_what_to_do(region: Region) -> None:
    journey = await region.open(1)
    nobody = region.platform.as_person("nobody", roles=["member"], Accept_Language="en")

    answer = await nobody.post(f"{API}/journeys/{journey['id']}/registrations", REGISTRATION)

    assert "Ask your organisation" in refused(answer, 409, "no_organisation")["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "registrations"),
        ("GET", "certificates"),
        ("POST", "journeys"),
        ("POST", "journeys/{id}/registrations"),
        ("POST", "journeys/{id}/completion"),
        ("GET", "journeys/{id}/seats"),
        ("GET", "journeys/{id}/consequences"),
        ("GET", "threads/goal/g1"),
    ],
)
async def test_without_a_token_nothing_of_that_is_open(region: Region, method: str, path: str) -> None:
    journey = await region.open(1)
    before = await _state(region)

    answer = await region.visitor.send(method, f"{API}/{path.format(id=journey['id'])}", body=JOURNEY)

    refused(answer, 401, "unauthenticated")
    forged = {"Authorization": f"Bearer {region.platform.token()[:-3]}abc"}
    answer = await region.visitor.send(method, f"{API}/{path.format(id=journey['id'])}", body=JOURNEY, headers=forged)
    assert answer.status_code == 401
    assert await _state(region) == before


async def test_a_member_leads_no_journey(region: Region) -> None:
    journey = await region.open(1)
    member = region.platform.as_person("m1", roles=["member", "missionary", "coach"], organisation_id="o1")

    for step in ("registration-closing", "start", "completion", "publication"):
        refused(await member.post(f"{API}/journeys/{journey['id']}/{step}", match=1), 403, "forbidden")
    refused(await member.post(f"{API}/journeys", JOURNEY), 403, "forbidden")


async def test_an_api_key_of_an_organisation_registers_nobody(region: Region) -> None:
    journey = await region.open(1)
    key = region.platform.as_key("k1", roles=["integration"], organisation_id="o1")

    refused(await key.post(f"{API}/journeys/{journey['id']}/registrations", REGISTRATION), 403, "forbidden")
    refused(await key.get(f"{API}/registrations"), 403, "forbidden")


async def test_a_stop_outside_its_journey_or_of_another_is_refused(region: Region) -> None:
    journey = await region.draft()
    other = await region.plan(1)

    answer = await region.operator.post(f"{API}/journeys/{journey['id']}/stops", STOP, match=journey["version"])
    refused(answer, 422, "times_impossible")
    path = f"{API}/journeys/{journey['id']}/stops/{other['stops'][0]['id']}/host-request"
    refused(await region.operator.post(path, match=journey["version"]), 404, "stop_unknown")


async def test_a_link_for_what_does_not_exist_is_not_granted(region: Region) -> None:
    for wanted in ("host_visit", "release_desk"):
        body = {"purpose": wanted, "subject": "no-journey:no-stop"}
        refused(await region.notifications.post("/internal/links", body, key=""), 404, "stop_unknown")
    stranger = region.platform.as_service("catalog")
    refused(await stranger.post("/internal/links", body, key=""), 403, "forbidden")
    assert (await region.visitor.get(f"{API}/links/made-up")).status_code == 404


async def test_lists_are_paged_and_a_broken_cursor_is_no_error_of_ours(region: Region) -> None:
    for _ in range(3):
        await region.draft()

    first = await region.operator.get(f"{API}/journeys?limit=2")
    rest = ok(await region.operator.get(f"{API}/journeys?limit=2&cursor={first.json()['next_cursor']}"))
    assert (len(first.json()["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)
    assert 'rel="next"' in first.headers["link"]
    refused(await region.operator.get(f"{API}/journeys?limit=0"), 422, "invalid_input")
    assert ok(await region.operator.get(f"{API}/journeys?cursor=%24gt"))["items"]
