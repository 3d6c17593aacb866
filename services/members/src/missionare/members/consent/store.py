"""Consents, of a person and for a purpose."""

from __future__ import annotations

from collections.abc import Iterable

from missionare.kit.mongo import Filter
from missionare.kit.store import NOTHING, Index, Page, Scope, Store
from missionare.members.consent.domain import Consent, ConsentState, ConsentUnknown
from missionare.members.events import Purpose


class Consents(Store[Consent]):
    """What everybody has consented to."""

    collection = "consents"
    aggregate = "consent"
    model = Consent
    unknown = ConsentUnknown
    indexes = (
        Index("person", ["person_id", "purpose"], unique=True),
        Index("purpose", ["purpose", "state", "_id"]),
    )

    def within(self, scope: Scope) -> Filter:
        """Show all to operators and coaches, and anybody else only their own."""
        caller = scope.caller
        if caller is None or caller.has("operator", "coach"):
            return {}
        return {"person_id": caller.person_id} if caller.person_id else NOTHING

    async def of(self, person_id: str, purpose: Purpose, scope: Scope) -> Consent | None:
        """Give what a person says to a purpose, or None."""
        return await self.first({"person_id": person_id, "purpose": purpose.value}, scope)

    async def all_of(self, person_id: str, scope: Scope) -> list[Consent]:
        """Give everything a person has said."""
        return await self.every({"person_id": person_id}, scope)

    async def granted(self, purpose: Purpose, scope: Scope, *, cursor: str | None, limit: int) -> Page[Consent]:
        """Give a page of those who consent to a purpose now."""
        where = {"purpose": purpose.value, "state": ConsentState.GRANTED.value}
        return await self.page(where, scope, cursor=cursor, limit=limit)

    async def consenting(self, purpose: Purpose, people: Iterable[str], scope: Scope) -> frozenset[str]:
        """Give those of these people who consent to a purpose now."""
        where = {
            "purpose": purpose.value,
            "state": ConsentState.GRANTED.value,
            "person_id": {"$in": list(people)},
        }
        return frozenset(consent.person_id for consent in await self.every(where, scope))
