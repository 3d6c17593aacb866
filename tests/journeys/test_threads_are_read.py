from __future__ import annotations

from journeys.region import API, Region, ok, refused

from missionare.journeys.thread.domain import MEMBERS, Kind
from missionare.kit.envelope import from_row


async def _whole_loop(region: Region) -> tuple[dict, dict]:
    """Lead from Ada's goal to the goal of somebody whom another missionary invited."""
    journey = await region.open(1)
    ((ada, seat),) = await region.travelling(journey, "ada")
    journey = await region.depart(journey)
    stop_id = journey["stops"][0]["id"]
    ok(await ada.check_in(seat, stop_id), 201)
    insight = ok(await ada.note(journey["id"], stop_id), 201)
    await (await region.link("release_desk", journey["id"], stop_id)).submit("release", audience="network")
    await region.settle()
    made = region.fact(
        "suggestion_raised",
        "suggestion",
        "catalog",
        suggestion_id="u1",
        source_kind="insight",
        source_id=insight["id"],
        journey_id=journey["id"],
    )
    accepted = region.fact("suggestion_accepted", "suggestion", "catalog", suggestion_id="u1", entry_id="e1")
    published = region.fact("entry_published", "entry", "catalog", entry_id="e1")
    plan = {"outreach_plan_id": "p1", "person_id": "ada", "journey_id": journey["id"]}
    drafted = region.fact("outreach_plan_drafted", "outreach_plan", "notifications", **plan, questions=["e0"])
    fresher = region.fact("outreach_plan_drafted", "outreach_plan", "notifications", **plan, questions=["e1"])
    activity = region.fact(
        "outreach_activity_planned",
        "outreach_activity",
        "notifications",
        outreach_activity_id="a1",
        outreach_plan_id="p1",
        person_id="ada",
    )
    invitation = {"invitation_id": "n1", "activity_id": "a1", "issuer_person_id": "ada"}
    issued = region.fact("invitation_issued", "invitation", **invitation)
    joined = region.fact("invitation_accepted", "invitation", **invitation, person_id="cem", organisation_id="o9")
    goal = region.fact("goal_submitted", "goal", goal_id="goal-of-cem", person_id="cem")
    # Facts of different aggregates come in any order.
    await region.deliver(goal, issued, joined, activity, drafted, fresher, published, made, accepted)
    return journey, insight


async def test_the_whole_thread_is_one_question_forwards_and_backwards(region: Region) -> None:
    _, insight = await _whole_loop(region)
    member = region.platform.as_person("ada", roles=["operator"], organisation_id="o1")

    forwards = ok(await member.get(f"{API}/threads/goal/goal-of-ada"))
    backwards = ok(await member.get(f"{API}/threads/goal/goal-of-cem"))

    chain = [kind.value for kind in Kind if kind not in MEMBERS]
    assert [item["kind"] for item in forwards["items"]][:9] == chain
    assert {item["kind"] for item in forwards["items"][9:]} == {"organisation", "person", "goal"}
    assert forwards["items"][0]["from"] is None
    assert forwards["items"][-1]["id"] == "goal-of-cem"
    assert forwards["items"][-1]["from"] == {"kind": "person", "id": "cem"}
    assert (forwards["whole"], backwards["whole"]) == (True, True)
    assert next(item["id"] for item in backwards["items"]) == "goal-of-ada"
    assert insight["id"] in {item["id"] for item in backwards["items"]}


async def test_a_thread_is_cut_to_what_the_caller_may_see(region: Region) -> None:
    _, insight = await _whole_loop(region)
    boss = region.platform.as_person("boss", roles=["organisation_contact"], organisation_id="company-of-ada")
    cem = region.platform.as_person("cem", roles=["member"], organisation_id="o9")

    refused(await boss.get(f"{API}/threads/goal/goal-of-ada"), 404, "thread_unknown")
    refused(await boss.get(f"{API}/threads/outreach_plan/p1"), 404, "thread_unknown")
    released = ok(await boss.get(f"{API}/threads/insight/{insight['id']}"))
    assert {item["kind"] for item in released["items"]} <= {"stop", "insight"}
    own = ok(await cem.get(f"{API}/threads/goal/goal-of-cem"))
    assert [item["kind"] for item in own["items"]] == ["invitation", "person", "goal"]
    assert not own["whole"]


async def test_a_fresher_plan_hangs_on_its_own_questions_only(region: Region) -> None:
    await _whole_loop(region)
    operator = region.operator

    plan = ok(await operator.get(f"{API}/threads/outreach_plan/p1"))
    assert [item["id"] for item in plan["items"] if item["kind"] == "entry"] == ["e1"]


async def test_a_thread_goes_on_where_its_entry_went_into_another_one(region: Region) -> None:
    await _whole_loop(region)
    plan = {"outreach_plan_id": "p1", "person_id": "ada", "journey_id": "j"}
    fresher = region.fact("outreach_plan_drafted", "outreach_plan", "notifications", **plan, questions=["e2"])
    merged = region.fact("entries_merged", "entry", "catalog", entry_id="e1", into_entry_id="e2", kind="question")
    published = region.fact("entry_published", "entry", "catalog", entry_id="e2")

    await region.deliver(fresher, merged, published)

    for goal in ("goal-of-ada", "goal-of-cem"):
        thread = ok(await region.operator.get(f"{API}/threads/goal/{goal}"))
        assert thread["whole"]
        assert [item["id"] for item in thread["items"] if item["kind"] == "entry"] == ["e1", "e2"]
        assert next(item for item in thread["items"] if item["id"] == "e2")["from"] == {"kind": "entry", "id": "e1"}


async def test_an_unknown_kind_or_thing_is_refused(region: Region) -> None:
    refused(await region.operator.get(f"{API}/threads/goal/nobody"), 404, "thread_unknown")
    refused(await region.operator.get(f"{API}/threads/company/x"), 422, "invalid_input")
    refused(await region.visitor.get(f"{API}/threads/goal/nobody"), 401, "unauthenticated")


async def test_replaying_every_fact_gives_the_same_threads(region: Region) -> None:
    await _whole_loop(region)
    before = ok(await region.operator.get(f"{API}/threads/goal/goal-of-ada"))

    rows = await region.context.database["facts"].find({}).to_list(None)
    await region.deliver(*(from_row(row, "journeys") for row in reversed(rows)))

    assert ok(await region.operator.get(f"{API}/threads/goal/goal-of-ada")) == before
