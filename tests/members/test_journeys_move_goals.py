"""What journeys and notifications tell, in any order, and what becomes of goals and missionaries."""

from __future__ import annotations

from itertools import permutations

import pytest
from members.agency import API, Agency

ADA = "ada@example.org"


async def states(agency: Agency) -> tuple[str, str | None]:
    """Give the state of the only goal and of the only missionary."""
    [goal] = await agency.stored("goals")
    missionaries = await agency.stored("missionaries")
    return goal["state"], missionaries[0]["state"] if missionaries else None


ORDERS = [order for order in permutations(range(3)) if order.index(0) < order.index(2)]
"""Of seat, start and end: of one aggregate facts keep their order, so a seat is certain before it is over."""


@pytest.mark.parametrize("order", ORDERS)
async def test_the_end_is_the_same_in_whatever_order_the_facts_arrive(agency: Agency, order: tuple[int, ...]) -> None:
    ada = await agency.employee(ADA)
    goal = await agency.agreed(ada)
    facts = [
        agency.confirmed("r-1", ada, goal["id"]),
        agency.fact("journeys.JourneyStarted", "journey", journey_id="j1"),
        agency.concluded("r-1", ada, goal["id"], 0.6),
    ]

    await agency.tell(*(facts[number] for number in order), settling=False)
    await agency.settle()

    assert await states(agency) == ("in_progress", "returned")
    for name in ("GoalStarted", "MissionaryDeparted", "GoalAssessmentRequested", "MissionaryQualified"):
        assert len(await agency.facts(name)) == 1, name
    [qualified] = await agency.facts("MissionaryQualified")
    assert (qualified["goal_id"], qualified["registration_id"]) == (goal["id"], "r-1")
    assert qualified["topics"] == ["production", "data"]
    [asked] = await agency.facts("GoalAssessmentRequested")
    assert asked == {"goal_id": goal["id"], "person_id": ada, "journey_id": "j1", "occasion": "end"}


@pytest.mark.parametrize("settling", [True, False])
@pytest.mark.parametrize("start_first", [True, False])
async def test_a_journeys_start_starts_goal_and_missionary(agency: Agency, start_first: bool, settling: bool) -> None:
    ada = await agency.employee(ADA)
    goal = await agency.agreed(ada)
    facts = [
        agency.confirmed("r-1", ada, goal["id"]),
        agency.fact("journeys.JourneyStarted", "journey", journey_id="j1"),
    ]

    await agency.tell(*(reversed(facts) if start_first else facts), settling=settling)
    await agency.settle()

    assert await states(agency) == ("in_progress", "travelling")


async def test_who_comes_home_from_two_journeys_at_once_is_qualified_by_each_of_them(agency: Agency) -> None:
    ada = await agency.employee(ADA)
    goal = await agency.agreed(ada)
    others = [agency.concluded(f"r-other-{number}", f"other-{number}", None) for number in range(3)]
    await agency.tell(agency.confirmed("r-1", ada, goal["id"]), agency.confirmed("r-2", ada, goal["id"], "j2"))

    # In one batch: both change her goal and her missionary, so that they cannot share a transaction.
    home = [agency.concluded(f"r-{number}", ada, goal["id"], journey=f"j{number}") for number in (1, 2)]
    await agency.consumer.batch([*others, *home])
    await agency.settle()

    assert [fact["journey_id"] for fact in await agency.facts("MissionaryQualified")] == ["j1", "j2"]
    assert [fact["journey_id"] for fact in await agency.facts("GoalAssessmentRequested")] == ["j1"]
    assert await agency.stored("parked") == []
    assert {row["place"] for row in await agency.stored("places")} == {"home"}


async def test_below_the_threshold_one_is_asked_and_not_qualified(agency: Agency) -> None:
    ada = await agency.employee(ADA)
    goal = await agency.agreed(ada)

    await agency.tell(
        agency.confirmed("r-1", ada, goal["id"]),
        agency.fact("journeys.JourneyStarted", "journey", journey_id="j1"),
        agency.concluded("r-1", ada, goal["id"], 0.59),
    )

    assert await states(agency) == ("in_progress", "prepared")
    assert await agency.facts("MissionaryQualified") == []
    assert len(await agency.facts("GoalAssessmentRequested")) == 1


