"""Commands over HTTP: once each, on the version that was read, with their audit row."""

import asyncio
from typing import Any

import pytest

from missionare.kit.idempotency import Once, Outcome
from missionare.kit.testing import As, Platform

THINGS = "/api/things/v1/things"
DRAFT = {"name": "Säge", "size": 3}


async def made(caller: As, **fields: Any) -> dict[str, Any]:
    answer = await caller.post(THINGS, {**DRAFT, **fields})
    assert answer.status_code == 201, answer.text
    thing: dict[str, Any] = answer.json()
    return thing


async def count(things: Platform, collection: str) -> int:
    return int(await things.service.database[collection].count_documents({}))


async def test_a_command_answers_with_what_it_made_and_where_its_version_stands(things: Platform) -> None:
    ada = things.as_person("p1")

    answer = await ada.post(THINGS, DRAFT)

    assert answer.status_code == 201, answer.text
    assert answer.json()["name"] == "Säge"
    assert answer.headers["etag"] == '"1"'
    again = await ada.get(f"{THINGS}/{answer.json()['id']}")
    assert again.json() == answer.json()
    assert again.headers["etag"] == '"1"'


async def test_the_same_command_sent_again_happens_once_and_answers_alike(things: Platform) -> None:
    ada = things.as_person("p1")

    first = await ada.post(THINGS, DRAFT, key="k-1")
    second = await ada.post(THINGS, DRAFT, key="k-1")

    assert (second.status_code, second.json()) == (201, first.json())
    assert second.headers["etag"] == first.headers["etag"]
    assert await count(things, "things") == 1
    assert await count(things, "facts") == 1


async def test_a_repeated_change_answers_although_its_version_is_stale_and_its_state_has_moved(
    things: Platform,
) -> None:
    rita = things.as_person("p2", roles=["reviewer"])
    thing = await made(things.as_person("p1"))
    path = f"{THINGS}/{thing['id']}/approval"

    first = await rita.post(path, match=1, key="k-1")
    second = await rita.post(path, match=1, key="k-1")

    assert first.status_code == second.status_code == 200
    assert second.json()["state"] == "approved"
    assert (await rita.post(path, match=1, key="k-2")).status_code == 412
    assert (await rita.post(path, match=2, key="k-3")).json()["code"] == "wrong_state"


async def test_a_key_with_another_body_is_refused(things: Platform) -> None:
    ada = things.as_person("p1")
    await ada.post(THINGS, DRAFT, key="k-1")

    answer = await ada.post(THINGS, {**DRAFT, "size": 4}, key="k-1")

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert await count(things, "things") == 1


async def test_a_key_belongs_to_one_caller_and_one_route(things: Platform) -> None:
    ada, bert = things.as_person("p1"), things.as_person("p2")

    answers = [await caller.post(THINGS, DRAFT, key="k-1") for caller in (ada, bert)]
    other_route = await ada.post("/api/things/v1/counts", key="k-1")

    assert [answer.status_code for answer in answers] == [201, 201]
    assert other_route.json() == {"things": 1}
    assert await count(things, "things") == 2


async def test_a_key_for_another_address_of_the_same_route_is_refused(things: Platform) -> None:
    ada = things.as_person("p1")
    one, other = await made(ada), await made(ada)

    first = await ada.post(f"{THINGS}/{one['id']}/count", key="k-1")
    second = await ada.post(f"{THINGS}/{other['id']}/count", key="k-1")

    assert (first.status_code, second.status_code) == (200, 422)


@pytest.mark.parametrize(
    ("key", "code"),
    [("", "idempotency_key_missing"), ("two words", "malformed_header"), ("x" * 129, "malformed_header")],
)
async def test_a_command_without_a_usable_key_changes_nothing(things: Platform, key: str, code: str) -> None:
    answer = await things.as_person("p1").post(THINGS, DRAFT, key="", headers={"Idempotency-Key": key})

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert await count(things, "things") == 0


async def test_a_refused_command_may_be_tried_again_with_its_key(things: Platform) -> None:
    rita = things.as_person("p2", roles=["reviewer"])
    thing = await made(things.as_person("p1"))
    path = f"{THINGS}/{thing['id']}/approval"

    refused = await rita.post(path, match=9, key="k-1")
    accepted = await rita.post(path, match=1, key="k-1")

    assert (refused.status_code, accepted.status_code) == (412, 200)


async def test_a_change_needs_the_version_it_was_decided_on(things: Platform) -> None:
    rita = things.as_person("p2", roles=["reviewer"])
    thing = await made(things.as_person("p1"))
    path = f"{THINGS}/{thing['id']}/approval"

    answers = {match: (await rita.post(path, match=match)).status_code for match in (None, "*", "7", 'W/"1"', '"7"')}

    assert answers == {None: 428, "*": 428, "7": 400, 'W/"1"': 412, '"7"': 412}
    assert (await rita.get(f"{THINGS}/{thing['id']}")).json()["state"] == "new"
    assert (await rita.post(path, match='"7", "1"')).status_code == 200


async def test_of_a_hundred_at_once_every_one_counts_exactly_once(things: Platform) -> None:
    thing = await made(things.as_person("p1"))
    callers = [things.as_person(f"p{n}", roles=["reviewer"]) for n in range(100)]

    answers = await asyncio.gather(*(caller.post(f"{THINGS}/{thing['id']}/count") for caller in callers))

    assert {answer.status_code for answer in answers} == {200}
    stored = await things.service.database["things"].find_one({"_id": thing["id"]})
    assert (stored["counter"], stored["version"]) == (100, 101)


