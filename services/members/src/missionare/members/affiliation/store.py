"""Affiliations, of a person and of an organisation."""

from __future__ import annotations

from missionare.kit.mongo import Filter
from missionare.kit.store import NOTHING, Index, Scope, Store
from missionare.members.affiliation.domain import OPEN, Affiliation, AffiliationState, AffiliationUnknown

_OPEN: Filter = {"state": {"$in": sorted(state.value for state in OPEN)}}


class Affiliations(Store[Affiliation]):
    """Who belongs where. The indexes hold what no single decision can see: one open per pair, one primary."""

    collection = "affiliations"
    aggregate = "affiliation"
    model = Affiliation
    unknown = AffiliationUnknown
    indexes = (
        Index("open", ["person_id", "organisation_id"], unique=True, where=_OPEN),
        Index("primary", ["person_id"], unique=True, where={"primary": True}),
        Index("organisation", ["organisation_id", "state"]),
        Index("person", ["person_id", "_id"]),
    )

    def within(self, scope: Scope) -> Filter:
        """Show all to operators and coaches, and anybody else only their own."""
        caller = scope.caller
        if caller is None or caller.has("operator", "coach"):
            return {}
        return {"person_id": caller.person_id} if caller.person_id else NOTHING

    async def open_of(self, person_id: str, scope: Scope) -> list[Affiliation]:
        """Give a person's proposed and confirmed ones, the oldest first."""
        return await self.every({"person_id": person_id, **_OPEN}, scope)

    async def primary_of(self, person_id: str, scope: Scope) -> Affiliation | None:
        """Give the one a person acts for first."""
        return await self.first({"person_id": person_id, "primary": True}, scope)

    async def between(self, person_id: str, organisation_id: str, scope: Scope) -> Affiliation | None:
        """Give the open one of the two."""
        return await self.first({"person_id": person_id, "organisation_id": organisation_id, **_OPEN}, scope)

    async def heir_of(self, ended: Affiliation, scope: Scope) -> Affiliation | None:
        """Give the confirmed one that becomes primary when `ended` ends: the oldest of the others."""
        others = {
            "person_id": ended.person_id,
            "state": AffiliationState.CONFIRMED.value,
            "_id": {"$ne": ended.id},
        }
        return await self.first(others, scope)
