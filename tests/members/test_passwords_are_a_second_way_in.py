"""Passwords: optional, strong, and no help to somebody who guesses."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from members.agency import API, PUBLIC_URL, Agency

from missionare.members.session.domain import FREE_TRIES

pytestmark = pytest.mark.thorough  # a hash of a password costs what it must

ADA, PASSWORD = "ada@example.org", "vier zufällige Wörter hier"


async def with_password(agency: Agency) -> str:
    """Give an active person who has a password."""
    person_id = await agency.enter(ADA)
    await agency.sign_in(ADA)
    answer = await agency.as_person(person_id).post(f"{API}/me/password", {"password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return person_id


async def test_a_password_opens_a_session(agency: Agency) -> None:
    person_id = await with_password(agency)
    browser = agency.browser()

    answer = await browser.client.post(f"{API}/sessions", json={"email": ADA, "password": PASSWORD})

    assert answer.status_code == 201, answer.text
    caller = await browser.caller()
    assert caller is not None
    assert caller.person_id == person_id


async def test_what_is_kept_is_an_argon2id_hash_beside_the_person(agency: Agency) -> None:
    await with_password(agency)

    [row] = await agency.stored("passwords")
    assert row["hash"].startswith("$argon2id$")
    assert PASSWORD not in str(await agency.everything())
    assert PASSWORD not in str(await agency.audit())


async def test_unknown_address_no_password_and_wrong_password_are_refused_alike(agency: Agency) -> None:
    await with_password(agency)
    await agency.enter("bob@example.org")
    tries = [(ADA, "something wrong"), ("bob@example.org", PASSWORD), ("nobody@example.org", PASSWORD)]

    answers = [
        await agency.browser().client.post(f"{API}/sessions", json={"email": email, "password": password})
        for email, password in tries
    ]

    assert {answer.status_code for answer in answers} == {401}
    told = [{key: value for key, value in answer.json().items() if key != "correlation_id"} for answer in answers]
    assert told[0] == told[1] == told[2]
    assert len(await agency.stored("sessions")) == 1


@pytest.mark.parametrize("email", [ADA, "nobody@example.org"])
async def test_after_some_mistakes_one_waits_longer_each_time(agency: Agency, email: str) -> None:
    await with_password(agency)
    client, body = agency.browser().client, {"email": email, "password": "something wrong"}
    for _ in range(FREE_TRIES + 1):
        assert (await client.post(f"{API}/sessions", json=body)).status_code == 401

    blocked = await client.post(f"{API}/sessions", json={"email": email, "password": PASSWORD})

    assert blocked.status_code == 429
    assert "retry-after" in blocked.headers
    # Waiting is all it costs, and the mailed link is open all the time.
    earlier = datetime.now(UTC) - timedelta(minutes=5)
    await agency.context.database["sign_in_tries"].update_many({}, {"$set": {"last_at": earlier}})
    again = await client.post(f"{API}/sessions", json={"email": email, "password": PASSWORD})
    assert again.status_code == (201 if email == ADA else 401)


async def test_many_guesses_at_once_are_not_all_tried(agency: Agency) -> None:
    await with_password(agency)
    client, body = agency.browser().client, {"email": ADA, "password": "something wrong"}

    answers = await asyncio.gather(*(client.post(f"{API}/sessions", json=body) for _ in range(20)))

    assert [answer.status_code for answer in answers].count(401) <= FREE_TRIES + 1
    assert {answer.status_code for answer in answers} <= {401, 429}


async def test_the_right_password_begins_to_count_anew(agency: Agency) -> None:
    await with_password(agency)
    client = agency.browser().client

    for _ in range(3):
        for password, status in (("something wrong", 401), ("something wrong", 401), (PASSWORD, 201)):
            answer = await client.post(f"{API}/sessions", json={"email": ADA, "password": password})
            assert answer.status_code == status


async def test_changing_it_needs_the_present_one_and_ends_every_session(agency: Agency) -> None:
    person_id = await with_password(agency)
    browser = await agency.sign_in(ADA)
    me = agency.as_person(person_id)
    new = "ganz andere Wörter dort"

    assert (await me.post(f"{API}/me/password", {"password": new})).status_code == 403
    wrong = {"password": new, "current_password": "something wrong"}
    assert (await me.post(f"{API}/me/password", wrong)).status_code == 403
    assert await browser.caller() is not None
    right = {"password": new, "current_password": PASSWORD}
    assert (await me.post(f"{API}/me/password", right)).status_code == 200

    assert await browser.caller() is None
    answer = await browser.client.post(f"{API}/sessions", json={"email": ADA, "password": PASSWORD})
    assert answer.status_code == 401


@pytest.mark.parametrize("password", ["kurz", "passwort1234", "aaaaaaaaaaaaaaa", "x" * 129, "ich bin Lovelace 1815"])
async def test_a_password_that_could_be_guessed_is_refused(agency: Agency, password: str) -> None:
    person_id = await agency.enter(ADA)

    answer = await agency.as_person(person_id).post(f"{API}/me/password", {"password": password})

    assert answer.status_code == 422
    assert answer.json()["code"] == "password_too_weak"
    assert await agency.stored("passwords") == []


async def test_another_sites_page_cannot_sign_anybody_in(agency: Agency) -> None:
    await with_password(agency)
    body = {"email": ADA, "password": PASSWORD}
    client = agency.browser().client

    foreign = await client.post(f"{API}/sessions", json=body, headers={"Origin": "https://elsewhere.example"})
    own = await client.post(f"{API}/sessions", json=body, headers={"Origin": PUBLIC_URL})

    assert (foreign.status_code, own.status_code) == (403, 201)
