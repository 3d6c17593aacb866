"""Which organisations may host, as the facts of members say."""

from __future__ import annotations

from pymongo import UpdateOne

from missionare.kit.store import View
from missionare.kit.work import Work


class Hosts(View):
    """The active organisations, with their contact."""

    collection = "hosts"

    async def is_active(self, organisation_id: str) -> bool:
        """Whether an organisation may be asked to host."""
        return await self.rows.find_one({"_id": organisation_id}, {"_id": 1}) is not None

    async def contact_of(self, organisation_id: str) -> str | None:
        """Give the person who speaks for an organisation, or None where it is not active."""
        row = await self.rows.find_one({"_id": organisation_id})
        return None if row is None else str(row["contact_person_id"])

    @classmethod
    def learn(cls, work: Work, organisation_id: str, contact_person_id: str) -> None:
        """Note that an organisation is active."""
        change = {"$set": {"contact_person_id": contact_person_id}}
        work.write(cls.collection, UpdateOne({"_id": organisation_id}, change, upsert=True))
