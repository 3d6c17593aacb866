"""Interest, as its people and the journey lead see it; everybody may know from how many organisations it comes."""

from __future__ import annotations

from collections.abc import Iterable

from missionare.journeys.interest.domain import Interest, InterestState, InterestUnknown
from missionare.journeys.store import own_or_overseen
from missionare.kit.mongo import Filter
from missionare.kit.store import Index, Scope, Store

_STATED = InterestState.STATED.value


class Interests(Store[Interest]):
    """One that stands per person and journey; the database itself refuses a second."""

    collection = "interests"
    aggregate = "interest"
    model = Interest
    unknown = InterestUnknown
    indexes = (
        Index("one_stands", ["journey_id", "person_id"], unique=True, where={"state": _STATED}),
        Index("organisations", ["journey_id", "state", "organisation_id"]),
        Index("person", ["person_id", "_id"]),
        Index("journey", ["journey_id", "state", "_id"]),
    )

    def within(self, scope: Scope) -> Filter:
        """Show people their own; nobody's employer sees any."""
        return own_or_overseen(scope)

    async def standing(self, journey_id: str, person_id: str, scope: Scope) -> Interest | None:
        """Give a person's interest in a journey that stands, or None."""
        return await self.first({"journey_id": journey_id, "person_id": person_id, "state": _STATED}, scope)

    async def organisations(self, journey_ids: Iterable[str]) -> dict[str, int]:
        """Give from how many organisations interest in each of these journeys comes, where there is any."""
        wanted = {"journey_id": {"$in": list(journey_ids)}, "state": _STATED}
        once = {"_id": {"journey_id": "$journey_id", "organisation_id": "$organisation_id"}}
        counted = {"_id": "$_id.journey_id", "organisations": {"$sum": 1}}
        found = self.rows.aggregate([{"$match": wanted}, {"$group": once}, {"$group": counted}])
        return {row["_id"]: int(row["organisations"]) for row in await found.to_list(None)}
