"""Reviews, as the workshop sees them."""

from __future__ import annotations

from missionare.catalog.review.domain import Review, ReviewState, ReviewUnknown
from missionare.catalog.store import workshop
from missionare.kit.mongo import Filter
from missionare.kit.store import Index, Scope, Store


class Reviews(Store[Review]):
    """At most one of an entry is open."""

    collection = "reviews"
    aggregate = "review"
    model = Review
    unknown = ReviewUnknown
    indexes = (
        Index("open", ["entry_id"], unique=True, where={"state": ReviewState.REQUESTED.value}),
        Index("state", ["state", "_id"]),
    )

    def within(self, scope: Scope) -> Filter:
        """Show reviews to the workshop."""
        return workshop(scope)

    async def open_of(self, entry_id: str, scope: Scope) -> Review | None:
        """Give the review that an entry waits for, or None."""
        return await self.first({"entry_id": entry_id, "state": ReviewState.REQUESTED.value}, scope)
