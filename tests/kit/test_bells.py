"""Bells: whoever waits hears of a commit, of this process at once and of another one by the stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta

import pytest
from support.boxes.events import BoxFilled
from support.boxes.service import Box, context_of, save

from missionare.kit.bells import Doorbell
from missionare.kit.mongo import Database
from missionare.kit.work import Context, Origin, Work

SOON = 5.0
LONG = 30.0
"""More than a test may take: who waits so long was not rung."""


@pytest.fixture
async def context(database: Database) -> Context:
    return await context_of(database)


@pytest.fixture
async def following(context: Context, database: Database) -> AsyncIterator[dict[str, Doorbell]]:
    """Bells of another process on the same database, once its stream has begun."""
    elsewhere = (await context_of(database)).bells
    bells = {collection: elsewhere.of(collection) for collection in ("outbox", "timers")}
    task = asyncio.create_task(elsewhere.follow(database, context.clock))
    await asyncio.wait_for(bells["outbox"].wait(LONG), SOON)  # everybody looks when a stream begins
    for bell in bells.values():
        bell.answer()
    yield bells
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def schedule(context: Context, name: str, after: timedelta) -> None:
    work = Work(context, Origin("somebody", "c1"))
    work.schedule("ring", name, at=work.now + after)
    await work.commit()


async def test_a_commit_rings_here_before_anything_is_read(context: Context) -> None:
    bell = context.bells.of("outbox")

    await save(context, Box(id="b1"), BoxFilled(box_id="b1", items=1))

    assert bell.rung == 1
    await asyncio.wait_for(bell.wait(LONG), SOON)


async def test_what_rang_before_somebody_waits_is_not_missed_and_an_answer_silences_it(context: Context) -> None:
    bell = context.bells.of("timers")
    await schedule(context, "b1", timedelta())
    await asyncio.wait_for(bell.wait(LONG), SOON)

    bell.answer()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(bell.wait(LONG), 0)


async def test_a_refused_commit_rings_nothing(context: Context) -> None:
    bell = context.bells.of("outbox")
    box = await save(context, Box(id="b1"), BoxFilled(box_id="b1", items=1))
    before = bell.rung

    with pytest.raises(Exception, match="b1"):
        await save(context, box.model_copy(update={"version": 7}), BoxFilled(box_id="b1", items=2))

    assert bell.rung == before


async def test_what_another_process_commits_rings_by_the_stream(
    context: Context, following: dict[str, Doorbell]
) -> None:
    await save(context, Box(id="b1"), BoxFilled(box_id="b1", items=1))
    await asyncio.wait_for(following["outbox"].wait(LONG), SOON)

    await schedule(context, "b1", timedelta())
    await asyncio.wait_for(following["timers"].wait(LONG), SOON)


async def test_a_timer_of_tomorrow_rings_nowhere(context: Context, following: dict[str, Doorbell]) -> None:
    here = context.bells.of("timers")

    await schedule(context, "tomorrow", timedelta(days=1))
    # The stream is in order: once the fact has rung, the timer before it has been passed over.
    await save(context, Box(id="b1"), BoxFilled(box_id="b1", items=1))
    await asyncio.wait_for(following["outbox"].wait(LONG), SOON)

    assert here.rung == 0
    assert following["timers"].rung == 1, "only when the stream began"
