"""Roles: given at once by the only operator, confirmed by a second one from then on."""

from __future__ import annotations

from members.agency import API, Agency

from missionare.kit.testing import As


async def two_operators(agency: Agency) -> tuple[As, str, As]:
    """Give the first operator, the second one's id, and the second one."""
    second = await agency.enter("second@example.org")
    granted = await agency.done(agency.operator.post(f"{API}/people/{second}/roles", {"role": "operator"}), 201)
    assert granted["state"] == "done"
    return agency.operator, second, agency.as_person(second, "operator")


async def roles(agency: Agency, person_id: str) -> list[str]:
    return list((await agency.operator.get(f"{API}/people/{person_id}")).json()["roles"])


async def test_the_only_operator_gives_roles_at_once(agency: Agency) -> None:
    person_id = await agency.enter()

    change = await agency.done(agency.operator.post(f"{API}/people/{person_id}/roles", {"role": "coach"}), 201)

    assert (change["state"], change["decided_by"]) == ("done", agency.operator_id)
    assert await roles(agency, person_id) == ["coach"]
    assert any(row["what"] == "grant_role" and f"person:{person_id}" in row["objects"] for row in await agency.audit())


async def test_with_a_second_operator_a_change_waits_for_the_other(agency: Agency) -> None:
    first, _, second = await two_operators(agency)
    person_id = await agency.enter()

    change = await agency.done(first.post(f"{API}/people/{person_id}/roles", {"role": "coach"}), 201)
    path = f"{API}/role-changes/{change['id']}/confirmation"

    assert change["state"] == "requested"
    assert await roles(agency, person_id) == []
    refused = await first.post(path, match=change["version"])
    assert (refused.status_code, refused.json()["code"]) == (403, "second_person_needed")
    assert (await second.post(path, match=change["version"])).status_code == 200
    assert await roles(agency, person_id) == ["coach"]


async def test_asking_twice_is_asking_once(agency: Agency) -> None:
    first, _, _ = await two_operators(agency)
    person_id = await agency.enter()

    asked = [await agency.done(first.post(f"{API}/people/{person_id}/roles", {"role": "coach"}), 201) for _ in range(2)]

    assert asked[0] == asked[1]
    waiting = await first.get(f"{API}/role-changes?state=requested")
    assert [change["id"] for change in waiting.json()["items"]] == [asked[0]["id"]]


async def test_nobody_confirms_a_role_for_themselves(agency: Agency) -> None:
    first, second_id, second = await two_operators(agency)

    change = await agency.done(first.post(f"{API}/people/{second_id}/roles", {"role": "auditor"}), 201)
    answer = await second.post(f"{API}/role-changes/{change['id']}/confirmation", match=change["version"])

    assert answer.status_code == 403
    assert await roles(agency, second_id) == ["operator"]


async def test_one_may_give_up_a_role_that_another_wants_taken(agency: Agency) -> None:
    first, second_id, second = await two_operators(agency)

    answer = await first.send("DELETE", f"{API}/people/{second_id}/roles/operator")
    change = answer.json()
    confirmed = await second.post(f"{API}/role-changes/{change['id']}/confirmation", match=change["version"])

    assert confirmed.status_code == 200, confirmed.text
    assert await roles(agency, second_id) == []


async def test_the_last_operator_stays(agency: Agency) -> None:
    answer = await agency.operator.send("DELETE", f"{API}/people/{agency.operator_id}/roles/operator")

    assert (answer.status_code, answer.json()["code"]) == (409, "last_operator")
    assert await roles(agency, agency.operator_id) == ["operator"]


async def test_a_dropped_change_never_acts(agency: Agency) -> None:
    first, _, second = await two_operators(agency)
    person_id = await agency.enter()
    change = await agency.done(first.post(f"{API}/people/{person_id}/roles", {"role": "coach"}), 201)
    path = f"{API}/role-changes/{change['id']}"

    dropped = await agency.done(second.post(f"{path}/refusal", match=change["version"]), 200)
    late = await second.post(f"{path}/confirmation", match=dropped["version"])

    assert late.status_code == 409
    assert await roles(agency, person_id) == []


async def test_a_role_that_follows_by_itself_is_not_given(agency: Agency) -> None:
    person_id = await agency.enter()

    for role in ("member", "missionary", "candidate", "organisation_contact", "integration"):
        answer = await agency.operator.post(f"{API}/people/{person_id}/roles", {"role": role})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), role
