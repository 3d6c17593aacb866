from __future__ import annotations

from journeys.region import API, Region, ok, refused


async def test_an_agreed_goal_gets_a_certain_seat_and_a_missing_one_a_held_seat(region: Region) -> None:
    journey = await region.open()
    ada, ben = region.traveller("ada"), region.traveller("ben")

    certain = await ada.register(journey["id"], await ada.agree_on_goal())
    held = await ben.register(journey["id"])

    assert (certain["state"], held["state"]) == ("confirmed", "awaiting_goal")
    assert held["goal_until_at"] is not None
    (confirmed,) = await region.facts("registration_confirmed")
    assert (confirmed["person_id"], confirmed["organisation_id"], confirmed["goal_id"]) == ("ada", "o1", "goal-of-ada")
    assert (await region.ledger_is_reality(journey))["free"] == 8


async def test_the_held_seat_becomes_certain_when_the_goal_is_agreed(region: Region) -> None:
    journey = await region.open()
    ada = region.traveller("ada")
    held = await ada.register(journey["id"], "goal-of-ada")

    await ada.agree_on_goal()

    confirmed = await ada.look(held)
    assert (confirmed["state"], confirmed["goal_until_at"]) == ("confirmed", None)
    await region.pass_time(days=20)
    assert (await ada.look(held))["state"] == "confirmed"


async def test_somebody_elses_agreed_goal_makes_no_seat_certain(region: Region) -> None:
    journey = await region.open()
    await region.traveller("ada").agree_on_goal("goal-of-ada")
    ben = region.traveller("ben")

    assert (await ben.register(journey["id"], "goal-of-ada"))["state"] == "awaiting_goal"


async def test_a_held_seat_without_a_goal_lapses_and_passes_on(region: Region) -> None:
    journey = await region.open(capacity=1)
    ada, ben = region.traveller("ada"), region.traveller("ben")
    held, waiting = await ada.register(journey["id"]), await ben.register(journey["id"])

    await region.pass_time(days=14, seconds=1)

    assert (await ada.look(held))["state"] == "lapsed"
    assert (await ben.look(waiting))["state"] == "offered"
    assert (await region.ledger_is_reality(journey))["offered"] == 1


async def test_the_deadline_stands_still_while_the_goal_waits_for_the_coach(region: Region) -> None:
    journey = await region.open()
    ada = region.traveller("ada")
    held = await ada.register(journey["id"])
    goal = {"goal_id": "g1", "person_id": "ada"}

    await region.tell("goal_submitted", "goal", **goal)
    await region.pass_time(days=20)
    assert (await ada.look(held))["state"] == "awaiting_goal"

    await region.tell("goal_returned", "goal", **goal)
    await region.pass_time(days=13)
    assert (await ada.look(held))["state"] == "awaiting_goal"
    await region.pass_time(days=2)
    assert (await ada.look(held))["state"] == "lapsed"


async def test_the_freed_seat_goes_to_whoever_has_waited_longest(region: Region) -> None:
    journey = await region.open(capacity=1)
    (ada, seat), *waiting = await region.travelling(journey, "ada", "ben", "cem")
    (ben, second), (cem, third) = waiting
    assert [second["state"], third["state"]] == ["waitlisted", "waitlisted"]
    path = f"{API}/registrations/{third['id']}/waitlist-position"
    assert ok(await cem.api.get(path)) == {"position": 2}
    refused(await region.operator.get(path), 404, "registration_unknown")

    ok(await ada.act(seat, "cancellation"))

    offered = await ben.look(second)
    assert (offered["state"], (await cem.look(third))["state"]) == ("offered", "waitlisted")
    (offer,) = await region.facts("seat_offered")
    assert (offer["person_id"], offered["offered_until_at"]) == ("ben", offer["until_at"])
    assert ok(await ben.act(second, "offer-acceptance"))["state"] == "confirmed"
    assert (await region.ledger_is_reality(journey))["confirmed"] == 1


async def test_a_late_acceptance_is_refused_and_the_seat_passes_on(region: Region) -> None:
    journey = await region.open(capacity=1)
    (ada, seat), (ben, second), (cem, third) = await region.travelling(journey, "ada", "ben", "cem")
    ok(await ada.act(seat, "cancellation"))

    region.clock.move(days=10)
    refused(await ben.act(second, "offer-acceptance"), 409, "offer_expired")
    await region.settle()

    assert (await ben.look(second))["state"] == "offer_expired"
    assert (await cem.look(third))["state"] == "offered"
    refused(await ben.act(second, "offer-acceptance"), 409, "offer_expired")
    rejoined = await ben.register(journey["id"], "goal-of-ben")
    assert rejoined["state"] == "waitlisted"
    assert rejoined["id"] != second["id"]


async def test_every_way_of_freeing_a_seat_passes_it_on_in_the_same_transaction(region: Region) -> None:
    journey = await region.open(capacity=1)
    people = await region.travelling(journey, "p1", "p2", "p3", "p4", "p5")
    who = iter(people)

    first, seat = next(who)
    ok(await first.act(seat, "cancellation"))
    await region.ledger_is_reality(journey)
    second, offer = next(who)
    ok(await second.act(offer, "offer-refusal"))
    await region.ledger_is_reality(journey)
    third, offer = next(who)
    ok(await third.act(offer, "cancellation"))
    await region.ledger_is_reality(journey)
    fourth, offer = next(who)
    assert (await fourth.look(offer))["state"] == "offered"
    await region.pass_time(days=10)
    fifth, offer = next(who)
    assert ok(await fifth.act(offer, "offer-acceptance"))["state"] == "confirmed"
    assert (await region.ledger_is_reality(journey))["free"] == 0


