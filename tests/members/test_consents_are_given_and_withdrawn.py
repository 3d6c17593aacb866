"""Consents: nobody is asked to, everybody may, and whatever rests on one ends with it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from members.agency import API, Agency

from missionare.kit.refusals import WrongState
from missionare.kit.testing import As
from missionare.members.consent import domain
from missionare.members.consent.domain import WORDINGS, Consent, ConsentState, NothingToWithdraw, Source, WordingChanged
from missionare.members.events import Purpose

NOW = datetime(2027, 2, 18, 9, 15, tzinfo=UTC)
PAGES = Source(language="de", channel="pages", actor="ada")


def given(consent: Consent | None = None, wording: int = 1) -> domain.Decided:
    return domain.grant(
        consent,
        consent_id="c1",
        person_id="ada",
        purpose=Purpose.PHOTOS,
        wording=wording,
        source=PAGES,
        now=NOW,
    )


def test_every_step_adds_a_line_and_a_changed_line_shows() -> None:
    granted, _ = given()
    withdrawn, _ = domain.withdraw(granted, source=PAGES, now=NOW)
    again, facts = given(withdrawn)

    assert [entry.state for entry in again.entries] == ["granted", "withdrawn", "granted"]
    assert [type(fact).__name__ for fact in facts] == ["ConsentGranted"]
    assert again.entries[0].wording_digest == WORDINGS[Purpose.PHOTOS].digest("de")
    assert again.intact
    forged = again.entries[1].model_copy(update={"state": ConsentState.GRANTED})
    assert not again.changed(entries=(again.entries[0], forged, again.entries[2])).intact
    assert not again.changed(entries=again.entries[1:]).intact


def test_nobody_consents_to_words_that_have_changed_and_twice_is_once() -> None:
    granted, _ = given()

    assert given(granted) == (granted, [])
    with pytest.raises(WordingChanged):
        given(wording=0)
    for nothing in (None, domain.withdraw(granted, source=PAGES, now=NOW)[0]):
        with pytest.raises(NothingToWithdraw):
            domain.withdraw(nothing, source=PAGES, now=NOW)
    with pytest.raises(WrongState):
        domain.check_move(domain.ALLOWED, "Consent", ConsentState.GRANTED, ConsentState.GRANTED)


async def consents(who: As) -> dict[str, Any]:
    answer = await who.get(f"{API}/consents")
    assert answer.status_code == 200, answer.text
    return {item["purpose"]: item for item in answer.json()["items"]}


async def grant(agency: Agency, who: As, purpose: str) -> dict[str, Any]:
    return await agency.done(who.post(f"{API}/consents/{purpose}/grant", {"wording": 1}), 200)


async def listed(who: As) -> list[dict[str, Any]]:
    answer = await who.get(f"{API}/missionaries/listed")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_nothing_is_preselected_and_the_words_are_shown_before(agency: Agency) -> None:
    ada = agency.as_person(await agency.enter())

    before = await consents(ada.with_headers(Accept_Language="en"))
    await grant(agency, ada, "photos")

    assert {item["state"] for item in before.values()} == {"none"}
    assert before["photos"]["text"] == WORDINGS[Purpose.PHOTOS].text["en"]
    assert (await consents(ada))["photos"]["state"] == "granted"
    refused = await ada.post(f"{API}/consents/photos/grant", {"wording": 7})
    assert (refused.status_code, refused.json()["code"]) == (409, "wording_changed")
    refused = await ada.post(f"{API}/consents/public_listing/withdrawal")
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_withdraw")


async def test_only_who_consents_is_named_and_only_with_what_they_consent_to(agency: Agency) -> None:
    for name in ("ada", "ben", "eve"):
        await agency.missionary(f"{name}@example.org")
    ada, ben = [
        agency.as_person(str((await agency.context.database["people"].find_one({"email_key": key}))["_id"]))
        for key in ("ada@example.org", "ben@example.org")
    ]
    visitor = agency.platform.as_visitor()
    assert await listed(visitor) == []

    await grant(agency, ada, "public_listing")
    await grant(agency, ada, "contact_sharing")
    await grant(agency, ben, "contact_sharing")

    [seen] = await listed(visitor)
    assert (seen["given_name"], seen["family_name"], seen["journeys"], seen["email"]) == ("Ada", "Lovelace", 1, None)
    assert set(seen) == {"given_name", "family_name", "municipality", "journeys", "email"}
    assert [one["email"] for one in await listed(ben)] == ["ada@example.org"]

    await agency.done(ada.post(f"{API}/consents/public_listing/withdrawal"), 200)
    assert await listed(visitor) == await listed(ben) == []


async def test_nobody_is_listed_who_has_not_been_on_a_journey(agency: Agency) -> None:
    await grant(agency, agency.as_person(await agency.employee()), "public_listing")

    assert await listed(agency.platform.as_visitor()) == []


async def test_whoever_calls_is_spared_the_pages_and_the_ledger_says_how_it_came_about(agency: Agency) -> None:
    person_id = await agency.enter()
    staff = agency.operator.for_somebody(person_id, channel="paper")
    await grant(agency, staff, "photos")

    named = f"{API}/consents/photos/people?ids={person_id}&ids=somebody"
    assert (await agency.done(agency.operator.get(named), 200))["person_ids"] == [person_id]
    assert (await agency.done(agency.operator.get(f"{API}/consents/photos/people"), 200))["person_ids"] == []
    assert (await agency.as_person(person_id).get(named)).status_code == 403
    seen = await agency.done(agency.operator.get(f"{API}/people/{person_id}/consents"), 200)
    assert {item["purpose"]: item["state"] for item in seen["items"]}["photos"] == "granted"
    [row] = await agency.stored("consents")
    assert (row["entries"][0]["source"]["channel"], row["entries"][0]["source"]["actor"]) == (
        "paper",
        f"person:{agency.operator_id}",
    )
    assert Consent.model_validate({**row, "id": row["_id"]}).intact
    member = agency.as_person("p1")
    assert (await member.get(f"{API}/people/{person_id}/consents")).status_code == 403
    assert [set(fact) for fact in await agency.facts("ConsentGranted")] == [
        {"consent_id", "person_id", "purpose", "wording"}
    ]


async def test_ones_own_goals_can_be_asked_for_alone(agency: Agency) -> None:
    ada, ben = await agency.employee(), await agency.employee("ben@example.org")
    await agency.agreed(ben, audience="network")
    mine = await agency.goal(ada)

    for query, found in (("", 2), ("?mine=true", 1)):
        answer = await agency.as_person(ada).get(f"{API}/goals{query}")
        assert len(answer.json()["items"]) == found
    assert [goal["id"] for goal in answer.json()["items"]] == [mine["id"]]
