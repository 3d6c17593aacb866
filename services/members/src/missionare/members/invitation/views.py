"""Whose outreach activity is whose, from the facts of notifications."""

from __future__ import annotations

from pymongo import UpdateOne

from missionare.kit.store import Index, View
from missionare.kit.work import Work


class Activities(View):
    """One row per outreach activity: its id, and the missionary whose it is."""

    collection = "activities"
    indexes = (Index("person", ["person_id"]),)

    async def belongs_to(self, activity_id: str, person_id: str) -> bool:
        """Whether this activity is known to be this person's."""
        return await self.rows.find_one({"_id": activity_id, "person_id": person_id}) is not None

    @classmethod
    def note(cls, work: Work, *, activity_id: str, person_id: str) -> None:
        """Keep whose an activity is."""
        work.write(cls.collection, UpdateOne({"_id": activity_id}, {"$set": {"person_id": person_id}}, upsert=True))
