"""Missionaries, one per person."""

from __future__ import annotations

from missionare.kit.mongo import Filter
from missionare.kit.store import NOTHING, Index, Scope, Store
from missionare.members.missionary.domain import Missionary, MissionaryUnknown


class Missionaries(Store[Missionary]):
    """Who is, or becomes, a missionary. Whoever is listed in public consents to it."""

    collection = "missionaries"
    aggregate = "missionary"
    model = Missionary
    unknown = MissionaryUnknown
    indexes = (
        Index("person", ["person_id"], unique=True),
        Index("state", ["state", "_id"]),
        Index("qualified_by", ["qualified_by", "_id"]),
    )

    def within(self, scope: Scope) -> Filter:
        """Show all to operators and coaches, and anybody else only themselves."""
        caller = scope.caller
        if caller is None or caller.has("operator", "coach"):
            return {}
        return {"person_id": caller.person_id} if caller.person_id else NOTHING

    async def of(self, person_id: str, scope: Scope) -> Missionary | None:
        """Give a person's, or None."""
        return await self.first({"person_id": person_id}, scope)
