"""Goals through the API: whose they are, who agrees, who reads them, what the catalog gets."""

from __future__ import annotations

import asyncio

import pytest
from members.agency import API, Agency, goal

ADA, BOB = "ada@example.org", "bob@example.org"


async def test_a_goal_takes_its_owner_and_a_coach(agency: Agency) -> None:
    ada = await agency.employee(ADA)

    agreed = await agency.agreed(ada)

    assert (agreed["state"], agreed["coach_id"]) == ("agreed", "coach-1")
    [submitted] = await agency.facts("GoalSubmitted")
    assert submitted == {"goal_id": agreed["id"], "person_id": ada}
    [fact] = await agency.facts("GoalAgreed")
    assert fact["topics"] == ["production", "data"]
    assert "statement" not in fact


async def test_who_belongs_to_an_organisation_is_prepared_with_the_goal(agency: Agency) -> None:
    ada = await agency.employee(ADA)

    agreed = await agency.agreed(ada)

    [nominated], [prepared] = await agency.facts("MissionaryNominated"), await agency.facts("MissionaryPrepared")
    assert nominated["person_id"] == prepared["person_id"] == ada
    assert prepared["goal_id"] == agreed["id"]
    browser = await agency.sign_in(ADA)
    caller = await browser.caller()
    assert caller is not None
    assert caller.roles == {"member", "candidate"}
    me = (await agency.as_person(ada).get(f"{API}/me")).json()
    assert me["missionary"]["state"] == "prepared"


async def test_who_belongs_to_none_has_a_goal_and_is_no_missionary(agency: Agency) -> None:
    bob = await agency.enter(BOB)

    await agency.agreed(bob)

    assert await agency.facts("MissionaryNominated") == []
    [fact] = await agency.facts("GoalAgreed")
    assert fact["organisation_id"] is None


async def test_a_second_goal_makes_no_second_missionary(agency: Agency) -> None:
    ada = await agency.employee(ADA)

    await agency.agreed(ada)
    await agency.agreed(ada)

    assert len(await agency.facts("MissionaryNominated")) == 1


async def test_a_returned_goal_is_edited_and_handed_in_again(agency: Agency) -> None:
    ada = await agency.enter(ADA)
    me, coach = agency.as_person(ada), agency.as_person("coach-1", "coach")
    drafted = await agency.goal(ada)
    path = f"{API}/goals/{drafted['id']}"
    submitted = await agency.done(me.post(f"{path}/submission", match=drafted["version"]), 200)

    returned = await agency.done(
        coach.post(f"{path}/return", {"comment": "Woran merken Sie es?"}, match=submitted["version"]), 200
    )

    assert (returned["state"], returned["comment"]) == ("returned", "Woran merken Sie es?")
    early = await me.post(f"{path}/submission", match=returned["version"])
    assert (early.status_code, early.json()["code"]) == (409, "wrong_state")
    edited = await me.send("PUT", path, body=goal(sign_of_success="Null Ausfälle."), match=returned["version"])
    assert edited.json()["state"] == "draft"
    again = await me.post(f"{path}/submission", match=edited.json()["version"])
    assert again.status_code == 200


async def test_an_agreed_text_never_changes(agency: Agency) -> None:
    ada = await agency.enter(ADA)
    agreed = await agency.agreed(ada)
    before = await agency.everything()

    answer = await agency.as_person(ada).send(
        "PUT", f"{API}/goals/{agreed['id']}", body=goal(), match=agreed["version"]
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "goal_not_editable")
    assert await agency.everything() == before


async def test_a_coach_does_not_agree_to_a_goal_of_their_own(agency: Agency) -> None:
    ada = await agency.enter(ADA)
    drafted = await agency.goal(ada)
    path = f"{API}/goals/{drafted['id']}"
    await agency.as_person(ada).post(f"{path}/submission", match=1)

    answer = await agency.as_person(ada, "coach").post(f"{path}/agreement", match=2)

    assert (answer.status_code, answer.json()["code"]) == (409, "own_goal")


