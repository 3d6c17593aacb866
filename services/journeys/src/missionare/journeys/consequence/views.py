"""What a completion has brought about so far, counted from facts."""

from __future__ import annotations

from datetime import datetime

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


class Consequences(View):
    """One row per journey."""

    collection = "consequences"

    async def of(self, journey_id: str, scope: Scope) -> Document | None:
        """Give a journey's row, or None where nothing has happened or the caller may not see it."""
        if not overseen(scope):
            return None
        row: Document | None = await self.rows.find_one({"_id": journey_id})
        return row

    @classmethod
    def count(cls, projection: Projection, journey_id: str, name: str) -> None:
        """Count one consequence more. The guard of the stream sees to it that no fact counts twice."""
        projection.write(cls.collection, UpdateOne({"_id": journey_id}, {"$inc": {name: 1}}, upsert=True))

    @classmethod
    def completed(cls, projection: Projection, journey_id: str, at: datetime, **numbers: int) -> None:
        """Note what the completion itself said."""
        change = {"$set": {"completed_at": at, **numbers}}
        projection.write(cls.collection, UpdateOne({"_id": journey_id}, change, upsert=True))
