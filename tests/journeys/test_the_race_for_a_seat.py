"""Many at once: the ledger is changed by compare-and-set, so exactly as many get a seat as there are."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from journeys.region import API, Region

from missionare.kit.ids import uuid7

pytestmark = pytest.mark.thorough  # hundreds at once

CROWD = 200


async def _asks(region: Region, journey_id: str, person_id: str) -> str:
    """Ask for a seat as a client does: told to try again, it does so with the same key."""
    api = region.platform.as_person(person_id, roles=["member"], organisation_id=f"company-of-{person_id}")
    key, body = uuid7(), {"goal_id": None, "rules_accepted": True}
    for _ in range(20):
        answer = await api.post(f"{API}/journeys/{journey_id}/registrations", body, key=key)
        if answer.status_code != 503:
            return answer.json()["state"] if answer.status_code == 201 else answer.text
        await asyncio.sleep(0.1)
    return "gave up"


async def test_of_two_hundred_for_one_seat_exactly_one_gets_it_and_nobody_is_lost(region: Region) -> None:
    journey = await region.open(capacity=1)

    outcomes = await asyncio.gather(*(_asks(region, journey["id"], f"p{n}") for n in range(CROWD)))

    assert Counter(outcomes) == {"awaiting_goal": 1, "waitlisted": CROWD - 1}
    ledger = await region.ledger_is_reality(journey)
    assert (ledger["awaiting_goal"], ledger["waitlisted"], ledger["free"]) == (1, CROWD - 1, 0)
    assert len(await region.facts("registration_requested")) == CROWD
    waitlist = region.context.database["registrations"].find({"state": "waitlisted"})
    places = [row["waitlisted_at"] for row in await waitlist.to_list(None)]
    assert len(set(places)) == CROWD - 1, "no two places on the list are equal"


async def test_seats_freed_and_wanted_at_once_are_neither_lost_nor_given_twice(region: Region) -> None:
    journey = await region.open(capacity=10)
    seated = await region.travelling(journey, *(f"first-{n}" for n in range(10)))
    waiting = [await region.traveller(f"next-{n}").register(journey["id"]) for n in range(10)]

    await asyncio.gather(
        *(who.act(seat, "cancellation") for who, seat in seated),
        *(_asks(region, journey["id"], f"last-{n}") for n in range(10)),
    )

    ledger = await region.ledger_is_reality(journey)
    assert (ledger["offered"], ledger["waitlisted"], ledger["free"]) == (10, 10, 0)
    offered = {fact["registration_id"] for fact in await region.facts("seat_offered")}
    assert offered == {one["id"] for one in waiting}, "whoever waited before was asked first"


async def test_a_goal_agreed_in_the_moment_of_asking_is_not_missed(region: Region) -> None:
    journey = await region.open(capacity=50)
    people = [region.traveller(f"p{n}") for n in range(20)]

    made = await asyncio.gather(
        *(who.register(journey["id"], f"goal-of-{who.person_id}") for who in people),
        *(who.agree_on_goal() for who in people),
    )

    states = [(await who.look(one))["state"] for who, one in zip(people, made, strict=False)]
    assert states == ["confirmed"] * 20
    assert (await region.ledger_is_reality(journey))["confirmed"] == 20


async def test_a_person_who_asks_twice_at_once_has_one_registration(region: Region) -> None:
    journey = await region.open()

    outcomes = await asyncio.gather(*(_asks(region, journey["id"], "ada") for _ in range(5)))

    assert sum(outcome == "awaiting_goal" for outcome in outcomes) == 1
    assert sum("already_registered" in outcome for outcome in outcomes) == 4
    assert (await region.ledger_is_reality(journey))["awaiting_goal"] == 1


async def test_a_cancellation_and_the_completion_at_once_leave_the_numbers_true(region: Region) -> None:
    journey = await region.open(1)
    people = await region.travelling(journey, *(f"p{n}" for n in range(6)))
    journey = await region.depart(journey)
    await region.lead(journey, f"stops/{journey['stops'][0]['id']}/visit")
    await region.lead(journey, "debriefing")
    await region.lead(journey, "attendance-closing")
    region.clock.move(days=2)

    await asyncio.gather(region.lead(journey, "completion"), *(who.act(seat, "cancellation") for who, seat in people))
    await region.settle()

    (completed,) = await region.facts("journey_completed")
    assert len(await region.facts("participation_concluded")) == completed["participations"]
    cancelled = len(await region.facts("registration_cancelled"))
    assert completed["participations"] + cancelled == 6
