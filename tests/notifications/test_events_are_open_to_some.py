"""Readers outside see what its owner opened to them, in a lasting order, until it is taken back."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from notifications.region import API, COMPLETED, ENTRY, PUBLISHED, QUALIFIED, Region

from missionare.kit.store import Scope
from missionare.kit.testing import As
from missionare.notifications.integration.domain import OPEN, Choice
from missionare.notifications.integration.views import Heads, OpenEvents

SCOPE = Scope.system("a test looks on")


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


async def refused(who: As, **query: Any) -> tuple[int, str]:
    answer = await who.get(f"{API}/events", params=query)
    return answer.status_code, answer.json()["code"]


# --- who sees what ----------------------------------------------------------------------------------------------------


async def test_the_public_sees_what_is_public_and_a_key_what_is_the_network_s_as_well(region: Region):
    await region.deliver(region.entry(), region.qualified())

    assert kinds(await region.seen(region.anybody)) == [ENTRY]
    assert kinds(await region.seen(region.platform.as_person("p1", roles=["member"]))) == [ENTRY]
    assert sorted(kinds(await region.seen(region.chamber))) == [ENTRY, QUALIFIED]


async def test_an_event_is_a_cloud_event_with_the_fields_that_are_for_outside_alone(region: Region):
    fact = region.entry("e7", topics=["data", "people"])
    await region.deliver(fact)

    [event] = await region.seen(region.anybody)
    assert event == {
        "specversion": "1.0",
        "id": fact.id,
        "source": "/missionare/catalog",
        "type": ENTRY,
        "subject": "e7",
        "time": event["time"],
        "datacontenttype": "application/json",
        "audience": "public",
        "data": {"entry_id": "e7", "kind": "question", "number": 1, "pole": None, "topics": ["data", "people"]},
    }
    assert abs(datetime.fromisoformat(event["time"]) - fact.time) < timedelta(milliseconds=1)


async def test_an_insight_is_open_as_far_as_its_host_let_it(region: Region):
    for audience in ("journey_group", "personal", "network", "public"):
        await region.deliver(region.insight(f"i-{audience}", audience))

    assert [event["subject"] for event in await region.seen(region.anybody)] == ["i-public"]
    assert [event["subject"] for event in await region.seen(region.chamber)] == ["i-network", "i-public"]
    assert "r1" not in json.dumps(await region.seen(region.chamber)), "a registration would tell whose it is"


async def test_the_types_there_are_can_be_asked_for(region: Region):
    answer = await region.anybody.get(f"{API}/event-types")

    assert {item["type"]: item["audience"] for item in answer.json()["items"]} == OPEN


def contract(place: str) -> dict[str, Any]:
    """Read a file of the contracts."""
    return dict(json.loads((Path(__file__).parents[2] / "contracts" / place).read_text(encoding="utf-8")))


async def test_every_type_is_told_as_its_description_says(region: Region):
    types = (await region.anybody.get(f"{API}/event-types")).json()["items"]
    described = {item["type"]: contract(item["described_at"].removeprefix("/docs/contracts/")) for item in types}
    for kind in OPEN:
        source, _, name = kind.partition(".")
        schema, value = (contract(f"{source}/facts/{name}.{part}.json") for part in ("schema", "example"))
        value |= {"audience": "network"} if "audience" in value else {}
        await region.deliver(region.fact(f"{source}.{schema['title']}", schema["x-aggregate"], **value))

    seen = await region.seen(region.chamber)
    assert sorted(kinds(seen)) == sorted(OPEN)
    for event in [*seen, *await region.seen(region.anybody)]:
        schema = described[event["type"]]
        jsonschema_rs.validator_for(schema, validate_formats=True).validate(event["data"])
        assert event["data"].keys() <= schema["properties"].keys()


# --- people -----------------------------------------------------------------------------------------------------------


async def test_a_person_has_another_name_for_each_integration_and_always_the_same(region: Region):
    await region.deliver(region.qualified("p1", "j1"))
    again = region.qualified("p1", "j2")
    await region.deliver(again)

    first, second = await region.seen(region.chamber)
    [theirs, _] = await region.seen(region.integration("university"))
    by_another_key = await region.seen(region.integration("chamber", "key-2"))

    assert first["data"]["person_id"] == second["data"]["person_id"] == by_another_key[0]["data"]["person_id"]
    assert first["data"]["person_id"].startswith("ref_")
    assert first["data"]["person_id"] != theirs["data"]["person_id"]
    assert first["subject"] == first["data"]["missionary_id"] != theirs["subject"]
    assert first["data"]["person_id"] != first["data"]["missionary_id"]
    said = json.dumps([first, second, theirs])
    assert not any(f'"{name}"' in said for name in ("p1", "m-p1", "r-p1", "g1"))


# --- taking back ------------------------------------------------------------------------------------------------------


async def test_what_is_taken_back_is_gone_at_once_and_nothing_of_it_follows(region: Region):
    await region.deliver(region.qualified("p1"), region.qualified("p2"))
    assert len(await region.seen(region.chamber)) == 2

    assert await region.withdraw("person", "p1") == 201
    late = region.qualified("p1", "j2")
    await region.deliver(late)
    await region.deliver(region.entry())

    [theirs, entry] = await region.seen(region.chamber)
    assert entry["type"] == ENTRY
    assert theirs["type"] == QUALIFIED
    rows = await region.context.database["open_events"].find({}).to_list(None)
    assert "p1" not in str(rows)


async def test_an_entry_that_is_taken_back_is_named_by_no_merge_either(region: Region):
    merged = {"entry_id": "e1", "into_entry_id": "e2", "kind": "question"}
    await region.deliver(region.entry(), region.fact("catalog.EntriesMerged", "entry", **merged))
    assert [event["data"].get("into_entry_id") for event in await region.seen(region.anybody)] == [None, "e2"]

    assert await region.withdraw("entry", "e2") == 201

    assert kinds(await region.seen(region.anybody)) == [ENTRY]


async def test_taking_back_is_the_operators_and_stands_in_the_audit_trail(region: Region):
    for who, status in ((region.anybody, 401), (region.chamber, 403)):
        assert await region.withdraw("entry", "e1", who) == status

    assert await region.withdraw("entry", "e1") == 201
    row = await region.context.database.audit.find_one({"what": "withdraw_events"})
    assert (row["why"], row["objects"]) == ("asked for", ["entry:e1"])


async def test_while_something_is_taken_back_nothing_of_it_slips_through(region: Region):
    facts = [region.qualified("p1", f"j{number}") for number in range(12)]

    await asyncio.gather(region.deliver(*facts[:6]), region.withdraw("person", "p1"), region.deliver(*facts[6:]))

    assert await region.seen(region.chamber) == []


# --- order and cursor -------------------------------------------------------------------------------------------------


async def test_pages_bring_everything_once_in_order_and_the_last_cursor_goes_on(region: Region):
    facts = [region.entry(f"e{number}") for number in range(7)]
    await region.deliver(*facts)

    seen, cursor, more = [], None, True
    while more:
        page = await region.page(region.anybody, limit=3, **({"cursor": cursor} if cursor else {}))
        seen += [event["id"] for event in page["items"]]
        cursor, more = page["next_cursor"], page["more"]
    assert sorted(seen) == sorted(fact.id for fact in facts)

    assert await region.page(region.anybody, cursor=cursor) == {"items": [], "next_cursor": cursor, "more": False}
    await region.deliver(region.entry("later"))
    assert [event["subject"] for event in await region.seen(region.anybody, cursor=cursor)] == ["later"]


async def test_whoever_reads_along_while_many_arrive_at_once_misses_none(region: Region):
    facts = [region.entry(f"e{number}") for number in range(40)]
    arriving = [asyncio.create_task(region.deliver(*facts[part::8])) for part in range(8)]

    seen, cursor = [], {}
    while len(seen) < 40:
        page = await region.page(region.anybody, **cursor)
        seen += [event["id"] for event in page["items"]]
        cursor = {"cursor": page["next_cursor"]}
    await asyncio.gather(*arriving)

    assert sorted(seen) == sorted(fact.id for fact in facts)


async def test_a_fact_that_comes_twice_is_one_event(region: Region):
    fact = region.entry()

    await asyncio.gather(*(region.deliver(fact) for _ in range(4)))

    assert len(await region.seen(region.anybody)) == 1


async def test_types_and_a_day_narrow_it_down(region: Region):
    await region.deliver(region.entry(), region.journey())
    tomorrow = region.clock.move(days=1).astimezone(UTC).date()
    await region.deliver(region.entry("e2"))

    assert kinds(await region.seen(region.anybody, types=PUBLISHED)) == [PUBLISHED]
    assert sorted(kinds(await region.seen(region.anybody, types=[PUBLISHED, ENTRY]))) == [ENTRY, ENTRY, PUBLISHED]
    assert [event["subject"] for event in await region.seen(region.anybody, since=str(tomorrow))] == ["e2"]
    assert await region.seen(region.anybody, since=str(tomorrow + timedelta(days=1))) == []
    assert await region.seen(region.anybody, types=COMPLETED) == []


async def test_a_cursor_of_another_filter_is_refused_with_what_to_do(region: Region):
    await region.deliver(region.entry(), region.qualified())
    cursor = (await region.page(region.anybody, types=ENTRY))["next_cursor"]

    assert await refused(region.anybody, cursor=cursor) == (422, "cursor_of_another_choice")
    assert await refused(region.anybody, cursor=cursor, types=PUBLISHED) == (422, "cursor_of_another_choice")
    assert await refused(region.chamber, cursor=cursor, types=ENTRY) == (422, "cursor_of_another_choice")
    answer = await region.anybody.get(f"{API}/events", params={"cursor": cursor}, headers={"Accept-Language": "en"})
    assert answer.json()["next"].startswith("Ask with the same `types` and `since`")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda cursor: cursor[:-1],
        lambda cursor: "9" + cursor,
        lambda cursor: cursor.replace("-", "~"),
        lambda _: "1",
        lambda _: "ü-ü-ü",
        lambda _: "-",
    ],
)
async def test_a_cursor_that_was_never_given_out_is_refused(region: Region, spoil: Any):
    cursor = (await region.page(region.anybody))["next_cursor"]

    assert await refused(region.anybody, cursor=spoil(cursor)) == (422, "cursor_not_genuine")


async def test_an_unknown_type_is_refused_with_those_there_are(region: Region):
    answer = await region.anybody.get(f"{API}/events", params={"types": "members.person_registered.v1"})

    assert (answer.status_code, answer.json()["code"]) == (422, "event_type_unknown")
    assert ENTRY in answer.json()["detail"]


async def test_a_page_costs_the_same_wherever_it_is(region: Region):
    database = region.context.database
    events = region.context.views[OpenEvents]
    types = [name for name, audience in sorted(OPEN.items()) if audience == "public"]
    rows = [
        {"_id": f"x{number}", "position": number, "type": types[number % len(types)], "audience": "public"}
        for number in range(1, 5_001)
    ]
    await database["open_events"].insert_many(rows)

    async def examined(position: int, choice: Choice) -> int:
        where = events.wanted(position, choice)
        find = {"find": "open_events", "filter": where, "sort": {"position": 1}, "limit": 50}
        main = database.client[database.name]
        plan = await main.command({"explain": find, "verbosity": "executionStats"})
        return int(plan["executionStats"]["totalKeysExamined"])

    for choice in (Choice(("public",)), Choice(("network", "public")), Choice(("public",), (ENTRY,))):
        costs = [await examined(position, choice) for position in (0, 2_500, 4_000)]
        assert max(costs) <= 50 + 3 * 2 * len(OPEN), (choice, costs)


async def test_whoever_reads_on_after_a_restore_misses_nothing(region: Region):
    await region.deliver(region.entry("e1"), region.entry("e2"))
    page = (await region.anybody.get(f"{API}/events")).json()
    database = region.context.database
    await database["open_events"].delete_one({"subject": "e2"})
    await database["open_event_heads"].update_one({}, {"$set": {"n": 1}})

    await region.context.views[Heads].restored()
    await region.deliver(region.entry("e3"))

    after = await region.anybody.get(f"{API}/events", params={"cursor": page["next_cursor"]})
    assert [event["subject"] for event in after.json()["items"]] == ["e3"]