async def test_somebody_elses_goal_does_not_exist(agency: Agency) -> None:
    ada, bob = await agency.enter(ADA), await agency.enter(BOB)
    drafted = await agency.goal(ada)
    path = f"{API}/goals/{drafted['id']}"
    stranger, coach = agency.as_person(bob), agency.as_person("coach-1", "coach")

    for who in (stranger, coach, agency.operator):
        assert (await who.get(path)).status_code == 404
        assert (await who.post(f"{path}/submission", match=1)).status_code == 404
        assert (await who.send("PUT", path, body=goal(), match=1)).status_code == 404
        assert (await who.get(f"{API}/goals")).json()["items"] == []


async def test_the_coach_sees_what_was_handed_in_and_nobody_else_does(agency: Agency) -> None:
    house = await agency.organisation()
    ada = await agency.employee(ADA, organisation_id=house["id"], functions=["employee_representation"])
    boss = await agency.employee(BOB, organisation_id=house["id"], functions=["management"])
    agreed = await agency.agreed(ada)

    coach = await agency.as_person("coach-1", "coach").get(f"{API}/goals?state=agreed")
    manager = agency.as_person(boss, "organisation_contact", organisation_id=house["id"])

    assert [item["id"] for item in coach.json()["items"]] == [agreed["id"]]
    assert (await manager.get(f"{API}/goals")).json()["items"] == []
    assert (await manager.get(f"{API}/goals/{agreed['id']}")).status_code == 404


@pytest.mark.parametrize(
    ("audience", "colleague", "member"),
    [
        ("personal", False, False),
        ("representation", False, False),
        ("journey_group", False, False),
        ("organisation", True, False),
        ("network", True, True),
        ("public", True, True),
    ],
)
async def test_readers_are_those_the_owner_chose_and_only_after_agreement(
    agency: Agency, audience: str, colleague: bool, member: bool
) -> None:
    house = await agency.organisation()
    ada = await agency.employee(ADA, organisation_id=house["id"])
    drafted = await agency.goal(ada, audience=audience)
    readers = [
        agency.as_person("colleague", organisation_id=house["id"]),
        agency.as_person("member", organisation_id="elsewhere"),
    ]
    path = f"{API}/goals/{drafted['id']}"
    assert [(await reader.get(path)).status_code for reader in readers] == [404, 404]
    await agency.as_person(ada).post(f"{path}/submission", match=1)
    await agency.as_person("coach-1", "coach").post(f"{path}/agreement", match=2)

    seen = [(await reader.get(path)).status_code == 200 for reader in readers]

    assert seen == [colleague, member]
    assert (await agency.platform.as_visitor().get(path)).status_code == 401


async def test_sharing_gives_the_catalog_a_nameless_wording_until_it_is_taken_back(agency: Agency) -> None:
    house = await agency.organisation("Siegtal Federn GmbH")
    ada = await agency.employee(ADA, organisation_id=house["id"])
    agreed = await agency.agreed(ada)
    path, me = f"{API}/goals/{agreed['id']}", agency.as_person(ada)
    catalog = agency.platform.as_service("catalog")
    inside = f"/internal/goals/{agreed['id']}/wording"
    assert (await catalog.get(inside)).status_code == 404

    wording = "Wie plant ein mittelgroßer Betrieb Wartung nach Zustand?"
    shared = await agency.done(me.post(f"{path}/sharing", {"wording": wording}, match=agreed["version"]), 200)

    assert (await catalog.get(inside)).json() == {
        "wording": wording,
        "topics": ["production", "data"],
        "pole": "opportunity",
    }
    [fact] = await agency.facts("GoalShared")
    assert fact == {"goal_id": agreed["id"], "pole": "opportunity", "topics": ["production", "data"]}
    unshared = await me.post(f"{path}/unsharing", match=shared["version"])
    assert unshared.status_code == 200
    assert (await catalog.get(inside)).status_code == 404
    assert (await agency.told())[-1] == "goal_unshared"


@pytest.mark.parametrize(
    "wording",
    [
        "Wie plant Frau Lovelace die Wartung?",
        "Was ADA vorhat, geht alle an.",
        "Wie macht es die Siegtal  Federn GmbH?",
        "Fragen an wartung@example.org bitte.",
        "Ruf an: 0271 123456",
    ],
)
async def test_a_wording_that_names_somebody_is_refused(agency: Agency, wording: str) -> None:
    house = await agency.organisation("Siegtal Federn GmbH")
    ada = await agency.employee(ADA, organisation_id=house["id"])
    agreed = await agency.agreed(ada)

    answer = await agency.as_person(ada).post(
        f"{API}/goals/{agreed['id']}/sharing", {"wording": wording}, match=agreed["version"]
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "wording_names_somebody")
    assert await agency.facts("GoalShared") == []


