"""Transactions that are held up or fail at their very end, after everything in them has been written."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from missionare.kit.mongo import Database


class Broken(Exception):
    """The transaction does not end well."""


@contextmanager
def failing_at_its_end(database: Database, *, error: Exception) -> Iterator[None]:
    """Let every transaction fail after its last step and before its commit."""
    with _with_another_end(database, lambda: _raised(error)):
        yield


@contextmanager
def held_before_its_commit(database: Database) -> Iterator[tuple[asyncio.Event, asyncio.Event]]:
    """Let every transaction wait before its commit; gives `reached`, and `release` that lets it go on."""
    reached, release = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        reached.set()
        await release.wait()

    with _with_another_end(database, wait):
        yield reached, release


@contextmanager
def _with_another_end(database: Database, end: Any) -> Iterator[None]:
    transaction = database.transaction

    async def interrupted(steps: Any) -> Any:
        async def then_end(session: Any) -> Any:
            result = await steps(session)
            await end()
            return result

        return await transaction(then_end)

    database.transaction = interrupted  # type: ignore[method-assign]
    try:
        yield
    finally:
        del database.transaction  # type: ignore[method-assign]


async def _raised(error: Exception) -> None:
    raise error
