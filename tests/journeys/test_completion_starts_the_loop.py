from __future__ import annotations

import pytest
from journeys.region import API, Region, ok, refused

from missionare.journeys.completion.domain import CHUNK


async def test_a_completed_journey_concludes_every_participation_and_certifies_those_who_were_there(
    region: Region,
) -> None:
    journey = await region.open(2)
    (ada, one), (ben, two), (_cem, _) = await region.travelling(journey, "ada", "ben", "cem")
    journey = await region.depart(journey)
    first, second = (stop["id"] for stop in journey["stops"])
    for who, seat, stop_id in ((ada, one, first), (ada, one, second), (ben, two, second)):
        ok(await who.check_in(seat, stop_id), 201)

    await region.finish(journey)
    await region.settle()

    concluded = {fact["person_id"]: fact for fact in await region.facts("participation_concluded")}
    assert {who: fact["attended_share"] for who, fact in concluded.items()} == {"ada": 1.0, "ben": 0.5, "cem": 0.0}
    assert {fact["revision"] for fact in concluded.values()} == {1}
    assert concluded["ada"]["goal_id"] == "goal-of-ada"
    (issued,) = await region.facts("certificate_issued")
    assert issued["person_id"] == "ada"
    (completed,) = await region.facts("journey_completed")
    assert (completed["participations"], completed["stops_visited"], completed["revision"]) == (3, 2, 1)
    assert (await ben.look(two))["state"] == "attended"
    await region.ledger_is_reality(journey)


async def test_completing_twice_completes_once(region: Region) -> None:
    journey = await region.open(1)
    await region.travelling(journey, "ada")
    journey = await region.depart(journey)

    completed = await region.finish(journey)
    again = await region.operator.post(f"{API}/journeys/{journey['id']}/completion", match=completed["version"])
    await region.settle()

    refused(again, 409, "wrong_state")
    assert len(await region.facts("journey_completed")) == 1
    assert len(await region.facts("participation_concluded")) == 1


@pytest.mark.thorough
async def test_many_participations_are_concluded_in_chunks(region: Region) -> None:
    crowd = 2 * CHUNK + 7
    journey = await region.open(1, capacity=crowd)
    await region.travelling(journey, *(f"p{n}" for n in range(crowd)))
    journey = await region.depart(journey)
    await region.finish(journey)
    row = await region.context.database["timers"].find_one({"name": "settlement"})
    await region.timers.fire(row)

    assert len(await region.facts("participation_concluded")) == CHUNK, "one chunk is one transaction"
    await region.settle()
    concluded = [fact["person_id"] for fact in await region.facts("participation_concluded")]
    assert sorted(concluded) == sorted(f"p{n}" for n in range(crowd))


async def test_a_chunk_that_fires_twice_counts_once(region: Region) -> None:
    journey = await region.open(1)
    await region.travelling(journey, "ada", "ben")
    journey = await region.depart(journey)
    await region.finish(journey)
    row = await region.context.database["timers"].find_one({"name": "settlement"})

    await region.timers.fire(row)
    await region.timers.fire(row)
    await region.settle()

    assert len(await region.facts("participation_concluded")) == 2


async def test_a_completion_too_early_is_refused_and_nothing_has_happened(region: Region) -> None:
    journey = await region.open(1)
    journey = await region.depart(journey)
    await region.lead(journey, "debriefing")

    now = ok(await region.operator.get(f"{API}/journeys/{journey['id']}"))
    answer = await region.operator.post(f"{API}/journeys/{journey['id']}/completion", match=now["version"])

    refused(answer, 409, "not_completable")
    assert (await region.seats(journey))["state"] == "departed"
    assert await region.facts("journey_completed") == []


