"""Which organisations may host, as the facts of members say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pymongo import UpdateOne

from missionare.kit.store import Index, View
from missionare.kit.work import Work

LOOKS: Final = ("sector", "size", "municipality")
"""What tells an organisation from others although its name is not said."""
HIDDEN_AMONG: Final = 3


class Hosts(View):
    """The active organisations, with their contact and what one sees of them from outside."""

    collection = "hosts"
    indexes = (Index("alike", [*LOOKS]),)

    async def is_active(self, organisation_id: str) -> bool:
        """Whether an organisation may be asked to host."""
        return await self.rows.find_one({"_id": organisation_id}, {"_id": 1}) is not None

    async def contact_of(self, organisation_id: str) -> str | None:
        """Give the person who speaks for an organisation, or None where it is not active."""
        row = await self.rows.find_one({"_id": organisation_id})
        return None if row is None else str(row["contact_person_id"])

    async def is_recognisable(self, organisation_id: str) -> bool:
        """Whether sector, size and municipality together point to fewer than `HIDDEN_AMONG` active organisations.

        One of which they are not known counts as recognisable.
        """
        row = await self.rows.find_one({"_id": organisation_id})
        if row is None or not row.keys() >= set(LOOKS):
            return True
        alike = {name: row[name] for name in LOOKS}
        return bool(await self.rows.count_documents(alike, limit=HIDDEN_AMONG) < HIDDEN_AMONG)

    @classmethod
    def learn(cls, work: Work, organisation_id: str, contact_person_id: str, looks: Mapping[str, str]) -> None:
        """Note that an organisation is active; `looks` has what `LOOKS` names."""
        change = {"$set": {"contact_person_id": contact_person_id, **looks}}
        work.write(cls.collection, UpdateOne({"_id": organisation_id}, change, upsert=True))
