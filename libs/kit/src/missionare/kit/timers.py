"""Timers: durable deadlines and background jobs.

A timer calls its function once its moment has come; what the function adds to the work is committed together
with the timer's deletion, so a double fire loses the race. A function may talk to other servers before it adds
anything; raising makes the timer come again, later each time.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.errors import PyMongoError

from missionare.kit import metrics
from missionare.kit.lease import LEASE_SECONDS, Lease
from missionare.kit.logs import correlated, log
from missionare.kit.mongo import UNREACHABLE, Database, Document, Session
from missionare.kit.work import TIMERS, Context, LostRace, Origin, Work

LOOK_SECONDS = 0.25
"""So often it is looked whether a moment has come."""
LANES = 16
"""So many timers work at the same time."""
BEGUN = 200
"""So many are begun at most and work or wait for a lane. Each look leaves them out by name: without an end to them it
would cost more the more timers are due."""
RACES = 20
LONGEST_BACKOFF = 60.0


@dataclass(frozen=True)
class Due:
    """A timer whose moment has come."""

    name: str
    subject: str
    due_at: datetime
    payload: dict[str, Any]
    attempts: int
    """How often it has failed so far."""


Fire = Callable[[Due, Work], Awaitable[None]]


@dataclass
class Timers:
    """A service's timers by name."""

    table: dict[str, Fire] = field(default_factory=dict)

    def on(self, name: str) -> Callable[[Fire], Fire]:
        """Register the function of a timer."""

        def register(fire: Fire) -> Fire:
            if name in self.table:
                msg = f"the timer {name} is registered twice"
                raise ValueError(msg)
            self.table[name] = fire
            return fire

        return register


class TimerLoop:
    """Fires what is due, on the one worker that holds the lease."""

    def __init__(self, context: Context, timers: Timers) -> None:
        """Bind a service's timers to its database and clock."""
        self._context = context
        self._timers = timers
        self._rows = context.database[TIMERS]
        self._bell = context.bells.of(TIMERS)
        self._lease = Lease(context.database, "timers")
        self._lanes = asyncio.Semaphore(LANES)
        self._looking = asyncio.Lock()
        self._running: dict[str, asyncio.Task[None]] = {}

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set; what has begun is finished."""
        while not stopping.is_set():
            try:
                await self._watch(stopping)
            except PyMongoError as error:  # an election has many faces, and none of them may end the worker
                log.warning("the database is away", error=type(error).__name__, code=getattr(error, "code", None))
                await asyncio.sleep(random.uniform(0.1, 1.0))  # noqa: S311 - jitter
        if self._running:
            await asyncio.wait(self._running.values(), timeout=LEASE_SECONDS)
        with suppress(PyMongoError):  # then it ends by itself
            await self._lease.release()

    async def _watch(self, stopping: asyncio.Event) -> None:
        """Hold the lease, look, and wait for the bell or the next moment."""
        if await self._lease.take() is None:
            await asyncio.sleep(1.0)
            return
        renewed = asyncio.get_running_loop().time()
        while not stopping.is_set():
            if asyncio.get_running_loop().time() - renewed > LEASE_SECONDS / 3:
                if await self._lease.take() is None:
                    return
                renewed = asyncio.get_running_loop().time()
            self._bell.answer()
            await self._start_due()
            await self._bell.wait(LOOK_SECONDS)

    async def _start_due(self) -> None:
        # One look at a time: two at once would find the same rows, and what a timer does outside, such as sending a
        # mail, would happen twice.
        async with self._looking:
            room = BEGUN - len(self._running)
            if room < BEGUN / 2:  # whoever ends makes some; a look for each single place costs as much as for many
                return
            where = {
                "due_at": {"$lte": self._context.clock.now()},
                "_id": {"$nin": list(self._running)},
                "$or": [{"retry_at": None}, {"retry_at": {"$lte": datetime.now(UTC)}}],
            }
            rows = await self._rows.find(where, sort=[("due_at", 1)], limit=room).to_list(None)
            for row in rows:
                self._running[row["_id"]] = asyncio.create_task(self._fire(row), name=f"timer {row['name']}")

    async def _fire(self, row: Document) -> None:
        rung = self._bell.rung
        async with self._lanes:
            with correlated(row["correlation_id"]):
                try:
                    await self.fire(row)
                except UNREACHABLE as error:
                    log.warning("a timer waits for the database", name=row["name"], error=type(error).__name__)
                except Exception as error:  # noqa: BLE001 - a timer that fails must not stop the others
                    with suppress(PyMongoError):  # then the row stays due, and is tried at once
                        await self._again(row, error)
                finally:
                    self._running.pop(row["_id"], None)
        # What rang may be this very timer, set anew: no look could take it while it ran. And with this one's end there
        # may be room again, for which a look has waited.
        if self._bell.rung != rung or len(self._running) == BEGUN // 2:
            self._bell.ring_on()

    async def overdue(self) -> tuple[int, float]:
        """Count the timers whose moment has passed, and say for how many seconds the first one's has."""
        return await overdue(self._context.database, self._context.clock.now())

    async def fire(self, row: Document) -> None:
        """Call a timer's function and commit what it decided, together with the timer's end.

        Raises:
            KeyError: no function of that name; it waits until one is rolled out.
        """
        fire = self._timers.table[row["name"]]
        due = Due(row["name"], row["subject"], row["due_at"], row["payload"], int(row["attempts"]))
        for race in range(RACES):
            work = Work(self._context, Origin(row["actor"], row["correlation_id"]), crash="cmd")
            work.claim(self._end(row))
            await fire(due, work)
            try:
                await work.commit()
            except LostRace:
                if await self._rows.find_one({"_id": row["_id"], "rev": row["rev"]}) is None:
                    return  # fired by another worker, cancelled, or set anew meanwhile
                await asyncio.sleep(random.uniform(0, 0.002 * 2**race))  # noqa: S311 - jitter
            else:
                metrics.timers_fired.labels(row["name"], "done").inc()
                return
        msg = f"the timer {row['name']} lost {RACES} races"
        raise TimeoutError(msg)

    def _end(self, row: Document) -> Callable[[Session], Awaitable[None]]:
        async def step(session: Session) -> None:
            result = await self._rows.delete_one({"_id": row["_id"], "rev": row["rev"]}, session=session)
            if result.deleted_count != 1:
                raise LostRace(row["_id"])

        return step

    async def _again(self, row: Document, error: Exception) -> None:
        """Note a failed try."""
        attempts = int(row["attempts"]) + 1
        pause = random.uniform(0.5, 1.0) * min(LONGEST_BACKOFF, 0.25 * 2**attempts)  # noqa: S311 - jitter
        log.warning("a timer comes again", name=row["name"], error=type(error).__name__, attempts=attempts)
        metrics.timers_fired.labels(row["name"], "retried").inc()
        change = {"attempts": attempts, "retry_at": datetime.now(UTC) + timedelta(seconds=pause)}
        await self._rows.update_one({"_id": row["_id"], "rev": row["rev"]}, {"$set": change})


async def overdue(database: Database, now: datetime) -> tuple[int, float]:
    """Count the timers whose moment has passed, and say for how many seconds the first one's has.

    One that stays is a process that is stuck: its function raises, or nobody fires it.
    """
    rows = database["timers"]
    first = await rows.find_one({"due_at": {"$lte": now}}, {"due_at": 1}, sort=[("due_at", 1)])
    if first is None:
        return 0, 0.0
    return int(await rows.count_documents({"due_at": {"$lte": now}})), (now - first["due_at"]).total_seconds()