async def test_anybody_can_check_a_certificate_and_learns_no_name(region: Region) -> None:
    journey = await region.open(1)
    ((ada, seat),) = await region.travelling(journey, "ada")
    journey = await region.depart(journey)
    ok(await ada.check_in(seat, journey["stops"][0]["id"]), 201)
    await region.finish(journey)
    await region.settle()
    (own,) = ok(await ada.api.get(f"{API}/certificates"))["items"]
    path = f"{API}/certificates/{own['code'].lower().replace('-', ' ')}"

    shown = ok(await region.visitor.get(path))
    assert shown["valid"]
    assert set(shown) == {"code", "valid", "state", "journey_id", "issued_at"}
    refused(await region.visitor.get(f"{API}/certificates/0000-0000-00000"), 404, "certificate_unknown")
    assert ok(await region.traveller("ben").api.get(f"{API}/certificates"))["items"] == []

    revoke = f"{API}/certificates/{own['id']}/revocation"
    ok(await region.operator.post(revoke, {"reason": "verwechselt"}, match=own["version"]))
    assert not ok(await region.visitor.get(path))["valid"]
    assert len(await region.facts("certificate_revoked")) == 1


async def test_the_agency_sees_what_has_come_of_a_completion_and_what_is_missing(region: Region) -> None:
    journey = await region.open(1)
    ((ada, seat),) = await region.travelling(journey, "ada")
    journey = await region.depart(journey)
    ok(await ada.check_in(seat, journey["stops"][0]["id"]), 201)
    path = f"{API}/journeys/{journey['id']}/consequences"
    before = ok(await region.operator.get(path))
    assert (before["completed_at"], before["complete"]) == (None, False)

    await region.finish(journey)
    await region.settle()
    waiting = ok(await region.operator.get(path))
    arrived = {item["name"]: (item["arrived"], item["expected"]) for item in waiting["items"]}
    assert arrived["participations_concluded"] == (1, 1)
    assert arrived["certificates_issued"] == (1, None)
    assert arrived["assessments_requested"] == (0, 1)
    assert not waiting["complete"]

    of_journey = {"journey_id": journey["id"]}
    await region.tell("goal_assessment_requested", "goal", goal_id="g9", person_id="ada", occasion="end", **of_journey)
    await region.tell("missionary_qualified", "missionary", missionary_id="m1", **of_journey)
    plan = {"outreach_plan_id": "p1", "person_id": "ada", "questions": [], **of_journey}
    for _ in range(2):
        await region.tell("outreach_plan_drafted", "outreach_plan", "notifications", **plan)
    await region.tell("catalog_update_proposed", "edition", "catalog", edition_id="e1", **of_journey)
    done = ok(await region.operator.get(path))
    assert done["complete"]
    drafted = next(item for item in done["items"] if item["name"] == "outreach_plans_drafted")
    assert drafted["arrived"] == 1, "a plan drafted anew is still one plan"


async def test_check_ins_count_once_and_only_where_one_can_be(region: Region) -> None:
    journey = await region.open(2)
    ((ada, seat),) = await region.travelling(journey, "ada")
    first, second = (stop["id"] for stop in journey["stops"])
    refused(await ada.check_in(seat, first), 409, "not_under_way")
    journey = await region.depart(journey)

    ok(await ada.check_in(seat, first, "phone"), 201)
    again = ok(await ada.check_in(seat, first, "tablet"), 201)
    by_list = await region.operator.post(
        f"{API}/registrations/{seat['id']}/check-ins", {"stop_id": second, "device_id": "list"}
    )

    assert len(again["present"]) == 1
    assert len(ok(by_list, 201)["present"]) == 2
    assert len(await region.facts("participant_checked_in")) == 2
    refused(await ada.check_in(seat, "no-such-stop"), 404, "stop_unknown")
    stranger = region.traveller("boss", "company-of-ada")
    refused(await stranger.check_in(seat, first), 404, "registration_unknown")
    await region.lead(journey, f"stops/{first}/visit")
    await region.lead(journey, f"stops/{second}/skipping", {"reason": "Stau"})
    await region.lead(journey, "debriefing")
    await region.lead(journey, "attendance-closing")
    ((_ben, other),) = [(ada, seat)]
    assert (await ada.check_in(other, first)).status_code == 201, "what was noted already stays noted"
