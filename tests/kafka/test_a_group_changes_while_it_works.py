"""Workers join, leave, die and pause in the middle of batches: each fact takes effect once, in order."""

from __future__ import annotations

import asyncio
import signal

import pytest
from kafka.conftest import SESSION_SECONDS, Crew, Load

pytestmark = pytest.mark.apache

PAST_THE_SESSION = SESSION_SECONDS + 3.0


@pytest.mark.parametrize("number", [2, 3])
async def test_workers_that_join_and_leave_lose_and_double_nothing(crew: Crew, load: Load, number: int) -> None:
    (first,) = await crew.joined_by()
    async with load.running():
        await load.goes_on()
        await crew.joined_by(number - 1)
        await load.goes_on()
        await crew.left_by(first)
        await load.goes_on()
        await crew.joined_by()
        await load.goes_on()
        await crew.left_by(crew.workers[1])

    await load.assert_each_took_effect_once_in_order()


@pytest.mark.parametrize("number", [2, 3])
async def test_a_worker_that_is_killed_in_a_batch_loses_and_doubles_nothing(
    crew: Crew, load: Load, number: int
) -> None:
    first, *_ = await crew.joined_by(number)
    async with load.running():
        await load.goes_on()
        await crew.left_by(first, signal.SIGKILL)
        await load.goes_on()
        await crew.joined_by()
        await load.goes_on()

    await load.assert_each_took_effect_once_in_order()


@pytest.mark.parametrize("number", [2, 3])
async def test_a_worker_that_pauses_past_its_session_and_wakes_does_no_harm(
    crew: Crew, load: Load, number: int
) -> None:
    first, *_ = await crew.joined_by(number)
    async with load.running():
        await load.goes_on()
        first.send_signal(signal.SIGSTOP)
        await asyncio.sleep(PAST_THE_SESSION)  # the length of the pause is what is tested
        await load.goes_on()
        first.send_signal(signal.SIGCONT)
        await load.goes_on()

    await load.assert_each_took_effect_once_in_order()
    assert first.poll() is None, "it goes on as a member"
