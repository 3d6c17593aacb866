import asyncio

import pytest
from support.boxes.events import BoxFilled, BoxOpened
from support.boxes.service import SYSTEM, Box, Boxes, context_of, save

from missionare.kit.ledger import Position
from missionare.kit.mongo import Database
from missionare.kit.work import LostRace, Origin, Work


async def test_state_and_facts_are_saved_together(database: Database) -> None:
    context = await context_of(database)

    await save(context, Box(id="b1", items=2), BoxOpened(box_id="b1", by="p1"), BoxFilled(box_id="b1", items=2))

    rows = await database["facts"].find({}, sort=[("_id", 1)]).to_list(None)
    assert [(row["type"], row["sequence"], row["previous"]) for row in rows] == [
        ("boxes.box_opened.v1", 1, "0.0"),
        ("boxes.box_filled.v1", 2, "1.1"),
    ]
    assert [row["_id"] async for row in database["outbox"].find({}, sort=[("_id", 1)])] == [r["_id"] for r in rows]


async def test_a_save_that_lost_the_race_leaves_neither_state_nor_fact(database: Database) -> None:
    context = await context_of(database)
    box = await save(context, Box(id="b1"), BoxOpened(box_id="b1", by="p1"))
    await save(context, box.changed(items=1), BoxFilled(box_id="b1", items=1))

    with pytest.raises(LostRace):
        await save(context, box.changed(items=9), BoxFilled(box_id="b1", items=9))

    assert (await Boxes(database).get("b1", SYSTEM)).items == 1
    assert await database["facts"].count_documents({}) == 2
    assert await database["outbox"].count_documents({}) == 2


async def test_of_several_saved_at_once_none_is_saved_if_one_lost_the_race(database: Database) -> None:
    context = await context_of(database)
    boxes = [await save(context, Box(id=f"b{number}"), BoxOpened(box_id=f"b{number}", by="p1")) for number in range(3)]
    await save(context, boxes[1].changed(items=1), BoxFilled(box_id="b1", items=1))

    work = Work(context, Origin("tester", "c-1"))
    for box in (*boxes, Box(id="new")):
        work.save(work.store(Boxes), box.changed(items=9), [BoxFilled(box_id=box.id, items=9)])
    with pytest.raises(LostRace):
        await work.commit()

    assert [box.items for box in await Boxes(database).every({}, SYSTEM)] == [0, 1, 0]
    assert await database["facts"].count_documents({}) == 4


async def test_of_two_who_create_the_same_one_is_told_that_it_lost(database: Database) -> None:
    context = await context_of(database)
    facts = [BoxOpened(box_id="b1", by="p1")]

    outcomes = await asyncio.gather(*(save(context, Box(id="b1"), *facts) for _ in range(5)), return_exceptions=True)

    assert sum(isinstance(outcome, LostRace) for outcome in outcomes) == 4
    assert await database["facts"].count_documents({}) == 1


async def test_ids_sort_as_the_sequence_even_when_the_clock_goes_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = await context_of(database)
    box = await save(context, Box(id="b1"), BoxOpened(box_id="b1", by="p1"))
    monkeypatch.setattr("missionare.kit.ledger.now_us", lambda: 1_000_000)

    for items in range(1, 4):
        box = await save(context, box.changed(items=items), BoxFilled(box_id="b1", items=items))

    by_id = await database["facts"].find({}, sort=[("_id", 1)]).to_list(None)
    assert [row["sequence"] for row in by_id] == [1, 2, 3, 4]


async def test_the_era_is_read_in_the_facts_own_transaction(database: Database) -> None:
    context = await context_of(database)
    box = await save(context, Box(id="b1"), BoxOpened(box_id="b1", by="p1"))
    await database["leases"].update_one({"_id": "relay"}, {"$set": {"era": 1_900_000_000}})

    await save(context, box, BoxFilled(box_id="b1", items=1))

    feed = await context.ledger.of_aggregate("box", "b1", "1.1")
    assert [(row["era"], row["sequence"], row["previous"]) for row in feed.facts] == [(1_900_000_000, 2, "1.1")]
    assert feed.head == "1900000000.2"


async def test_a_fact_of_another_aggregate_is_refused(database: Database) -> None:
    context = await context_of(database)
    work = Work(context, Origin("tester", "c-1"))

    with pytest.raises(ValueError, match="does not belong"):
        work.save(work.store(Boxes), Box(id="b1"), [BoxOpened(box_id="b2", by="p1")])


async def test_nothing_is_confirmed_before_the_broker_has_it(database: Database) -> None:
    context = await context_of(database)
    await save(context, Box(id="b1"), BoxOpened(box_id="b1", by="p1"))

    feed = await context.ledger.confirmed(Position())

    assert feed.confirmations == []
    assert (await context.ledger.pending())[0] == 1


async def test_several_processes_that_start_at_once_create_what_is_missing_together(mongo_url: str) -> None:
    databases = [Database(mongo_url) for _ in range(6)]
    names = [f"fresh_{number}" for number in range(8)]
    try:
        await asyncio.gather(*(database.ensure_collections(names) for database in databases))

        present = await databases[0].client.get_default_database().list_collection_names()
        assert set(names) <= set(present)
    finally:
        for name in names:
            await databases[0].client.get_default_database().drop_collection(name)
        for database in databases:
            await database.close()


async def test_whoever_has_seen_what_a_restored_owner_forgot_is_told_all_of_the_new_era(database: Database) -> None:
    context = await context_of(database)
    box = await save(context, Box(id="b1"), BoxFilled(box_id="b1", items=1))
    await database["leases"].update_one({"_id": "relay"}, {"$set": {"era": 2}})
    box = await save(context, box, BoxFilled(box_id="b1", items=2))
    await save(context, box, BoxFilled(box_id="b1", items=3))

    feed = await context.ledger.of_aggregate("box", "b1", "1.3")

    assert [(row["era"], row["sequence"]) for row in feed.facts] == [(2, 2), (2, 3)]
