"""B1: a command over HTTP: a coach agrees to the goal of somebody without an organisation.

Platform: `python -m missionare.members` in the api role: token, policy, `If-Match`, idempotency, decision, one
transaction {command record, era, goal, fact, outbox, audit}, answer, log line, metrics.
Floors, in `b1_floors.py`, one process of uvicorn with the same loop and parser:

* (a) the same reads and writes in one transaction, no token;
* (b) the least one would write by hand: one read, state and one outbox row in one transaction, no idempotency, no
  audit.

Sixteen clients in a closed loop. Of what the aims allow, (b) measures what the guarantees cost.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from bench.http_load import post, send_all
from bench.measure import Bench, Figure, Rates, stopwatch, take_turns
from bench.servers import Servers, listens, processes, servers, until
from bench.travelled import submitted
from missionare.cli import ports
from missionare.kit.ids import uuid7
from missionare.kit.tokens import Signer, SigningKeys
from missionare.members.goal.domain import Goal, GoalState
from missionare.members.goal.store import Goals

SERVICE: Final = "members"
CLIENTS: Final = 16
AIM_A: Final = 0.85
AIM_B: Final = 0.65


async def run(bench: Bench) -> list[Figure]:
    """Measure commands per second."""
    count = bench.size.of(3_000, 1_000)
    async with servers(bench.folder) as running, _api(running) as (members, floors):
        signer = Signer(SERVICE, SigningKeys.load(running.folder.signing_key(SERVICE)))

        async def floor_a() -> float:
            return await _round(running, floors, count, lambda goal: _bare("a", goal))

        async def floor_b() -> float:
            return await _round(running, floors, count, lambda goal: _bare("b", goal))

        async def platform() -> float:
            tokens = [signer.mint(SERVICE, uuid7(), kind="person", roles=["coach"]) for _ in range(CLIENTS)]
            return await _round(running, members, count, lambda goal: _command(goal, tokens[hash(goal.id) % CLIENTS]))

        rates = await take_turns(bench, {"floor a": floor_a, "floor b": floor_b, "platform": platform})
    work = f"agree a goal over HTTP, {CLIENTS} clients, {count:,} commands"
    against = Rates(rates["floor a"], rates["platform"]), Rates(rates["floor b"], rates["platform"])
    floor_is = "FastAPI and Motor: the same reads and writes, no token", "one read, state and outbox row, nothing else"
    return [
        against[0].figure(key="B1a", work=work, floor_is=floor_is[0], unit="commands/s", aim=AIM_A),
        against[1].figure(key="B1b", work=work, floor_is=floor_is[1], unit="commands/s", aim=AIM_B),
    ]


@asynccontextmanager
async def _api(running: Servers) -> AsyncIterator[tuple[int, int]]:
    """Start the platform's process and the floors' beside it; give their ports."""
    folder, url = running.folder, running.mongo_url(SERVICE)
    chosen = ports.choose(folder.root / "api-ports.json", ["members", "floors"], gateway=0)
    members, floors = chosen["members"], chosen["floors"]
    uvicorn = ["uvicorn", "bench.b1_floors:app", "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    commands = {
        "members": [sys.executable, "-m", "missionare.members"],
        "floors": [sys.executable, "-m", *uvicorn, "--log-level", "warning", "--port", str(floors)],
    }
    environments = {
        "members": {
            "MISSIONARE_MONGO_URL": url,
            "MISSIONARE_ROLE": "api",
            "MISSIONARE_HTTP_PORT": str(members),
            "MISSIONARE_SIGNING_KEY_FILE": str(folder.signing_key(SERVICE)),
        },
        "floors": {"BENCH_MONGO_URL": url},
    }
    with processes(folder.logs, commands, environments):
        await until(lambda: listens(members), "members answers")
        await until(lambda: listens(floors), "the floors answer")
        async with running.database(SERVICE) as database:
            await database.ensure_collections(["floor_outbox"])
        yield members, floors


async def _round(running: Servers, port: int, count: int, request: Callable[[Goal], bytes]) -> float:
    """Lay down submitted goals, then agree to all of them."""
    goals = [submitted() for _ in range(count)]
    async with running.database(SERVICE) as database:
        store = Goals(database)
        await store.rows.insert_many([store.stored(goal) for goal in goals])
        requests = [request(goal) for goal in goals]
        async with stopwatch() as watch:
            await send_all(port, requests, clients=CLIENTS)
        ids = [goal.id for goal in goals]
        agreed = await store.rows.count_documents({"_id": {"$in": ids}, "state": GoalState.AGREED.value})
    if agreed != count:
        msg = f"{agreed} of {count} goals are agreed"
        raise AssertionError(msg)
    return count / watch.seconds


def _command(goal: Goal, token: str) -> bytes:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid7(), "If-Match": f'"{goal.version}"'}
    return post(f"/api/members/v1/goals/{goal.id}/agreement", headers)


def _bare(floor: str, goal: Goal) -> bytes:
    return post(f"/{floor}/goals/{goal.id}/agreement", {"Idempotency-Key": uuid7()})
