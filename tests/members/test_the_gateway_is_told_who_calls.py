"""What members answers the gateway: a token, or none, and when the request stops there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from members.agency import API, PUBLIC_URL, Agency

from missionare.kit.callers import Kind
from missionare.kit.tokens import InvalidToken

ADA = "ada@example.org"


async def exchanged(agency: Agency, key: str) -> int:
    """Ask with an API key and give the status."""
    answer = await agency.browser().exchange(Authorization=f"Bearer {key}")
    return answer.status_code


async def test_without_cookie_and_key_it_is_a_visitor(agency: Agency) -> None:
    assert await agency.browser().caller() is None


async def test_an_old_or_invented_cookie_is_a_visitors(agency: Agency) -> None:
    browser = agency.browser()
    browser.client.cookies.set("missionare_session", "invented")

    answer = await browser.exchange(method="POST")

    assert answer.status_code == 200
    assert "authorization" not in answer.headers


async def test_a_token_is_for_one_audience_only(agency: Agency) -> None:
    await agency.enter(ADA)
    browser = await agency.sign_in(ADA)

    answer = await browser.exchange(audience="journeys")

    token = answer.headers["authorization"].removeprefix("Bearer ")
    with pytest.raises(InvalidToken):
        await agency.platform.service.verifier.verify(token)


async def test_the_pages_token_is_believed_by_the_services_they_ask_and_no_other_is(agency: Agency) -> None:
    await agency.enter(ADA)
    browser = await agency.sign_in(ADA)

    answer = await browser.exchange(audience="web")

    token = answer.headers["authorization"].removeprefix("Bearer ")
    claims = await agency.platform.service.verifier.verify(token)
    assert claims.aud == "web"
    assert set(claims.calls) == {"members", "journeys", "catalog", "notifications"}


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {}, 200),
        ("GET", {"Origin": "https://elsewhere.example", "Sec_Fetch_Site": "cross-site"}, 200),
        ("POST", {"Origin": PUBLIC_URL}, 200),
        ("POST", {"Origin": PUBLIC_URL, "Sec_Fetch_Site": "same-origin"}, 200),
        ("POST", {"Sec_Fetch_Site": "same-origin"}, 200),
        ("POST", {}, 403),
        ("POST", {"Origin": "null"}, 403),
        ("POST", {"Origin": "https://elsewhere.example"}, 403),
        ("POST", {"Origin": PUBLIC_URL, "Sec_Fetch_Site": "cross-site"}, 403),
        ("POST", {"Origin": PUBLIC_URL, "Sec_Fetch_Site": "same-site"}, 403),
        ("DELETE", {"Sec_Fetch_Site": "none"}, 403),
        ("PUT", {"Origin": "http://127.0.0.1:9999"}, 403),
    ],
)
async def test_a_cookie_is_believed_only_from_our_own_pages(
    agency: Agency, method: str, headers: dict[str, str], status: int
) -> None:
    await agency.enter(ADA)
    browser = await agency.sign_in(ADA)

    answer = await browser.exchange(method=method, **headers)

    assert answer.status_code == status
    assert ("authorization" in answer.headers) == (status == 200)


async def test_an_api_key_stands_for_its_person_and_needs_no_page(agency: Agency) -> None:
    browser = agency.browser()

    answer = await browser.exchange(method="POST", Authorization=f"Bearer {agency.key}")

    assert answer.status_code == 200
    token = answer.headers["authorization"].removeprefix("Bearer ")
    caller = (await agency.platform.service.verifier.verify(token)).caller()
    assert (caller.kind, caller.person_id) == (Kind.KEY, agency.operator_id)
    assert caller.roles == {"operator", "member"}


async def test_a_wrong_key_is_refused_with_a_problem_document(agency: Agency) -> None:
    wrong = ["mk_", "mk_nonsense", agency.key[:-1], agency.key[:-9] + "00000000", agency.key + "0"]
    for key in wrong:
        answer = await agency.browser().exchange(Authorization=f"Bearer {key}")
        assert answer.status_code == 401, key
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "invalid_key"
        assert key not in answer.text


async def test_something_else_in_authorization_is_no_key(agency: Agency) -> None:
    """A token that somebody brought along is never handed on: the answer has none."""
    forged = agency.platform.token("p1", roles=["operator"])

    for authorization in (f"Bearer {forged}", "Basic YTpi", "Bearer"):
        answer = await agency.browser().exchange(Authorization=authorization)
        assert answer.status_code == 200
        assert "authorization" not in answer.headers


async def test_a_role_that_is_taken_away_is_gone_with_the_next_request(agency: Agency) -> None:
    person_id = await agency.enter(ADA)
    browser = await agency.sign_in(ADA)
    await agency.done(agency.operator.post(f"{API}/people/{person_id}/roles", {"role": "coach"}), 201)
    before = await browser.caller()
    assert before is not None
    assert before.has("coach")

    answer = await agency.operator.send("DELETE", f"{API}/people/{person_id}/roles/coach")

    assert answer.status_code == 200, answer.text
    after = await browser.caller()
    assert after is not None
    assert not after.has("coach")


async def test_a_revoked_key_is_refused_with_the_next_request(agency: Agency) -> None:
    wanted = {"label": "Bericht", "roles": ["operator"]}
    issued = await agency.done(agency.operator.post(f"{API}/api-keys", wanted), 201)
    assert await exchanged(agency, issued["key"]) == 200

    path = f"{API}/api-keys/{issued['id']}"
    revoked = await agency.operator.send("DELETE", path, match=issued["version"])

    assert revoked.status_code == 200, revoked.text
    assert await exchanged(agency, issued["key"]) == 401


async def test_a_key_ends_in_time_and_shows_its_last_use(agency: Agency) -> None:
    ends = datetime.now(UTC) + timedelta(days=1)
    wanted = {"label": "Bericht", "roles": ["operator"], "expires_at": ends.isoformat()}
    issued = await agency.done(agency.operator.post(f"{API}/api-keys", wanted), 201)
    assert await exchanged(agency, issued["key"]) == 200
    listed = (await agency.operator.get(f"{API}/api-keys")).json()["items"]
    assert next(key for key in listed if key["id"] == issued["id"])["used_at"] is not None

    earlier = {"$set": {"expires_at": datetime.now(UTC)}}
    await agency.context.database["api_keys"].update_one({"_id": issued["id"]}, earlier)

    assert await exchanged(agency, issued["key"]) == 401


async def test_a_key_is_shown_once_and_kept_as_a_hash(agency: Agency) -> None:
    wanted = {"label": "Bericht", "roles": ["operator"]}
    first = await agency.operator.post(f"{API}/api-keys", wanted, key="k-1")
    again = await agency.operator.post(f"{API}/api-keys", wanted, key="k-1")

    assert first.json()["key"].startswith("mk_")
    assert again.json()["key"] is None
    assert again.json()["id"] == first.json()["id"]
    secret = first.json()["key"].split("_", 2)[2][:43]
    assert secret not in str(await agency.everything())
    assert secret not in str(await agency.audit())


async def test_two_keys_overlap_and_a_third_is_refused(agency: Agency) -> None:
    wanted = {"label": "Bericht", "roles": ["operator"]}
    for status in (201, 201, 409):
        assert (await agency.operator.post(f"{API}/api-keys", wanted)).status_code == status
    other = {"label": "Anderes", "roles": ["operator"]}
    assert (await agency.operator.post(f"{API}/api-keys", other)).status_code == 201


async def test_a_key_never_does_more_than_whom_it_belongs_to(agency: Agency) -> None:
    house = await agency.organisation()

    for wanted in (
        {"label": "x", "roles": ["auditor"]},
        {"label": "x", "roles": ["operator"], "organisation_id": house["id"]},
    ):
        answer = await agency.operator.post(f"{API}/api-keys", wanted)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    own = {"label": "x", "roles": ["integration"], "organisation_id": house["id"]}
    issued = await agency.done(agency.operator.post(f"{API}/api-keys", own), 201)

    answer = await agency.browser().exchange(Authorization=f"Bearer {issued['key']}")
    token = answer.headers["authorization"].removeprefix("Bearer ")
    caller = (await agency.platform.service.verifier.verify(token)).caller()
    assert (caller.roles, caller.organisation_id, caller.person_id) == ({"integration"}, house["id"], None)


async def test_from_the_second_operator_on_a_key_waits_for_another(agency: Agency) -> None:
    second = await agency.enter("second@example.org")
    await agency.done(agency.operator.post(f"{API}/people/{second}/roles", {"role": "operator"}), 201)
    wanted = {"label": "Bericht", "roles": ["operator"]}
    issued = await agency.done(agency.operator.post(f"{API}/api-keys", wanted), 201)
    path = f"{API}/api-keys/{issued['id']}/confirmation"

    assert issued["state"] == "requested"
    assert await exchanged(agency, issued["key"]) == 401
    assert (await agency.operator.post(path, match=1)).status_code == 403
    assert (await agency.as_person(second, "operator").post(path, match=1)).status_code == 200
    assert await exchanged(agency, issued["key"]) == 200


async def test_an_audience_that_is_none_is_refused(agency: Agency) -> None:
    for audience in ("", "Members", "a b", "x" * 65):
        assert (await agency.browser().exchange(audience=audience)).status_code == 422


async def test_notifications_is_told_whether_a_key_is_good_and_nobody_else_is(agency: Agency) -> None:
    notifications = agency.platform.as_service("notifications")
    wanted = {"label": "Newsletter", "roles": ["operator"]}
    key = await agency.done(agency.operator.post(f"{API}/api-keys", wanted), 201)

    async def opens(key_id: str) -> bool:
        told = await agency.done(notifications.post("/internal/keys", {"key_id": key_id}, key=""), 200)
        return bool(told["opens"])

    assert (await opens(key["id"]), await opens("unknown")) == (True, False)
    await agency.done(agency.operator.send("DELETE", f"{API}/api-keys/{key['id']}", match=key["version"]), 200)
    assert not await opens(key["id"])
    for nobody in (agency.operator, agency.platform.as_service("journeys"), agency.platform.as_visitor()):
        assert (await nobody.post("/internal/keys", {"key_id": key["id"]}, key="")).status_code in {401, 403}
