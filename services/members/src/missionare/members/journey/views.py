"""Who goes on which journey with which goal, from the facts of journeys."""

from __future__ import annotations

from dataclasses import dataclass

from pymongo import UpdateOne

from missionare.kit.mongo import Document
from missionare.kit.store import Index, View
from missionare.kit.work import Work
from missionare.members.journey.domain import Place


@dataclass(frozen=True)
class Placed:
    """One person's place on a journey."""

    registration_id: str
    journey_id: str
    person_id: str
    goal_id: str | None


class Places(View):
    """One row per registration that was ever confirmed."""

    collection = "places"
    indexes = (Index("journey", ["journey_id", "place", "_id"]),)

    async def some(self, journey_id: str, place: Place, limit: int) -> list[Placed]:
        """Give at most `limit` places of a journey that stand like this."""
        where = {"journey_id": journey_id, "place": place.value}
        rows = await self.rows.find(where, sort=[("_id", 1)], limit=limit).to_list(None)
        return [_placed(row) for row in rows]

    async def of(self, registration_id: str) -> Placed | None:
        """Give one place, or None where it was never certain."""
        row = await self.rows.find_one({"_id": registration_id})
        return None if row is None else _placed(row)

    @classmethod
    def note(cls, work: Work, placed: Placed, place: Place) -> None:
        """Keep where somebody's place stands now."""
        row = {
            "journey_id": placed.journey_id,
            "person_id": placed.person_id,
            "goal_id": placed.goal_id,
            "place": place.value,
        }
        work.write(cls.collection, UpdateOne({"_id": placed.registration_id}, {"$set": row}, upsert=True))


def _placed(row: Document) -> Placed:
    return Placed(row["_id"], row["journey_id"], row["person_id"], row["goal_id"])