async def test_somebody_who_has_left_the_organisation_is_skipped(region: Region) -> None:
    journey = await region.open(capacity=1)
    (ada, seat), (ben, second), (cem, third) = await region.travelling(journey, "ada", "ben", "cem")
    await region.belongs("ben", "company-of-ben")
    await region.left("ben", "company-of-ben")

    ok(await ada.act(seat, "cancellation"))

    assert (await ben.look(second))["state"] == "waitlisted"
    assert (await cem.look(third))["state"] == "offered"
    (skipped,) = await region.facts("seat_offer_skipped")
    assert (skipped["person_id"], skipped["reason"]) == ("ben", "affiliation_ended")


async def test_a_journey_with_approval_gives_a_seat_only_after_it(region: Region) -> None:
    journey = await region.open(capacity=1, approval="manual")
    (_ada, first), (_ben, second) = await region.travelling(journey, "ada", "ben")
    assert (first["state"], second["state"]) == ("pending_approval", "pending_approval")
    assert (await region.ledger_is_reality(journey))["pending"] == 2

    path = f"{API}/registrations/{first['id']}"
    assert ok(await region.operator.post(f"{path}/approval", match=1))["state"] == "confirmed"
    path = f"{API}/registrations/{second['id']}"
    rejected = ok(await region.operator.post(f"{path}/rejection", {"reason": "nur für Betriebe"}, match=1))
    assert (rejected["state"], rejected["reason"]) == ("rejected", "nur für Betriebe")
    assert len(await region.facts("registration_approved")) == 1
    await region.ledger_is_reality(journey)


async def test_a_person_is_registered_once_per_journey(region: Region) -> None:
    journey = await region.open()
    ada = region.traveller("ada")
    await ada.register(journey["id"])

    body = {"goal_id": None, "rules_accepted": True}
    refused(await ada.api.post(f"{API}/journeys/{journey['id']}/registrations", body), 409, "already_registered")
    await region.ledger_is_reality(journey)


async def test_a_request_sent_twice_is_one_request(region: Region) -> None:
    journey = await region.open()
    ada = region.traveller("ada")

    one = await ada.register(journey["id"], key="same-key")
    again = await ada.register(journey["id"], key="same-key")

    assert one == again
    assert len(await region.facts("registration_requested")) == 1


async def test_staff_register_somebody_who_telephones(region: Region) -> None:
    journey = await region.open()
    await region.belongs("ada", "o1")
    staff = region.operator.for_somebody("ada")

    body = {"goal_id": None, "rules_accepted": True}
    made = ok(await staff.post(f"{API}/journeys/{journey['id']}/registrations", body), 201)

    assert (made["person_id"], made["organisation_id"]) == ("ada", "o1")
    row = await region.context.database.client[f"{region.context.database.name}_audit"]["audit"].find_one(
        {"what": "register"}
    )
    assert (row["on_behalf_of"], row["channel"]) == ("ada", "telephone")
    path = f"{API}/registrations/{made['id']}/cancellation"
    refused(await region.operator.post(path, match=1), 404, "registration_unknown")
    assert ok(await staff.post(path, match=1))["state"] == "cancelled"


async def test_others_do_not_find_a_registration(region: Region) -> None:
    journey = await region.open()
    made = await region.traveller("ada").register(journey["id"])
    colleague = region.traveller("boss", "o1")
    path = f"{API}/registrations/{made['id']}"

    refused(await colleague.api.get(path), 404, "registration_unknown")
    refused(await colleague.api.post(f"{path}/cancellation", match=1), 404, "registration_unknown")
    assert ok(await colleague.api.get(f"{API}/registrations"))["items"] == []
    refused(await colleague.api.get(f"{API}/journeys/{journey['id']}/registrations"), 403, "forbidden")


async def test_at_departure_nobody_without_a_certain_seat_is_left_waiting(region: Region) -> None:
    journey = await region.open(capacity=2)
    (ada, seat), (_ben, _), (cem, third), (dag, fourth) = await region.travelling(journey, "ada", "ben", "cem", "dag")
    ok(await ada.act(seat, "cancellation"))
    assert (await cem.look(third))["state"] == "offered"
    region.clock.move(days=1)

    await region.depart(journey)

    assert (await cem.look(third))["state"] == "offer_expired"
    assert (await dag.look(fourth))["state"] == "withdrawn"
    ledger = await region.ledger_is_reality(journey)
    assert (ledger["state"], ledger["confirmed"], ledger["waitlisted"]) == ("departed", 1, 0)


async def test_a_cancelled_journey_ends_every_registration(region: Region) -> None:
    journey = await region.open(capacity=2)
    people = await region.travelling(journey, "ada", "ben", "cem")

    await region.lead(journey, "cancellation", {"reason": "Streik"})
    await region.settle()

    assert [(await who.look(seat))["state"] for who, seat in people] == ["cancelled", "cancelled", "withdrawn"]
    ledger = await region.ledger_is_reality(journey)
    assert (ledger["state"], ledger["confirmed"]) == ("final", 0)
    who, seat = people[0]
    refused(await who.act(seat, "cancellation"), 409, "seats_settled")
