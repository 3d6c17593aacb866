"""Every refusal is a problem document with a code and a next step, and nothing has changed."""

from __future__ import annotations

from typing import Any

import pytest
from notifications.network import API, Network

RECORD = {"kind": "talk", "done_on": "2026-01-15", "reach": 12}


@pytest.fixture
async def mine(network: Network) -> dict[str, dict[str, Any]]:
    """p1 has an open plan after one journey, and planned activities after another."""
    await network.tell(network.qualified("p1", "j1"))
    first, *_ = await network.accept("p1")
    await network.tell(network.qualified("p1", "j2"))
    plans = await network.items("outreach-plans", network.as_person("p1"))
    [plan] = [plan for plan in plans if plan["state"] == "drafted"]
    return {"plan": plan, "activity": first}


async def everything(network: Network) -> dict[str, Any]:
    names = ("outreach_plans", "outreach_activities", "follow_up_tasks", "facts", "messages")
    database = network.context.database
    return {name: await database[name].find({}).sort("_id", 1).to_list(None) for name in names}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({**RECORD, "employer": "o1"}, "employer"),
    ({**RECORD, "kind": "sermon"}, "kind"),
    ({**RECORD, "reach": "12"}, "reach"),
    ({**RECORD, "reach": -1}, "reach"),
    ({**RECORD, "reach": 10**9}, "reach"),
    ({**RECORD, "reach": 10**30}, "reach"),
    ({**RECORD, "reach": True}, "reach"),
    ({**RECORD, "reach": {"$gt": 0}}, "reach"),
    ({**RECORD, "done_on": "15.01.2026"}, "done_on"),
    ({**RECORD, "done_on": "2026-02-30"}, "done_on"),
    ({**RECORD, "note": "x" * 1_001}, "note"),
    ({**RECORD, "note": 5}, "note"),
    ({"kind": "talk", "reach": 12}, "done_on"),
]


async def test_a_wrong_field_is_named(network: Network, mine):
    before = await everything(network)
    path, version = f"{API}/outreach-activities/{mine['activity']['id']}/record", mine["activity"]["version"]

    for body, field in WRONG:
        answer = await network.as_person("p1").post(path, body, match=version)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input"), body
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert await everything(network) == before


async def test_a_day_in_the_future_is_refused_with_the_reason_in_both_languages(network: Network, mine):
    tomorrow = network.clock.now().date().replace(year=network.clock.now().year + 1).isoformat()
    path = f"{API}/outreach-activities/{mine['activity']['id']}/record"
    before = await everything(network)

    said = {}
    for language in ("de", "en"):
        who = network.as_person("p1", Accept_Language=language)
        answer = await who.post(path, {**RECORD, "done_on": tomorrow}, match=mine["activity"]["version"])
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
        said[language] = answer.json()["detail"]

    assert "Zukunft" in said["de"]
    assert "future" in said["en"]
    assert await everything(network) == before


@pytest.mark.parametrize("what", ["acceptance", "refusal"])
async def test_an_answered_plan_cannot_be_answered_again(network: Network, mine, what):
    accepted = next(
        plan for plan in await network.items("outreach-plans", network.as_person("p1")) if plan["state"] == "accepted"
    )
    before = await everything(network)

    answer = await network.as_person("p1").post(
        f"{API}/outreach-plans/{accepted['id']}/{what}", match=accepted["version"]
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "plan_already_answered")
    assert "angenommen" in answer.json()["detail"]
    assert await everything(network) == before


@pytest.mark.parametrize("what", ["record", "skip"])
async def test_a_closed_activity_cannot_be_closed_again(network: Network, mine, what):
    who, activity = network.as_person("p1"), mine["activity"]
    skipped = await who.post(f"{API}/outreach-activities/{activity['id']}/skip", match=activity["version"])
    before = await everything(network)

    answer = await who.post(
        f"{API}/outreach-activities/{activity['id']}/{what}",
        RECORD if what == "record" else None,
        match=skipped.headers["etag"],
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "activity_already_closed")
    assert "übersprungen" in answer.json()["detail"]
    assert await everything(network) == before


PATHS = {
    "plan": ("outreach-plans", ("acceptance", "refusal")),
    "activity": ("outreach-activities", ("record", "skip")),
}


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"match": 99}, 412, "stale"),
        ({"match": None}, 428, "precondition_missing"),
        ({"match": "*"}, 428, "precondition_missing"),
        ({"match": 1, "key": ""}, 400, "idempotency_key_missing"),
    ],
)
async def test_every_change_names_its_version_and_its_key(network: Network, mine, headers, status, code):
    before = await everything(network)

    for kind, (path, verbs) in PATHS.items():
        for verb in verbs:
            answer = await network.as_person("p1").post(
                f"{API}/{path}/{mine[kind]['id']}/{verb}", RECORD if verb == "record" else None, **headers
            )
            assert (answer.status_code, answer.json()["code"]) == (status, code), verb
            assert answer.headers["content-type"] == "application/problem+json"
    assert await everything(network) == before


async def test_a_repeated_acceptance_happens_once_and_is_shown_again(network: Network, mine):
    plan, who = mine["plan"], network.as_person("p1")
    path = f"{API}/outreach-plans/{plan['id']}/acceptance"

    first = await who.post(path, match=plan["version"], key="k1")
    second = await who.post(path, match=plan["version"], key="k1")

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert len(await network.facts("OutreachPlanAccepted")) == 2  # of two journeys


async def test_nobody_acts_for_a_volunteer(network: Network, mine):
    staff = network.operator.for_somebody("p1")

    answer = await staff.post(f"{API}/outreach-plans/{mine['plan']['id']}/acceptance", match=mine["plan"]["version"])

    assert answer.status_code in {400, 403, 404}
    assert (await network.items("outreach-plans", network.as_person("p1")))[-1]["state"] == "drafted"


async def test_what_does_not_exist_is_not_found(network: Network):
    for path in ("outreach-plans/x", "outreach-activities/x", "nothing"):
        answer = await network.as_person("p1").get(f"{API}/{path}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
    unknown = await network.as_person("p1").get(f"{API}/outreach-plans/x")
    assert unknown.json()["code"] == "plan_unknown"


async def test_a_forged_token_is_refused(network: Network):
    token = network.platform.token("p1")
    forged = token[:-4] + ("AAAA" if not token.endswith("AAAA") else "BBBB")

    answer = await network.platform.client.get(f"{API}/outreach-plans", headers={"Authorization": f"Bearer {forged}"})

    assert answer.status_code == 401
