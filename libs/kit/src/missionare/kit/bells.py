"""Bells: who waits for rows of a collection hears of them at once, whichever process has committed them.

What this process commits rings when the commit returns. What others commit comes by one change stream for all bells
of the process. A bell only ends a wait: the rows are the truth, and whoever waits looks at them now and then anyway.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from typing import Final

from pymongo.errors import PyMongoError

from missionare.kit.clock import Clock
from missionare.kit.logs import log
from missionare.kit.mongo import Database, Document

LISTEN_MS: Final = 1_000


class Doorbell:
    """Rings for one collection, for the one who waits for its rows."""

    def __init__(self) -> None:
        """Start silent."""
        self._ringing = asyncio.Event()
        self.rung = 0
        """How often it has rung; whoever has kept the number sees whether it has rung since."""

    def ring(self) -> None:
        """Say that there may be rows that nobody has looked at yet."""
        self.rung += 1
        self._ringing.set()

    def ring_on(self) -> None:
        """Have whoever waits look once more, though nothing new is known of."""
        self._ringing.set()

    def answer(self) -> None:
        """Silence it, right before looking: what is committed from here on rings again."""
        self._ringing.clear()

    async def wait(self, seconds: float) -> None:
        """Return when it rings, or rang unanswered, and after so many seconds in any case."""
        try:
            await asyncio.wait_for(self._ringing.wait(), seconds)
        except TimeoutError:
            return


class Bells:
    """The bells of one process, by collection."""

    def __init__(self) -> None:
        """Start without any: a process in which nobody waits has none, and listens to nothing."""
        self._bells: dict[str, Doorbell] = {}

    def of(self, collection: str) -> Doorbell:
        """Give the bell of a collection."""
        return self._bells.setdefault(collection, Doorbell())

    def ring(self, collections: Iterable[str]) -> None:
        """Ring for what has just been committed; where nobody waits there is no bell."""
        for collection in collections:
            if (bell := self._bells.get(collection)) is not None:
                bell.ring()

    def ring_all(self) -> None:
        """Have everybody look."""
        self.ring(self._bells)

    async def follow(self, database: Database, clock: Clock) -> None:
        """Ring for what other processes commit, until cancelled."""
        changes: list[Document] = [
            {"$match": {"ns.coll": {"$in": sorted(self._bells)}, "operationType": {"$in": ["insert", "replace"]}}},
            {"$project": {"ns": 1, "fullDocument.due_at": 1}},
        ]
        while True:
            try:
                async with database.watch(changes, max_await_ms=LISTEN_MS) as stream:
                    self.ring_all()  # what was committed before the stream began it does not tell
                    while True:
                        change = await stream.try_next()
                        if change is not None and not _later(change, clock):
                            self.of(change["ns"]["coll"]).ring()
            except PyMongoError as error:
                log.warning("the doorbell is out of order", error=type(error).__name__)
            await asyncio.sleep(random.uniform(0.1, 1.0))  # noqa: S311 - jitter


def _later(change: Document, clock: Clock) -> bool:
    """Whether it is a timer whose moment has not come yet; it is found when it has."""
    due_at = change.get("fullDocument", {}).get("due_at")
    return due_at is not None and bool(due_at > clock.now())