async def test_a_cancelled_journey_gives_goal_and_missionary_back(agency: Agency) -> None:
    ada = await agency.employee(ADA)
    goal = await agency.agreed(ada)
    await agency.tell(
        agency.confirmed("r-1", ada, goal["id"]),
        agency.fact("journeys.JourneyStarted", "journey", journey_id="j1"),
    )

    await agency.tell(agency.fact("journeys.JourneyCancelled", "journey", journey_id="j1", revision=1))

    assert await states(agency) == ("agreed", "prepared")
    await agency.tell(
        agency.confirmed("r-2", ada, goal["id"], "j2"),
        agency.fact("journeys.JourneyStarted", "journey", journey_id="j2"),
    )
    assert await states(agency) == ("in_progress", "travelling")


@pytest.mark.parametrize("cancelled_first", [True, False])
async def test_a_given_up_seat_leaves_nothing_begun(agency: Agency, cancelled_first: bool) -> None:
    ada = await agency.employee(ADA)
    goal = await agency.agreed(ada)
    seat = agency.confirmed("r-1", ada, goal["id"])
    gone = agency.fact(
        "journeys.RegistrationCancelled", "registration", registration_id="r-1", journey_id="j1", person_id=ada
    )
    start = agency.fact("journeys.JourneyStarted", "journey", journey_id="j1")

    await agency.tell(seat, *((gone, start) if cancelled_first else (start, gone)))

    assert await states(agency) == ("agreed", "prepared")
    assert [row["place"] for row in await agency.stored("places")] == ["given_up"]


async def test_a_large_journey_departs_some_at_a_time(agency: Agency) -> None:
    await agency.tell(*(agency.confirmed(f"r-{n:03}", f"p-{n}", f"g-{n}") for n in range(120)), settling=False)

    await agency.tell(agency.fact("journeys.JourneyStarted", "journey", journey_id="j1"))

    assert {row["place"] for row in await agency.stored("places")} == {"departed"}


async def test_the_same_fact_again_changes_nothing(agency: Agency) -> None:
    ada = await agency.missionary(ADA)
    before = await agency.told()
    [goal] = await agency.stored("goals")

    # A corrected completion tells the share once more.
    await agency.tell(agency.concluded("r-1", ada, goal["_id"]))

    assert await agency.told() == before


async def test_who_is_confirmed_only_after_the_goal_becomes_a_missionary_all_the_same(agency: Agency) -> None:
    bob = await agency.enter("bob@example.org")
    goal = await agency.agreed(bob)
    house = await agency.organisation()
    place = {
        "_id": "a-1",
        "version": 1,
        "chain": {},
        "person_id": bob,
        "organisation_id": house["id"],
        "functions": ["it"],
        "state": "confirmed",
        "primary": True,
    }
    await agency.context.database["affiliations"].insert_one(place)

    await agency.tell(agency.confirmed("r-1", bob, goal["id"]), agency.concluded("r-1", bob, goal["id"]))

    assert await states(agency) == ("in_progress", "returned")
    missionary = [name for name in await agency.told() if name.startswith("missionary")]
    assert missionary == [
        "missionary_nominated",
        "missionary_prepared",
        "missionary_departed",
        "missionary_qualified",
    ]


async def test_an_accepted_plan_makes_the_missionary_active(agency: Agency) -> None:
    ada = await agency.missionary(ADA)
    [missionary] = await agency.stored("missionaries")
    accepted = {"missionary_id": missionary["_id"], "person_id": ada, "journey_id": "j1"}

    await agency.tell(
        agency.fact("notifications.OutreachPlanAccepted", "outreach_plan", outreach_plan_id="plan-1", **accepted)
    )
    await agency.tell(
        agency.fact("notifications.OutreachPlanAccepted", "outreach_plan", outreach_plan_id="plan-2", **accepted)
    )

    [fact] = await agency.facts("MissionaryActivated")
    assert fact == {"missionary_id": missionary["_id"], "person_id": ada, "plan_id": "plan-1"}
    caller = await (await agency.sign_in(ADA)).caller()
    assert caller is not None
    assert caller.has("missionary")
    listed = (await agency.operator.get(f"{API}/missionaries?state=active")).json()["items"]
    assert [item["person_id"] for item in listed] == [ada]


async def test_somebody_elses_goal_is_never_moved(agency: Agency) -> None:
    ada = await agency.employee(ADA)
    goal = await agency.agreed(ada)

    await agency.tell(
        agency.confirmed("r-1", "somebody else", goal["id"]),
        agency.fact("journeys.JourneyStarted", "journey", journey_id="j1"),
        agency.concluded("r-1", "somebody else", goal["id"]),
    )

    assert await states(agency) == ("agreed", "prepared")
    assert await agency.stored("parked") == []
