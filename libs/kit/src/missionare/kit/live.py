"""Live views: what every serving process also holds in memory, built from the database and kept up by its changes."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any, ClassVar, Final

from pymongo.errors import PyMongoError

from missionare.kit.logs import log
from missionare.kit.mongo import Database, Filter
from missionare.kit.store import View

LISTEN_MS: Final = 1_000
PAUSE_SECONDS: Final = 1.0


class Overturned(Exception):
    """The collection was dropped or renamed: what is held in memory has to be built anew."""


class LiveView(View):
    """A view of one collection that answers from memory.

    The process is not ready before it is built. A change is seen a moment after its commit, in every process alike;
    while the database is away, what was seen last goes on being shown.
    """

    name: ClassVar[str]
    """What the process calls it where it says whether it is ready."""

    def __init__(self, database: Database) -> None:
        """Begin with nothing."""
        super().__init__(database)
        self._built = asyncio.Event()
        self._rang = asyncio.Event()
        self._touched: set[str] = set()

    async def build(self) -> None:
        """Read the whole collection, and put it in the place of what was held before."""
        raise NotImplementedError

    async def take_in(self, ids: Collection[str]) -> None:
        """Read these documents anew: each was written or deleted."""
        raise NotImplementedError

    async def is_built(self) -> bool:
        """Whether it answers."""
        return self._built.is_set()

    async def wait_until_built(self, seconds: float) -> bool:
        """Whether it answers by the time that many seconds have passed."""
        try:
            await asyncio.wait_for(self._built.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def follow(self) -> None:
        """Build it, then take in every change, until cancelled."""
        while True:
            try:
                await self._follow_one_stream()
            except* (PyMongoError, Overturned) as errors:
                log.warning("a live view is built anew", view=self.name, error=type(errors.exceptions[0]).__name__)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _follow_one_stream(self) -> None:
        changes: list[Filter] = [
            {"$match": {"ns.coll": self.collection}},
            {"$project": {"operationType": 1, "documentKey": 1}},
        ]
        # The stream is there before the first document is read, so that no change falls between the two.
        async with self.database.watch(changes, max_await_ms=LISTEN_MS) as stream, asyncio.TaskGroup() as both:
            both.create_task(self._listen(stream))
            await self.build()
            self._built.set()
            both.create_task(self._apply())

    async def _listen(self, stream: Any) -> None:
        while True:
            change = await stream.try_next()
            if change is None:
                continue
            if "documentKey" not in change:
                raise Overturned
            self._touched.add(change["documentKey"]["_id"])
            self._rang.set()

    async def _apply(self) -> None:
        """Take in what has gathered; what comes meanwhile is the next portion."""
        while True:
            await self._rang.wait()
            self._rang.clear()
            touched, self._touched = self._touched, set()
            await self.take_in(touched)
