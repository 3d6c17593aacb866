"""The audit trail as it is read. It is written by kit, in the transaction of what it tells."""

from __future__ import annotations

from missionare.kit.mongo import Document
from missionare.kit.store import Index, Page, Scope, View


class AuditTrail(View):
    """Rows of the database beside the service's own, where they can be added and read, and never changed."""

    collection = "audit"
    of_the_trail = True
    indexes = (Index("actor", ["actor", "_id"]), Index("object", ["objects", "_id"]))

    async def page(
        self, scope: Scope, *, actor: str | None, subject: str | None, cursor: str | None, limit: int
    ) -> Page[Document]:
        """Give one page, the newest first.

        Args:
            scope: who reads; the route's policy has let them pass, and the trail is read as a whole or not at all.
            actor: only what this one did, for example `person:<id>`.
            subject: only what was done to this object, for example `goal:<id>`.
            cursor: the id that the page before ended with.
            limit: rows on the page.
        """
        del scope
        wanted = {"actor": actor, "objects": subject, "_id": {"$lt": cursor} if cursor else None}
        where = {name: value for name, value in wanted.items() if value is not None}
        rows = await self.rows.find(where, sort=[("_id", -1)], limit=limit + 1).to_list(None)
        items = rows[:limit]
        return Page(items, str(items[-1]["_id"]) if len(rows) > limit else None)
