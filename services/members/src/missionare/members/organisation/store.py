"""Organisations, found by id, by register entry, or by name and seat."""

from __future__ import annotations

from missionare.kit.mongo import Filter
from missionare.kit.names import BY_NAME, NamedStore
from missionare.kit.store import NOTHING, Index, Scope
from missionare.members.organisation.domain import Organisation, OrganisationState, OrganisationUnknown

_STANDING: Filter = {
    "state": {"$in": sorted(state.value for state in OrganisationState if state is not OrganisationState.REJECTED)}
}
"""One that was turned down may apply again, so it does not hold its name."""


class Organisations(NamedStore[Organisation]):
    """Companies and institutions of the network, and those that applied."""

    collection = "organisations"
    aggregate = "organisation"
    model = Organisation
    unknown = OrganisationUnknown
    name_fields = (("contact", "name"),)
    indexes = (
        Index("site", ["site_key"], unique=True, where=_STANDING),
        Index("register", ["register_key"], unique=True, where={"register_key": {"$type": "string"}, **_STANDING}),
        Index("contact_person", ["contact_person_id", "state"]),
        Index("state", ["state", "_id"]),
        BY_NAME,
    )

    def within(self, scope: Scope) -> Filter:
        """Show all to the agency, the active ones to everybody who is signed in, and one's own in any state."""
        caller = scope.caller
        if caller is None or caller.has("operator", "coach", "auditor"):
            return {}
        if not caller.signed_in:
            return NOTHING
        own: list[Filter] = [{"_id": caller.organisation_id}, {"contact_person_id": caller.person_id}]
        held = [where for where in own if None not in where.values()]
        return {"$or": [{"state": OrganisationState.ACTIVE.value}, *held]}

    async def like(self, site_key: str, register_key: str | None, scope: Scope) -> Organisation | None:
        """Give the one that stands under this name and seat, or under this register entry."""
        return await self.first(_alike([site_key], [register_key] if register_key else []), scope)

    async def all_like(self, site_keys: list[str], register_keys: list[str], scope: Scope) -> list[Organisation]:
        """Give every one that stands under any of these."""
        return await self.every(_alike(site_keys, register_keys), scope)

    async def with_contact(self, person_id: str, scope: Scope) -> list[Organisation]:
        """Give those whose contact somebody is."""
        return await self.every({"contact_person_id": person_id, **_STANDING}, scope)


def _alike(site_keys: list[str], register_keys: list[str]) -> Filter:
    return {**_STANDING, "$or": [{"site_key": {"$in": site_keys}}, {"register_key": {"$in": register_keys}}]}
