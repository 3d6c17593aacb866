"""Timers: durable, fired once in effect, later again when they fail."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from pymongo import UpdateOne
from pymongo.errors import OperationFailure, WriteConcernError
from support.boxes.service import context_of
from support.waiting import eventually

from missionare.kit.clock import Clock
from missionare.kit.lease import Held, Lease
from missionare.kit.mongo import Database
from missionare.kit.timers import Due, TimerLoop, Timers
from missionare.kit.work import Context, Origin, Work

MANY = 30


@pytest.fixture
async def context(database: Database) -> Context:
    return await context_of(database)


def counting(timers: Timers, name: str = "ring") -> Callable[[Due, Work], object]:
    @timers.on(name)
    async def ring(due: Due, work: Work) -> None:
        work.write("tallies", UpdateOne({"_id": due.subject}, {"$inc": {"rings": 1}}, upsert=True))

    return ring


@asynccontextmanager
async def running(context: Context, timers: Timers, loops: int = 1) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    tasks = [asyncio.create_task(TimerLoop(context, timers).run(stopping)) for _ in range(loops)]
    yield
    stopping.set()
    await asyncio.gather(*tasks)


async def schedule(context: Context, *subjects: str, after: timedelta = timedelta(), name: str = "ring") -> None:
    work = Work(context, Origin("tester", "c-1"))
    for subject in subjects:
        work.schedule(name, subject, at=work.now + after)
    await work.commit()


async def rings(context: Context, subject: str) -> int:
    row = await context.database["tallies"].find_one({"_id": subject})
    return int(row["rings"]) if row else 0


async def test_a_timer_fires_once_and_is_gone(context: Context) -> None:
    timers = Timers()
    counting(timers)

    async with running(context, timers, loops=2):
        await schedule(context, "b1")
        await eventually(lambda: _gone(context))

    assert await rings(context, "b1") == 1


async def test_no_timer_is_begun_twice_by_two_looks_at_the_same_time(context: Context) -> None:
    timers = Timers()
    begun: Counter[str] = Counter()

    @timers.on("ring")
    async def ring(due: Due, work: Work) -> None:
        begun[due.subject] += 1
        await asyncio.sleep(0.005)  # as long as a mail takes, which would be sent twice

    await schedule(context, *(f"b{number}" for number in range(MANY)))
    loop = TimerLoop(context, timers)
    # The loop looks by itself, and so does each timer that was set anew while it ran.
    await asyncio.gather(*(loop._start_due() for _ in range(3)))
    await eventually(lambda: _gone(context))

    assert begun == Counter(f"b{number}" for number in range(MANY))


async def test_however_many_are_due_a_look_leaves_out_few(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("missionare.kit.timers.BEGUN", 8)
    timers = Timers()
    loop = TimerLoop(context, timers)
    begun: list[int] = []

    @timers.on("ring")
    async def ring(due: Due, work: Work) -> None:
        begun.append(len(loop._running))

    await schedule(context, *(f"b{number}" for number in range(MANY)))
    stopping = asyncio.Event()
    working = asyncio.create_task(loop.run(stopping))
    await eventually(lambda: _gone(context))
    stopping.set()
    await working

    assert len(begun) == MANY
    assert max(begun) <= 8


@pytest.mark.parametrize(
    "error",
    [
        WriteConcernError("interrupted by a change of the replica set's state", 11602),
        OperationFailure("majority reads are not possible yet", 134),
    ],
    ids=["a write", "a read"],
)
async def test_an_election_at_any_moment_is_waited_for(
    context: Context, monkeypatch: pytest.MonkeyPatch, error: OperationFailure
) -> None:
    timers = Timers()
    counting(timers)
    take = Lease.take
    interrupted = [error]

    async def take_after_the_election(lease: Lease) -> Held | None:
        if interrupted:
            raise interrupted.pop()
        return await take(lease)

    monkeypatch.setattr(Lease, "take", take_after_the_election)
    async with running(context, timers):
        await schedule(context, "b1")
        await eventually(lambda: _gone(context))

    assert await rings(context, "b1") == 1


async def test_a_timer_waits_for_its_moment_on_the_shifted_clock(database: Database, tmp_path: Path) -> None:
    plain = await context_of(database)
    offset = tmp_path / "clock"
    offset.write_text("0")
    context = Context(plain.service, database, Clock(offset), plain.ledger, plain.views)
    timers = Timers()
    counting(timers)
    await schedule(context, "b1", after=timedelta(days=21))

    async with running(context, timers):
        await schedule(context, "now")
        await eventually(lambda: _rang(context, "now"))
        assert await rings(context, "b1") == 0
        offset.write_text(str(22 * 24 * 3_600))
        await eventually(lambda: _rang(context, "b1"))


async def test_a_timer_that_fails_comes_again(context: Context) -> None:
    timers = Timers()
    tries: list[int] = []

    @timers.on("ring")
    async def ring(due: Due, work: Work) -> None:
        tries.append(due.attempts)
        if len(tries) < 3:
            raise OSError

    async with running(context, timers):
        await schedule(context, "b1")
        await eventually(lambda: _gone(context))

    assert tries == [0, 1, 2]


async def test_a_cancelled_timer_does_not_fire(context: Context) -> None:
    timers = Timers()
    counting(timers)
    await schedule(context, "b1", after=timedelta(milliseconds=50))
    work = Work(context, Origin("tester", "c-1"))
    work.cancel("ring", "b1")
    await work.commit()

    async with running(context, timers):
        await schedule(context, "b2", after=timedelta(milliseconds=60))
        await eventually(lambda: _rang(context, "b2"))

    assert await rings(context, "b1") == 0


async def test_a_timer_set_anew_while_it_fires_fires_again(context: Context) -> None:
    timers = Timers()
    began, go_on = asyncio.Event(), asyncio.Event()

    @timers.on("ring")
    async def ring(due: Due, work: Work) -> None:
        began.set()
        await go_on.wait()
        work.write("tallies", UpdateOne({"_id": due.subject}, {"$inc": {"rings": 1}}, upsert=True))

    async with running(context, timers):
        await schedule(context, "b1")
        await began.wait()
        await schedule(context, "b1")
        go_on.set()
        await eventually(lambda: _gone(context))

    assert await rings(context, "b1") == 1


async def _gone(context: Context) -> bool:
    return int(await context.database["timers"].count_documents({})) == 0


async def _rang(context: Context, subject: str) -> bool:
    return await rings(context, subject) > 0


async def test_a_job_that_sets_itself_again_goes_on_at_once(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    timers, rounds = Timers(), 20

    @timers.on("chunk")
    async def chunk(due: Due, work: Work) -> None:
        work.write("tallies", UpdateOne({"_id": due.subject}, {"$inc": {"rings": 1}}, upsert=True))
        if await rings(context, due.subject) < rounds - 1:
            work.schedule("chunk", due.subject, at=work.now)

    monkeypatch.setattr("missionare.kit.timers.LOOK_SECONDS", 20.0)  # longer than this waits
    stopping = asyncio.Event()
    working = asyncio.create_task(TimerLoop(context, timers).run(stopping))
    await schedule(context, "b1", name="chunk")
    await eventually(lambda: _gone(context), within=15)
    stopping.set()
    await schedule(context, "b2", name="chunk")  # at this bell the loop sees that it shall stop
    await working

    assert await rings(context, "b1") == rounds


async def test_how_long_a_timer_is_overdue_can_be_seen(context: Context) -> None:
    loop = TimerLoop(context, Timers())
    assert await loop.overdue() == (0, 0.0)
    await schedule(context, "later", after=timedelta(hours=1))
    await schedule(context, "stuck", after=timedelta(minutes=-5))

    due, seconds = await loop.overdue()

    assert (due, 300 <= seconds < 400) == (1, True)