async def test_the_same_command_many_times_at_once_happens_once(things: Platform) -> None:
    ada = things.as_person("p1")

    answers = await asyncio.gather(*(ada.post(THINGS, DRAFT, key="k-1") for _ in range(20)))

    assert await count(things, "things") == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"in_flight"}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert (await ada.post(THINGS, DRAFT, key="k-1")).status_code == 201


async def test_a_command_that_is_under_way_elsewhere_is_told_apart_from_one_that_is_done(things: Platform) -> None:
    database = things.service.database
    other_process = Once.of("person:p1", "make_thing", "k-1", "whatever")

    async with await database.client.start_session() as elsewhere, elsewhere.start_transaction():
        await other_process.claim(database, elsewhere, Outcome("x", 201))
        answer = await things.as_person("p1").post(THINGS, DRAFT, key="k-1")

    assert (answer.status_code, answer.json()["code"]) == (409, "in_flight")
    assert await count(things, "things") == 0


async def test_every_command_leaves_one_row_in_the_audit_trail(things: Platform) -> None:
    await made(
        things.as_person("p1", roles=["reviewer"]).for_somebody("p9", channel="paper", why="Brief%20vom%203.%20Mai")
    )
    await things.as_person("p1").post(THINGS, {"name": ""})

    rows = await things.service.database.audit.find({}).to_list(None)

    assert len(rows) == 1
    row = rows[0]
    assert (row["actor"], row["what"], row["why"]) == ("person:p1", "make_thing", "Brief vom 3. Mai")
    assert (row["on_behalf_of"], row["channel"]) == ("p9", "paper")
    assert row["objects"] == [f"thing:{(await things.service.database['things'].find_one({}))['_id']}"]
    assert row["correlation_id"]
    assert "Säge" not in str(row)


async def test_staff_act_on_behalf_only_where_that_is_offered_and_allowed_to_them(things: Platform) -> None:
    staff = things.as_person("p1", roles=["reviewer"]).for_somebody("p9")
    somebody = things.as_person("p2").for_somebody("p9")

    assert (await staff.post(THINGS, DRAFT)).status_code == 201
    assert (await somebody.post(THINGS, DRAFT)).json()["code"] == "forbidden"
    assert (await staff.post("/api/things/v1/counts")).json()["code"] == "on_behalf_not_offered"
    assert (await things.as_person("p9").get(THINGS)).json()["items"][0]["name"] == "Säge"


@pytest.mark.parametrize(
    "headers",
    [
        {"On-Behalf-Of": "p9"},
        {"On-Behalf-Of": "p9", "On-Behalf-Channel": "telephone"},
        {"On-Behalf-Of": "p9", "On-Behalf-Channel": "pigeon", "On-Behalf-Why": "x"},
        {"On-Behalf-Why": "x"},
        {"On-Behalf-Of": "p" * 65, "On-Behalf-Channel": "paper", "On-Behalf-Why": "x"},
    ],
)
async def test_acting_on_behalf_needs_whom_how_and_why(things: Platform, headers: dict[str, str]) -> None:
    answer = await things.as_person("p1", roles=["reviewer"]).post(THINGS, DRAFT, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_header")


async def test_on_behalf_of_another_the_same_key_is_another_command(things: Platform) -> None:
    staff = things.as_person("p1", roles=["reviewer"])

    first = await staff.for_somebody("p8").post(THINGS, DRAFT, key="k-1")
    second = await staff.for_somebody("p9").post(THINGS, DRAFT, key="k-1")

    assert (first.status_code, second.status_code) == (201, 422)


async def test_a_change_whose_author_forgot_to_match_never_commits(things: Platform) -> None:
    answer = await things.as_person("p1", roles=["reviewer"]).post(f"{THINGS}/x/forgetful", match=1)

    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    assert await count(things, "commands") == 0


async def test_a_command_without_a_key_may_set_cookies_and_headers(things: Platform) -> None:
    answer = await things.as_visitor().post("/api/things/v1/sessions", key="")

    assert answer.json() == {"things": 0}
    assert answer.headers["x-extra"] == "1"
    assert "HttpOnly; Path=/; SameSite=lax; Secure" in answer.headers["set-cookie"]


async def test_a_command_record_is_deleted_after_two_days(things: Platform) -> None:
    indexes = await things.service.database["commands"].index_information()

    assert indexes["kept"]["expireAfterSeconds"] == 172_800


async def test_lists_come_in_pages_that_name_the_next(things: Platform) -> None:
    ada = things.as_person("p1")
    names = [(await made(ada, name=f"n{n}"))["name"] for n in range(5)]
    await made(things.as_person("p2"))

    seen: list[str] = []
    path = f"{THINGS}?limit=2"
    while path:
        answer = await ada.get(path)
        seen += [item["name"] for item in answer.json()["items"]]
        path = answer.links["next"]["url"] if "next" in answer.links else ""

    assert seen == names
    assert answer.json()["next_cursor"] is None


async def test_somebody_elses_thing_is_not_found(things: Platform) -> None:
    thing = await made(things.as_person("p1"))

    answer = await things.as_person("p2").get(f"{THINGS}/{thing['id']}")

    assert (answer.status_code, answer.json()["code"]) == (404, "thing_unknown")
