"""What a completion has brought about so far, counted from facts."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

from pymongo import UpdateOne

from missionare.journeys.store import overseen
from missionare.kit.mongo import Document
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


class Consequences(View):
    """One row per journey."""

    collection = "consequences"

    async def of(self, journey_id: str, scope: Scope) -> Document | None:
        """Give a journey's row, or None where nothing has happened or the caller may not see it."""
        if not overseen(scope):
            return None
        row: Document | None = await self.rows.find_one({"_id": journey_id})
        return row

    async def after(self, journey_id: str, scope: Scope, *, seen: int, seconds: float) -> Document | None:
        """Give a journey's row as soon as more than `seen` facts have come in, or as it is after that many seconds."""
        until = asyncio.get_running_loop().time() + seconds
        about = {"$match": {"ns.coll": self.rows.name, "documentKey._id": journey_id}}
        # Listening begins before the row is read, so that nothing falls between the two.
        async with self.database.watch([about], max_await_ms=LISTEN_MS) as changes:
            while True:
                row = await self.of(journey_id, scope)
                if arrived(row) > seen or asyncio.get_running_loop().time() >= until:
                    return row
                await changes.try_next()

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
