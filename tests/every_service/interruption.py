"""Transactions that are held up or fail at their very end, after everything in them has been written."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from support.waiting import WITHIN

from missionare.kit.mongo import Database


class Broken(Exception):
    """The transaction does not end well."""


@contextmanager
def failing_at_its_end(database: Database, *, error: Exception) -> Iterator[None]:
    """Let every transaction fail after its last step and before its commit."""
    with _with_another_end(database, lambda: _raised(error)):
        yield


@contextmanager
def held_before_its_commit(database: Database) -> Iterator[tuple[asyncio.Event, threading.Event]]:
    """Let every transaction wait before its commit; gives `reached`, and `release` that lets it go on."""
    reached, release = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def wait() -> None:  # on the thread that the transaction has to itself
        loop.call_soon_threadsafe(reached.set)
        assert release.wait(WITHIN)

    with _with_another_end(database, wait):
        yield reached, release


@contextmanager
def _with_another_end(database: Database, end: Callable[[], None]) -> Iterator[None]:
    transaction = database.transaction

    async def interrupted(steps: Any) -> Any:
        async def then_end(session: Any) -> Any:
            result = await steps(session)
            end()
            return result

        return await transaction(then_end)

    database.transaction = interrupted  # type: ignore[method-assign]
    try:
        yield
    finally:
        del database.transaction  # type: ignore[method-assign]


def _raised(error: Exception) -> None:
    raise error
