"""Forks: what a consumer has applied and its owner, set back to a backup, does not know any more.

The guard goes on with what the owner says now. What was applied before stays applied, so each such aggregate is
written down, once, for people to look at: only they can say what is to become of it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from missionare.kit.mongo import Database, Document, Session
from missionare.kit.work import Step

COLLECTION = "forks"


class Forks:
    """The forks that one consumer has met."""

    def __init__(self, database: Database, consumer: str) -> None:
        """Bind to the consumer's own database."""
        self._rows = database[COLLECTION]
        self.consumer = consumer

    def note(self, stream_id: str, seen: str, owner_era: int) -> Step:
        """Give the step that writes down that the owner of a stream forgot `seen`; noted twice, it is there once."""

        async def step(session: Session) -> None:
            await self.keep(stream_id, seen, owner_era, session)

        return step

    async def keep(self, stream_id: str, seen: str, owner_era: int, session: Session = None) -> bool:
        """Write that down at once; False where it was written down before."""
        _, source, aggregate, subject = stream_id.split("|", 3)
        row: Document = {
            "consumer": self.consumer,
            "source": source,
            "aggregate": aggregate,
            "subject": subject,
            "seen": seen,
            "owner_era": owner_era,
            "at": datetime.now(UTC),
        }
        kept = await self._rows.update_one(
            {"_id": f"{stream_id}|{seen}"}, {"$setOnInsert": row}, upsert=True, session=session
        )
        return kept.upserted_id is not None

    async def count(self) -> int:
        """Count them."""
        return int(await self._rows.count_documents({"consumer": self.consumer}))
