"""Waiting for outcomes: polling with a deadline, never a sleep that hopes."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable

import pytest

WITHIN = 30.0


def wait_until(ready: Callable[[], object], what: str, *, within: float = WITHIN) -> None:
    """Poll until something is so; fail when it takes too long."""
    deadline = time.monotonic() + within
    while not ready():
        if time.monotonic() > deadline:
            pytest.fail(f"{what}: not within {within:.0f} s")
        time.sleep(0.05)


async def eventually(check: Callable[[], object], *, within: float = WITHIN) -> None:
    """Wait until a check, asynchronous or not, holds; fail with its last outcome."""
    deadline = time.monotonic() + within
    while True:
        outcome = check()
        if inspect.isawaitable(outcome):
            outcome = await outcome
        if outcome:
            return
        if time.monotonic() > deadline:
            pytest.fail(f"not within {within:.0f} s: {outcome!r}")
        await asyncio.sleep(0.05)
