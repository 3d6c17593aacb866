"""Editions: the workshop sees all, everybody the published ones."""

from __future__ import annotations

from missionare.catalog.edition.domain import Edition, EditionState, EditionUnknown
from missionare.catalog.store import inside
from missionare.kit.mongo import Filter
from missionare.kit.store import Index, Scope, Store


class Editions(Store[Edition]):
    """One per journey and revision; the database itself refuses a second."""

    collection = "editions"
    aggregate = "edition"
    model = Edition
    unknown = EditionUnknown
    indexes = (
        Index("once", ["journey_id", "revision"], unique=True),
        Index("state", ["state", "_id"]),
    )

    def within(self, scope: Scope) -> Filter:
        """Show published editions to everybody, the others to the workshop."""
        return {} if inside(scope) else {"state": EditionState.PUBLISHED.value}

    async def of(self, journey_id: str, revision: int, scope: Scope) -> Edition | None:
        """Give what a revision of a journey proposed, or None."""
        return await self.first({"journey_id": journey_id, "revision": revision}, scope)
