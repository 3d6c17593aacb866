"""Leases: a duty that one process of a service holds at a time, timed by the database's own clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from missionare.kit.ids import uuid7
from missionare.kit.mongo import Database, Document

LEASE_SECONDS = 15


@dataclass(frozen=True)
class Held:
    """A lease as it was when it was taken or renewed."""

    owner: str
    term: int
    era: int
    n: int


class Lease:
    """One row in `leases`. `term` rises with each take-over, so that an old holder can be told from a new one."""

    def __init__(self, database: Database, duty: str, *, owner: str | None = None) -> None:
        """Prepare to hold `duty`; nothing is taken yet."""
        self._rows = database["leases"]
        self.duty = duty
        self.owner = owner or uuid7()

    async def take(self) -> Held | None:
        """Take or renew the lease for 15 seconds; None while somebody else holds it."""
        free = {"$or": [{"$eq": ["$owner", self.owner]}, {"$lt": ["$until", "$$NOW"]}]}
        change = [
            {
                "$set": {
                    "term": {"$cond": [{"$eq": ["$owner", self.owner]}, "$term", {"$add": ["$term", 1]}]},
                    "owner": self.owner,
                    "until": {"$dateAdd": {"startDate": "$$NOW", "unit": "second", "amount": LEASE_SECONDS}},
                }
            }
        ]
        row = await self._rows.find_one_and_update(
            {"_id": self.duty, "$expr": free}, change, return_document=ReturnDocument.AFTER
        )
        if row is None and await self._create():
            return await self.take()
        return None if row is None else _held(row)

    async def release(self) -> None:
        """Let somebody else take the lease at once."""
        await self._rows.update_one(
            {"_id": self.duty, "owner": self.owner}, {"$set": {"owner": None, "until": datetime.fromtimestamp(0, UTC)}}
        )

    async def _create(self) -> bool:
        if await self._rows.find_one({"_id": self.duty}) is not None:
            return False
        row = {"_id": self.duty, "owner": None, "term": 0, "until": datetime.fromtimestamp(0, UTC), "era": 0, "n": 0}
        try:
            await self._rows.insert_one(row)
        except DuplicateKeyError:
            return False
        return True


async def free_all(database: Database) -> None:
    """Free every lease, for a process that is alone: whoever holds one is dead, and need not be waited for.

    Were it alive after all, it would lose nothing: its next confirmation is refused, as after any take-over.
    """
    held = {"owner": {"$ne": None}}
    await database["leases"].update_many(held, {"$set": {"owner": None, "until": datetime.fromtimestamp(0, UTC)}})


def _held(row: Document) -> Held:
    return Held(row["owner"], int(row["term"]), int(row["era"]), int(row["n"]))
