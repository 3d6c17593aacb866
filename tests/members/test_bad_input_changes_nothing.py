"""Whatever is wrong with a request is told as a problem document of its own, and nothing changes."""

from __future__ import annotations

from typing import Any

import pytest
from members.agency import API, Agency, goal, organisation

from missionare.kit.testing import As


async def refused(agency: Agency, who: As, method: str, path: str, **options: Any) -> tuple[int, str]:
    """Send something wrong and give status and code; the database must be as before."""
    before = await agency.everything()
    answer = await who.send(method, f"{API}{path}", **options)
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert {"type", "title", "status", "detail", "code", "correlation_id"} <= set(problem)
    assert problem["status"] == answer.status_code
    assert await agency.everything() == before
    return answer.status_code, problem["code"]


async def test_a_foreign_token_and_none_are_refused(agency: Agency) -> None:
    visitor = agency.platform.as_visitor()
    forged = visitor.with_headers(Authorization="Bearer not.a.token")
    for who in (visitor, forged):
        assert await refused(agency, who, "POST", "/goals", body=goal()) == (401, "unauthenticated")
        assert await refused(agency, who, "GET", "/me") == (401, "unauthenticated")


OPERATOR_ONLY = [
    ("GET", "/role-changes"),
    ("GET", "/api-keys"),
    ("POST", "/people"),
    ("POST", "/imports"),
    ("POST", "/people/p1/roles"),
    ("DELETE", "/people/p1/roles/coach"),
    ("POST", "/api-keys"),
    ("DELETE", "/api-keys/k1"),
    ("POST", "/organisations/o1/admission"),
    ("POST", "/organisations/o1/activation"),
    ("POST", "/organisations/o1/rejection"),
    ("PUT", "/organisations/o1/contact"),
    ("POST", "/affiliations/a1/confirmation"),
    ("POST", "/affiliations/a1/ending"),
]


@pytest.mark.parametrize(("method", "path"), OPERATOR_ONLY)
async def test_what_the_agency_decides_is_for_operators(agency: Agency, method: str, path: str) -> None:
    others = ["member", "coach", "missionary", "organisation_contact", "auditor", "editor", "integration"]
    who = agency.platform.as_person("p1", roles=others)

    assert await refused(agency, who, method, path, body={} if method != "GET" else None) == (403, "forbidden")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"more": 1}, "more"),
        ({"statement": None}, "statement"),
        ({"statement": {"$gt": ""}}, "statement"),
        ({"statement": "x"}, "statement"),
        ({"statement": "x" * 3_000}, "statement"),
        ({"topics": []}, "topics"),
        ({"topics": ["weather"]}, "topics.0"),
        ({"topics": "data"}, "topics"),
        ({"pole": "north"}, "pole"),
        ({"target_on": "soon"}, "target_on"),
        ({"target_on": 20270101}, "target_on"),
        ({"audience": "everybody"}, "audience"),
    ],
)
async def test_a_wrong_field_is_named(agency: Agency, change: dict[str, Any], field: str) -> None:
    who = agency.as_person(await agency.enter())
    before = await agency.everything()

    answer = await who.post(f"{API}/goals", goal(**change))

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert await agency.everything() == before


async def test_a_target_in_the_past_is_refused(agency: Agency) -> None:
    who = agency.as_person(await agency.enter())

    assert await refused(agency, who, "POST", "/goals", body=goal(target_on="2020-01-01")) == (422, "invalid")


async def test_what_is_no_json_or_too_large_is_refused(agency: Agency) -> None:
    who = agency.as_person(await agency.enter())
    plain = {"Content-Type": "text/plain"}
    json = {"Content-Type": "application/json"}

    assert await refused(agency, who, "POST", "/goals", content="{", headers=json) == (400, "malformed_body")
    assert await refused(agency, who, "POST", "/goals", content="{}", headers=plain) == (415, "unsupported_media_type")
    large = '{"statement": "' + "x" * 1_100_000 + '"}'
    assert await refused(agency, who, "POST", "/goals", content=large, headers=json) == (413, "body_too_large")


async def test_every_command_needs_a_key_and_every_change_the_version(agency: Agency) -> None:
    ada = await agency.enter()
    who, drafted = agency.as_person(ada), await agency.goal(ada)
    path = f"/goals/{drafted['id']}/submission"

    assert await refused(agency, who, "POST", "/goals", body=goal(), key="") == (400, "idempotency_key_missing")
    assert await refused(agency, who, "POST", path) == (428, "precondition_missing")
    assert await refused(agency, who, "POST", path, match=7) == (412, "stale")
    await who.post(f"{API}/goals", goal(), key="k-1")
    other = goal(statement="Etwas anderes.")
    assert await refused(agency, who, "POST", "/goals", body=other, key="k-1") == (422, "idempotency_key_reused")