async def test_only_the_owner_shares(agency: Agency) -> None:
    ada = await agency.employee(ADA)
    agreed = await agency.agreed(ada, audience="network")
    body = {"wording": "Wie plant man Wartung?"}

    for who in (agency.as_person("coach-1", "coach"), agency.as_person("member")):
        answer = await who.post(f"{API}/goals/{agreed['id']}/sharing", body, match=agreed["version"])
        assert (answer.status_code, answer.json()["code"]) == (403, "not_your_goal")
    behalf = agency.operator.for_somebody(ada)
    answer = await behalf.post(f"{API}/goals/{agreed['id']}/sharing", body, match=agreed["version"])
    assert (answer.status_code, answer.json()["code"]) == (403, "on_behalf_not_offered")


async def test_the_agency_drafts_for_somebody_who_calls_and_it_is_kept_who_asked(agency: Agency) -> None:
    ada = await agency.enter(ADA)
    staff = agency.operator.for_somebody(ada, channel="telephone", why="Anruf am Montag")

    first = await staff.post(f"{API}/goals", goal(), key="call-1")
    again = await staff.post(f"{API}/goals", goal(), key="call-1")
    submitted = await staff.post(f"{API}/goals/{first.json()['id']}/submission", match=1)

    assert (first.status_code, again.status_code, submitted.status_code) == (201, 201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert first.json()["person_id"] == ada
    rows = [row for row in await agency.audit() if row.get("on_behalf_of") == ada]
    assert [(row["what"], row["channel"], row["why"]) for row in rows] == [
        ("draft_goal", "telephone", "Anruf am Montag"),
        ("submit_goal", "telephone", "Anruf am Montag"),
    ]
    read = (await agency.operator.get(f"{API}/audit?subject=goal:{first.json()['id']}")).json()["items"]
    assert {row["on_behalf_of"] for row in read} == {ada}


async def test_the_agency_does_not_reach_into_anothers_goal_by_naming_the_wrong_person(agency: Agency) -> None:
    ada, bob = await agency.enter(ADA), await agency.enter(BOB)
    drafted = await agency.goal(ada)

    answer = await agency.operator.for_somebody(bob).post(f"{API}/goals/{drafted['id']}/submission", match=1)

    assert answer.status_code == 404


async def test_of_many_who_agree_at_once_one_does(agency: Agency) -> None:
    ada = await agency.employee(ADA)
    drafted = await agency.goal(ada)
    path = f"{API}/goals/{drafted['id']}"
    await agency.as_person(ada).post(f"{path}/submission", match=1)
    coaches = [agency.as_person(f"coach-{number}", "coach") for number in range(8)]

    answers = await asyncio.gather(*(coach.post(f"{path}/agreement", match=2) for coach in coaches))

    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    assert len(await agency.facts("GoalAgreed")) == 1
    assert len(await agency.facts("MissionaryPrepared")) == 1


async def test_the_owner_says_once_what_became_of_it(agency: Agency) -> None:
    ada = await agency.employee(ADA)
    agreed = await agency.agreed(ada)
    me, path = agency.as_person(ada), f"{API}/goals/{agreed['id']}"
    body = {"occasion": "end", "result": "partly", "reason": "Der Prototyp läuft."}
    early = await me.post(f"{path}/assessments", body, match=agreed["version"])
    assert (early.status_code, early.json()["code"]) == (409, "assessment_not_due")
    await agency.tell(agency.concluded("r-1", ada, agreed["id"]))
    version = (await me.get(path)).json()["version"]

    assessed = await agency.done(me.post(f"{path}/assessments", body, match=version), 200)
    again = await me.post(f"{path}/assessments", body, match=assessed["version"])

    assert [given["result"] for given in assessed["assessments"]] == ["partly"]
    assert again.status_code == 409
    [fact] = await agency.facts("GoalAssessed")
    assert fact == {"goal_id": agreed["id"], "person_id": ada, "occasion": "end", "result": "partly"}
