"""The driver's wrapper: a doorbell that was hung up rings."""

from __future__ import annotations

from missionare.kit.mongo import Database


async def test_what_is_written_before_the_first_look_at_a_stream_is_told(database: Database) -> None:
    await database.ensure_collections(["boxes"])
    inserts = [{"$match": {"ns.coll": "boxes", "operationType": "insert"}}]
    await database["boxes"].insert_one({"_id": "before"})

    async with database.watch(inserts, max_await_ms=100) as stream:
        await database["boxes"].insert_one({"_id": "b1"})
        told = await stream.try_next()

    assert told["documentKey"] == {"_id": "b1"}
