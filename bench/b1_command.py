"""B1: a command over HTTP: a coach agrees to the goal of somebody without an organisation.

Platform: `python -m missionare.members` in the api role: token, policy, `If-Match`, idempotency, decision, one
transaction {command record, era, goal, fact, outbox, audit}, answer, log line, metrics.
Floors, in `b1_floors.py`, one process of uvicorn with the same loop and parser:

* (a) the same reads and writes in one transaction, no token;
* (b) the least one would write by hand: one read, state and one outbox row in one transaction, no idempotency, no
  audit.

Sixteen clients in a closed loop. Of what the aims allow, (b) measures what the guarantees cost. The same process is
measured with the other driver as well (`MISSIONARE_MONGO_DRIVER=pymongo`), against the same floors.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Final

from bench.http_load import post, send_all
from bench.measure import Bench, Figure, Measure, Rates, stopwatch, take_turns
from bench.servers import Servers, listens, processes, servers, until
from bench.travelled import submitted
from missionare.cli import ports
from missionare.kit.ids import uuid7
from missionare.kit.tokens import Signer, SigningKeys
from missionare.members.goal.domain import Goal, GoalState
from missionare.members.goal.store import Goals

SERVICE: Final = "members"
CLIENTS: Final = 16
DRIVERS: Final = {"motor": "members", "pymongo": "members-pymongo"}
"""The platform's process for each driver."""
AIM_A: Final = 0.85
AIM_B: Final = 0.65


async def run(bench: Bench) -> list[Figure]:
    """Measure commands per second."""
    count = bench.size.of(3_000, 1_000)
    async with servers(bench.folder) as running, _api(running) as at:
        signer = Signer(SERVICE, SigningKeys.load(running.folder.signing_key(SERVICE)))

        def floor(name: str) -> Measure:
            return lambda: _round(running, at["floors"], count, lambda goal: _bare(name, goal))

        def platform(driver: str) -> Measure:
            async def measure() -> float:
                tokens = [signer.mint(SERVICE, uuid7(), kind="person", roles=["coach"]) for _ in range(CLIENTS)]
                port = at[DRIVERS[driver]]
                return await _round(running, port, count, lambda goal: _command(goal, tokens[hash(goal.id) % CLIENTS]))

            return measure

        measures = {"floor a": floor("a"), "floor b": floor("b")} | {driver: platform(driver) for driver in DRIVERS}
        rates = await take_turns(bench, measures)
    return [
        Rates(rates[against], rates[driver]).figure(
            key=f"{key}{'' if driver == 'motor' else ' ' + driver}",
            work=f"agree a goal over HTTP, {CLIENTS} clients, {count:,} commands",
            floor_is=floor_is,
            unit="commands/s",
            aim=aim,
        )
        for driver in DRIVERS
        for key, against, floor_is, aim in (
            ("B1a", "floor a", "FastAPI and Motor: the same reads and writes, no token", AIM_A),
            ("B1b", "floor b", "one read, state and outbox row, nothing else", AIM_B),
        )
    ]


@asynccontextmanager
async def _api(running: Servers) -> AsyncIterator[dict[str, int]]:
    """Start the platform's process with either driver and the floors' beside them; give their ports by name."""
    folder, url = running.folder, running.mongo_url(SERVICE)
    at = ports.choose(folder.root / "api-ports.json", [*DRIVERS.values(), "floors"], gateway=0)
    uvicorn = ["uvicorn", "bench.b1_floors:app", "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    commands = {name: [sys.executable, "-m", "missionare.members"] for name in DRIVERS.values()} | {
        "floors": [sys.executable, "-m", *uvicorn, "--log-level", "warning", "--port", str(at["floors"])]
    }
    environments = {
        name: {
            "MISSIONARE_MONGO_URL": url,
            "MISSIONARE_MONGO_DRIVER": driver,
            "MISSIONARE_ROLE": "api",
            "MISSIONARE_HTTP_PORT": str(at[name]),
            "MISSIONARE_SIGNING_KEY_FILE": str(folder.signing_key(SERVICE)),
        }
        for driver, name in DRIVERS.items()
    } | {"floors": {"BENCH_MONGO_URL": url}}
    with processes(folder.logs, commands, environments):
        await until(lambda: _listen(at[name] for name in commands), "members and the floors answer")
        async with running.database(SERVICE) as database:
            await database.ensure_collections(["floor_outbox"])
        yield at


async def _listen(chosen: Iterable[int]) -> bool:
    return all([await listens(port) for port in chosen])


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
