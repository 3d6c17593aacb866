"""Outreach belongs to its missionary: no employer, no colleague, no staff sees it."""

from __future__ import annotations

from typing import Any

import pytest
from notifications.network import API, Network

EVERY_ROLE = (
    *("member", "organisation_contact", "representation_chair", "candidate", "missionary", "host_contact", "partner"),
    *("editor", "reviewer", "coach", "operator", "auditor", "integration"),
)
OWN = ("outreach-plans", "outreach-activities", "follow-up-tasks")


@pytest.fixture
async def owned(network: Network) -> dict[str, dict[str, Any]]:
    """p1, of organisation o1, has accepted a plan and recorded an activity with a note."""
    await network.tell(network.affiliated("p1", "production"), network.qualified("p1"))
    first, *_ = await network.accept("p1")
    today = network.clock.now().date().isoformat()
    body = {"kind": "talk", "done_on": today, "reach": 7, "note": "unter uns"}
    await network.as_person("p1").post(f"{API}/outreach-activities/{first['id']}/record", body, match=first["version"])
    activity = await network.read(f"outreach-activities/{first['id']}", network.as_person("p1"))
    return {"outreach-plans": await network.plan("p1"), "outreach-activities": activity}


async def test_somebody_else_sees_nothing_in_whatever_role(network: Network, owned):
    for role in EVERY_ROLE:
        other = network.platform.as_person("p2", roles=[role], organisation_id="o1")
        for path in OWN:
            assert await network.items(path, other) == [], role
        for path, own in owned.items():
            assert (await other.get(f"{API}/{path}/{own['id']}")).status_code == 404, role


async def test_all_roles_together_see_nothing_either(network: Network, owned):
    mighty = network.platform.as_person("p2", roles=EVERY_ROLE, organisation_id="o1")

    for path in OWN:
        assert await network.items(path, mighty) == []


async def test_the_key_of_the_employer_sees_nothing(network: Network, owned):
    employer = network.platform.as_key("k1", roles=EVERY_ROLE, organisation_id="o1")

    for path in OWN:
        answer = await employer.get(f"{API}/{path}")
        assert answer.status_code in {200, 403}
        assert "unter uns" not in answer.text
        assert "p1" not in answer.text
    for path, own in owned.items():
        assert (await employer.get(f"{API}/{path}/{own['id']}")).status_code in {403, 404}


async def test_another_services_assertion_opens_nothing(network: Network, owned):
    for path in OWN:
        assert (await network.platform.as_service("members").get(f"{API}/{path}")).status_code in {401, 403}


async def test_a_visitor_is_asked_to_sign_in(network: Network, owned):
    for path in (*OWN, "messages", "outreach-summary", *(f"{path}/{own['id']}" for path, own in owned.items())):
        answer = await network.platform.as_visitor().get(f"{API}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_somebody_else_cannot_act_on_it_and_changes_nothing(network: Network, owned):
    await network.tell(network.qualified("p1", "j2"))
    open_plan = next(
        plan for plan in await network.items("outreach-plans", network.as_person("p1")) if plan["state"] == "drafted"
    )
    open_activity = (await network.items("outreach-activities", network.as_person("p1")))[-1]
    before = await network.context.database["facts"].count_documents({})
    other = network.platform.as_person("p2", roles=EVERY_ROLE, organisation_id="o1")

    body = {"kind": "talk", "done_on": "2026-01-01", "reach": 1}
    for path, sent in {
        f"outreach-plans/{open_plan['id']}/acceptance": None,
        f"outreach-plans/{open_plan['id']}/refusal": None,
        f"outreach-activities/{open_activity['id']}/record": body,
        f"outreach-activities/{open_activity['id']}/skip": None,
    }.items():
        answer = await other.post(f"{API}/{path}", sent, match=1)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"
    assert await network.context.database["facts"].count_documents({}) == before


async def test_operators_see_numbers_by_journey_and_no_person(network: Network, owned):
    await network.tell(network.invitation_accepted(owned["outreach-activities"]["id"]))

    answer = await network.operator.get(f"{API}/outreach-summary")

    [summary] = answer.json()["items"]
    assert summary["journey_id"] == "j1"
    assert summary["now"] == {
        "plans": 1,
        "accepted": 1,
        "declined": 0,
        "lapsed": 0,
        "activities": 3,
        "done": 1,
        "skipped": 0,
        "reach": 7,
        "conversions": 1,
    }
    assert "p1" not in answer.text
    assert "unter uns" not in answer.text


async def test_operators_see_messages_without_address_name_or_person(network: Network, owned):
    answer = await network.operator.get(f"{API}/messages")

    [message] = answer.json()["items"]
    assert (message["template"], message["state"]) == ("outreach_plan_drafted", "sent")
    for hidden in ("p1", "@", "Kim", "Klee"):
        assert hidden not in answer.text


async def test_numbers_and_messages_are_for_operators_alone(network: Network, owned):
    for role in set(EVERY_ROLE) - {"operator"}:
        other = network.platform.as_person("p2", roles=[role], organisation_id="o1")
        for path in ("messages", "outreach-summary"):
            answer = await other.get(f"{API}/{path}")
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), role


async def test_messages_are_found_by_state_and_template(network: Network, owned):
    await network.tell(network.fact("members.GoalAgreed", "goal", goal_id="g1", person_id="nobody"))

    suppressed = await network.items("messages?state=suppressed", network.operator)
    drafted = await network.items("messages?template=outreach_plan_drafted", network.operator)

    assert [message["template"] for message in suppressed] == ["goal_agreed"]
    assert [message["state"] for message in drafted] == ["sent"]
    assert (await network.operator.get(f"{API}/messages?state=perhaps")).status_code == 422
