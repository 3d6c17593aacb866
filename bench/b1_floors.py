"""The floors of B1 as a process of their own: `uvicorn bench.b1_floors:app`.

FastAPI and Motor as in their documentation, on the database that the platform's process uses as well, so that
indexes and sizes are the same. No token, no policy, no `If-Match`, no log line, no metrics.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import WriteConcern
from pymongo.read_concern import ReadConcern

from missionare.kit.ids import uuid7

CONFLICT = 409


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Connect for as long as the process lives."""
    client: Any = AsyncIOMotorClient(
        os.environ["BENCH_MONGO_URL"], tz_aware=True, w="majority", journal=True, readConcernLevel="majority"
    )
    app.state.client, app.state.database = client, client.get_default_database()
    app.state.audit = client[f"{app.state.database.name}_audit"]["audit"]
    yield
    client.close()


app = FastAPI(lifespan=lifespan)


@app.post("/a/goals/{goal_id}/agreement")
async def agree_with_the_same_reads_and_writes(goal_id: str, request: Request) -> dict[str, Any]:
    """Floor (a): what the platform reads and writes to agree a goal, in one transaction, written by hand."""
    database, now = request.app.state.database, datetime.now(UTC)
    goal = await _goal(database, goal_id)
    await database["affiliations"].find_one({"person_id": goal["person_id"], "primary": True})
    sequence, version = goal["chain"]["sequence"] + 1, goal["version"]
    agreed = {**goal, "state": "agreed", "coach_id": "coach", "version": version + 1}

    async def steps(session: Any) -> None:
        key = request.headers["Idempotency-Key"]
        record = {"_id": key, "fingerprint": key, "status": 200, "object_id": goal_id, "at": now}
        await database["commands"].insert_one(record, session=session)
        relay = await database["leases"].find_one({"_id": "relay"}, {"era": 1}, session=session)
        agreed["chain"] = {"sequence": sequence, "era": relay["era"], "last_us": 0}
        fact = _fact(goal, sequence, relay["era"], now)
        await _replace(database, agreed, version, session)
        await database["facts"].insert_many([fact], session=session)
        await database["outbox"].insert_many([{"_id": fact["_id"], "key": goal_id}], session=session)
        audit = {"_id": uuid7(), "at": now, "actor": "coach", "what": "agree_goal", "objects": [goal_id]}
        await request.app.state.audit.insert_many([audit], session=session)

    await _transaction(request.app.state.client, steps)
    return _shown(agreed)


@app.post("/b/goals/{goal_id}/agreement")
async def agree_as_little_as_possible(goal_id: str, request: Request) -> dict[str, Any]:
    """Floor (b): one read, the state and one outbox row in one transaction; a repetition happens twice."""
    database, now = request.app.state.database, datetime.now(UTC)
    goal = await _goal(database, goal_id)
    version = goal["version"]
    agreed = {**goal, "state": "agreed", "coach_id": "coach", "version": version + 1}

    async def steps(session: Any) -> None:
        await _replace(database, agreed, version, session)
        await database["floor_outbox"].insert_one(_fact(goal, version, 1, now), session=session)

    await _transaction(request.app.state.client, steps)
    return _shown(agreed)


async def _goal(database: Any, goal_id: str) -> dict[str, Any]:
    goal: dict[str, Any] | None = await database["goals"].find_one({"_id": goal_id})
    if goal is None or goal["state"] != "submitted":
        raise HTTPException(CONFLICT)
    return goal


async def _replace(database: Any, agreed: dict[str, Any], version: int, session: Any) -> None:
    expected = {"_id": agreed["_id"], "version": version}
    result = await database["goals"].replace_one(expected, agreed, session=session)
    if result.matched_count != 1:
        raise HTTPException(CONFLICT)


async def _transaction(client: Any, steps: Any) -> None:
    async with await client.start_session() as session:
        await session.with_transaction(
            steps, read_concern=ReadConcern("snapshot"), write_concern=WriteConcern(w="majority", j=True)
        )


def _fact(goal: dict[str, Any], sequence: int, era: int, now: datetime) -> dict[str, Any]:
    return {
        "_id": uuid7(),
        "type": "members.goal_agreed.v1",
        "aggregate": "goal",
        "subject": goal["_id"],
        "sequence": sequence,
        "era": era,
        "previous": f"{era}.{sequence - 1}",
        "time": now,
        "value": f'{{"goal_id":"{goal["_id"]}","person_id":"{goal["person_id"]}","coach_id":"coach"}}',
        "actor": "coach",
        "correlation_id": "bench",
        "causation_id": None,
        "traceparent": None,
    }


def _shown(goal: dict[str, Any]) -> dict[str, Any]:
    return {"id": goal["_id"], "version": goal["version"], "state": goal["state"], **goal["text"]}
