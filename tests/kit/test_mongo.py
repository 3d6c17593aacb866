"""The driver's wrapper: a doorbell that was hung up rings, and transactions come to their end."""

from __future__ import annotations

import asyncio

import pytest
from pymongo import MongoClient

from missionare.kit import mongo
from missionare.kit.mongo import Database, Driver, Session, completed

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
    loop, waiting = asyncio.get_running_loop(), []

    def crowd() -> None:
        waiting.extend(asyncio.ensure_future(box.update_one({"_id": "b1"}, add)) for _ in range(MANY))

    async def steps(session: Session) -> None:
        await box.update_one({"_id": "b1"}, add, session=session)
        loop.call_soon_threadsafe(crowd)
        for _ in range(MANY):
            await box.find_one({"_id": "b1"}, session=session)

    await asyncio.wait_for(database.transaction(steps), 20)
    await asyncio.gather(*waiting)

    assert (await box.find_one({"_id": "b1"}))["n"] == 1 + MANY


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
async def test_a_transaction_that_the_server_has_dropped_before_its_commit_happens_all_the_same(
    database: Database, mongo_url: str, driver: Driver
) -> None:
    await database.ensure_collections(["boxes"])
    other, outside = Database(mongo_url, driver), MongoClient(mongo_url)
    runs = 0

    async def steps(session: Session) -> None:
        nonlocal runs
        runs += 1
        await other["boxes"].insert_one({"_id": "b1", "run": runs}, session=session)
        if runs == 1:  # as after an election: the new primary knows nothing of it
            outside.admin.command("killSessions", [session.session_id])

    try:
        await other.transaction(steps)
    finally:
        outside.close()
        await other.close()

    assert [box["run"] async for box in database["boxes"].find({})] == [2]


def test_a_primary_that_stands_still_is_given_up_within_ten_seconds() -> None:
    assert mongo._OPTIONS["connectTimeoutMS"] + mongo._OPTIONS["heartbeatFrequencyMS"] < 10_000


def test_steps_that_wait_for_something_else_than_their_transaction_are_refused() -> None:
    async def steps() -> None:
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="wait for something"):
        completed(steps())
