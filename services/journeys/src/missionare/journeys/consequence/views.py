"""What a completion has brought about so far, counted from facts."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Final

from pymongo import UpdateOne
from pymongo.errors import PyMongoError

from missionare.journeys.store import overseen
from missionare.kit.logs import log
from missionare.kit.mongo import Database, Document
from missionare.kit.projection import Projection
from missionare.kit.store import Scope, View

COUNTED = (
    "participations_concluded",
    "certificates_issued",
    "assessments_requested",
    "missionaries_qualified",
    "suggestions_raised",
    "catalog_updates_proposed",
    "outreach_plans_drafted",
    "outreach_plans_accepted",
)
"""The names under which consequences are counted."""
LISTEN_MS: Final = 500
LINGER_SECONDS: Final = 5.0
"""How long changes are listened to after the last who waited: an open page asks again at once."""


class News:
    """Tells everybody who waits for a journey that its row has changed, by one change stream for all of them.

    A stream for each would take a thread for each, of the few in which a process talks to its database.
    """

    def __init__(self, database: Database) -> None:
        """Listen to nothing while nobody waits."""
        self._database = database
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._left_at = 0.0
        self._place = ""
        self._listening: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def of(self, journey_id: str, place: str) -> AsyncIterator[asyncio.Event]:
        """Give what is set whenever a journey's row in this collection may have changed since."""
        news = asyncio.Event()
        self._waiting[journey_id].add(news)
        self._listen_to(place)
        try:
            yield news
        finally:
            self._waiting[journey_id].discard(news)
            if not self._waiting[journey_id]:
                del self._waiting[journey_id]
            self._left_at = asyncio.get_running_loop().time()

    def _listen_to(self, place: str) -> None:
        listening = self._listening is not None and not self._listening.done()
        if listening and place == self._place:
            return
        if self._listening is not None:
            self._listening.cancel()
        self._place = place
        self._listening = asyncio.create_task(self._listen(), name="news of consequences")

    async def _listen(self) -> None:
        """Tell of changes until nobody waits any more. If that fails, whoever asks next begins it anew."""
        changes: list[Document] = [{"$match": {"ns.coll": self._place}}, {"$project": {"documentKey": 1}}]
        try:
            async with self._database.watch(changes, max_await_ms=LISTEN_MS) as stream:
                self._tell(self._waiting)  # what was committed before the stream began it does not tell
                while self._waited_for():
                    change = await stream.try_next()
                    if change is not None and "documentKey" in change:
                        self._tell([change["documentKey"]["_id"]])
        except PyMongoError as error:
            log.warning("changes of consequences are not told now", error=type(error).__name__)

    def _tell(self, journey_ids: Iterable[str]) -> None:
        for journey_id in journey_ids:
            for news in self._waiting.get(journey_id, ()):
                news.set()

    def _waited_for(self) -> bool:
        return bool(self._waiting) or asyncio.get_running_loop().time() - self._left_at < LINGER_SECONDS


class Consequences(View):
    """One row per journey."""

    collection = "consequences"

    def __init__(self, database: Database) -> None:
        """Begin without anybody who waits."""
        super().__init__(database)
        self._news = News(database)

    async def of(self, journey_id: str, scope: Scope) -> Document | None:
        """Give a journey's row, or None where nothing has happened or the caller may not see it."""
        if not overseen(scope):
            return None
        row: Document | None = await self.rows.find_one({"_id": journey_id})
        return row

    async def after(self, journey_id: str, scope: Scope, *, seen: int, seconds: float) -> Document | None:
        """Give a journey's row as soon as more than `seen` facts have come in, or as it is after that many seconds."""
        until = asyncio.get_running_loop().time() + seconds
        async with self._news.of(journey_id, self.rows.name) as news:
            while True:
                news.clear()  # before the row is read, so that nothing falls between the two
                row = await self.of(journey_id, scope)
                left = until - asyncio.get_running_loop().time()
                if arrived(row) > seen or left <= 0:
                    return row
                with suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), left)

    @classmethod
    def count(cls, projection: Projection, journey_id: str, name: str) -> None:
        """Count one consequence more. The guard of the stream sees to it that no fact counts twice."""
        change = {"$inc": {name: 1}, "$max": {f"latest.{name}": projection.fact.time}}
        projection.write(cls.collection, UpdateOne({"_id": journey_id}, change, upsert=True))

    @classmethod
    def completed(cls, projection: Projection, journey_id: str, at: datetime, **numbers: int) -> None:
        """Note what the completion itself said."""
        change = {"$set": {"completed_at": at, **numbers}, "$inc": {"completions": 1}}
        projection.write(cls.collection, UpdateOne({"_id": journey_id}, change, upsert=True))


def arrived(row: Document | None) -> int:
    """Give how many facts a row was made from: it only grows, and grows with each."""
    return sum(row.get(name, 0) for name in (*COUNTED, "completions")) if row else 0
