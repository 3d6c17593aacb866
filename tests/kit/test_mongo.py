"""The driver's wrapper: a doorbell that was hung up rings, and transactions come to their end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from missionare.kit import mongo
from missionare.kit.mongo import Database, Driver

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


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
async def test_a_transaction_that_the_server_has_dropped_before_its_commit_happens_all_the_same(
    database: Database, mongo_url: str, driver: Driver
) -> None:
    await database.ensure_collections(["boxes"])
    other = Database(mongo_url, driver)
    runs = 0

    async def steps(session: Any) -> None:
        nonlocal runs
        runs += 1
        await other["boxes"].insert_one({"_id": "b1", "run": runs}, session=session)
        if runs == 1:  # as after an election: the new primary knows nothing of it
            await database.client.admin.command("killSessions", [session.session_id])

    try:
        await other.transaction(steps)
    finally:
        await other.close()

    assert [box["run"] async for box in database["boxes"].find({})] == [2]


def test_a_primary_that_stands_still_is_given_up_within_ten_seconds() -> None:
    assert mongo._OPTIONS["connectTimeoutMS"] + mongo._OPTIONS["heartbeatFrequencyMS"] < 10_000


async def test_a_commit_whose_outcome_is_unknown_is_asked_for_again() -> None:
    class Commits:
        in_transaction = True
        asked = 0

        def start_transaction(self, **_: Any) -> None:
            self.in_transaction = True

        async def commit_transaction(self) -> None:
            self.asked += 1
            if self.asked < 3:
                raise AutoReconnect("not primary", {"errorLabels": ["UnknownTransactionCommitResult"]})

    async def steps(_session: Any) -> str:
        return "done"

    session = Commits()

    assert await mongo._motor_transaction(session, steps) == "done"
    assert session.asked == 3
