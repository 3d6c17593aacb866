"""API keys. What is kept of a secret is its hash."""

from __future__ import annotations

from datetime import datetime

from missionare.kit.mongo import Filter
from missionare.kit.store import NOTHING, Index, Scope, Store
from missionare.members.key.domain import ApiKey, KeyState, KeyUnknown

_HELD: Filter = {"state": {"$in": sorted((KeyState.LIVE.value, KeyState.REQUESTED.value))}}


class ApiKeys(Store[ApiKey]):
    """Every key that was ever issued."""

    collection = "api_keys"
    aggregate = "api_key"
    model = ApiKey
    unknown = KeyUnknown
    indexes = (
        Index("slots", ["person_id", "organisation_id", "label", "slot"], unique=True, where=_HELD),
        Index("state", ["state", "_id"]),
    )

    def within(self, scope: Scope) -> Filter:
        """Show them to operators."""
        return {} if scope.caller is None or scope.caller.has("operator") else NOTHING

    async def held(
        self, label: str, *, person_id: str | None, organisation_id: str | None, scope: Scope
    ) -> list[ApiKey]:
        """Give the keys under one label that are not revoked."""
        where = {"label": label, "person_id": person_id, "organisation_id": organisation_id, **_HELD}
        return await self.every(where, scope)

    async def note_use(self, key: ApiKey, at: datetime) -> None:
        """Keep when a key was used last; of several at once any may win."""
        await self.rows.update_one({"_id": key.id}, {"$max": {"used_at": at}})