async def test_a_wrong_state_is_told(agency: Agency) -> None:
    ada = await agency.enter()
    drafted = await agency.goal(ada)
    coach, path = agency.as_person("coach-1", "coach"), f"/goals/{drafted['id']}"
    await agency.as_person(ada).post(f"{API}{path}/submission", match=1)
    await coach.post(f"{API}{path}/agreement", match=2)

    assert await refused(agency, coach, "POST", f"{path}/agreement", match=3) == (409, "wrong_state")
    house = await agency.organisation()
    again = f"/organisations/{house['id']}/admission"
    assert await refused(agency, agency.operator, "POST", again, match=house["version"]) == (409, "wrong_state")


async def test_what_does_not_exist_is_not_found(agency: Agency) -> None:
    who = agency.operator
    for method, path, code in (
        ("GET", "/people/nobody", "person_unknown"),
        ("GET", "/organisations/none", "organisation_unknown"),
        ("GET", "/goals/none", "goal_unknown"),
        ("GET", "/invitations/none", "invitation_unknown"),
        ("POST", "/organisations/none/admission", "organisation_unknown"),
        ("POST", "/affiliations/none/ending", "affiliation_unknown"),
        ("POST", "/role-changes/none/confirmation", "role_change_unknown"),
        ("DELETE", "/api-keys/none", "key_unknown"),
        ("DELETE", "/people/nobody/roles/coach", "person_unknown"),
    ):
        assert await refused(agency, who, method, path, match=1) == (404, code)


async def test_an_organisations_program_is_no_person(agency: Agency) -> None:
    key = agency.platform.as_key("k1", roles=["integration"], organisation_id="o1")

    assert await refused(agency, key, "GET", "/me") == (403, "no_person")
    assert await refused(agency, key, "POST", "/goals", body=goal()) == (403, "no_person")


async def test_an_address_belongs_to_one_person(agency: Agency) -> None:
    await agency.enter("ada@example.org")
    body = {"given_name": "Eve", "family_name": "Evil", "email": "ADA@example.org"}

    assert await refused(agency, agency.operator, "POST", "/people", body=body) == (409, "email_taken")


@pytest.mark.parametrize(
    "change",
    [{"email": "ada@example.org\r\nBcc: all@example.org"}, {"given_name": "Ada\r\nX: y"}, {"email": "no address"}],
)
async def test_what_would_break_a_mail_header_never_gets_in(agency: Agency, change: dict[str, str]) -> None:
    body = {"given_name": "Ada", "family_name": "Lovelace", "email": "ada@example.org", **change}

    status, _ = await refused(agency, agency.operator, "POST", "/people", body=body)

    assert status == 422


@pytest.mark.parametrize("change", [{"sector": "ZZ"}, {"municipality_code": "Siegen"}, {"postal_code": "5"}])
async def test_codes_are_checked(agency: Agency, change: dict[str, str]) -> None:
    body = organisation(**change)

    assert await refused(agency, agency.operator, "POST", "/organisations", body=body) == (422, "invalid")


async def test_refusals_speak_german_unless_english_is_wanted(agency: Agency) -> None:
    german = await agency.operator.get(f"{API}/goals/none")
    english = await agency.operator.with_headers(Accept_Language="en").get(f"{API}/goals/none")

    assert german.json()["detail"].startswith("Dieses Ziel gibt es nicht")
    assert english.json()["detail"].startswith("This goal does not exist")


async def test_services_reach_only_what_is_theirs(agency: Agency) -> None:
    ada = await agency.employee()
    agreed = await agency.agreed(ada)
    notifications = agency.platform.as_service("notifications")

    assert (await notifications.get(f"/internal/goals/{agreed['id']}/wording")).status_code == 403
    assert (await notifications.get(f"{API}/goals/{agreed['id']}")).status_code == 403


async def test_the_trail_is_read_by_auditors_and_operators(agency: Agency) -> None:
    await agency.enter()
    auditor = agency.as_person("a1", "auditor")

    rows = (await auditor.get(f"{API}/audit?limit=2")).json()
    further = (await auditor.get(f"{API}/audit?cursor={rows['next_cursor']}")).json() if rows["next_cursor"] else None

    assert rows["items"][0]["what"] == "enter_person"
    assert rows["items"][-1]["what"] == "create_operator"
    assert further is None or further["items"] == []
    assert (await agency.as_person("c1", "coach").get(f"{API}/audit")).status_code == 403
    assert (await auditor.get(f"{API}/audit?actor=x%20y")).status_code == 422
