"""The driver's wrapper: a doorbell that was hung up rings."""

from __future__ import annotations

import asyncio
from typing import Any

from missionare.kit.mongo import Database

MANY = 48
"""Writes that wait for one transaction: more than a process has lanes, and than Motor has threads on small machines."""


async def test_what_is_written_before_the_first_look_at_a_stream_is_told(database: Database) -> None:
    await database.ensure_collections(["boxes"])
    inserts = [{"$match": {"ns.coll": "boxes", "operationType": "insert"}}]
    await database["boxes"].insert_one({"_id": "before"})

    async with database.watch(inserts, max_await_ms=100) as stream:
        await database["boxes"].insert_one({"_id": "b1"})
        told = await stream.try_next()

    assert told["documentKey"] == {"_id": "b1"}


async def test_a_transaction_ends_however_many_writes_wait_for_it(database: Database) -> None:
    await database.ensure_collections(["boxes"])
    box = database["boxes"]
    await box.insert_one({"_id": "b1", "n": 0})
    add = {"$inc": {"n": 1}}
    waiting: list[asyncio.Future[Any]] = []

    async def steps(session: Any) -> None:
        await box.update_one({"_id": "b1"}, add, session=session)
        waiting.extend(asyncio.ensure_future(box.update_one({"_id": "b1"}, add)) for _ in range(MANY))
        await asyncio.sleep(0)  # now each of them has been handed to the driver
        await box.find_one({"_id": "b1"}, session=session)

    await asyncio.wait_for(database.transaction(steps), 20)
    await asyncio.gather(*waiting)

    assert (await box.find_one({"_id": "b1"}))["n"] == 1 + MANY
