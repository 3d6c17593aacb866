"""Registrations, as their people and the journey lead see them."""

from __future__ import annotations

from collections.abc import Collection

from missionare.journeys.registration.domain import (
    IN_GROUP,
    LIVE,
    Registration,
    RegistrationState,
    RegistrationUnknown,
)
from missionare.journeys.store import own_or_overseen
from missionare.kit.mongo import Filter
from missionare.kit.store import Index, Scope, Store

_LIVE = sorted(state.value for state in LIVE)
_IN_GROUP = sorted(state.value for state in IN_GROUP)


class Registrations(Store[Registration]):
    """One live per person and journey; the database itself refuses a second."""

    collection = "registrations"
    aggregate = "registration"
    model = Registration
    unknown = RegistrationUnknown
    indexes = (
        Index("one_live", ["journey_id", "person_id"], unique=True, where={"state": {"$in": _LIVE}}),
        Index("waitlist", ["journey_id", "state", "waitlisted_at"]),
        Index("passage", ["journey_id", "_id"]),
        Index("passage_by_state", ["journey_id", "state", "_id"]),
        Index("person", ["person_id", "state"]),
        Index("state", ["state", "_id"]),
    )

    def within(self, scope: Scope) -> Filter:
        """Show people their own; nobody's employer sees any."""
        return own_or_overseen(scope)

    async def live(self, journey_id: str, person_id: str, scope: Scope) -> Registration | None:
        """Give a person's live registration for a journey, or None."""
        return await self.first({"journey_id": journey_id, "person_id": person_id, "state": {"$in": _LIVE}}, scope)

    async def travelling(self, journey_id: str, person_id: str, scope: Scope) -> Registration | None:
        """Give the registration by which a person is in a journey's group, or None."""
        return await self.first({"journey_id": journey_id, "person_id": person_id, "state": {"$in": _IN_GROUP}}, scope)

    async def journeys_of(self, person_id: str, scope: Scope) -> frozenset[str]:
        """Give the journeys in whose group a person is."""
        found = await self.every({"person_id": person_id, "state": {"$in": _IN_GROUP}}, scope)
        return frozenset(registration.journey_id for registration in found)

    async def awaiting_goal(self, person_id: str, scope: Scope) -> list[Registration]:
        """Give a person's held seats that wait for a goal."""
        return await self.every({"person_id": person_id, "state": RegistrationState.AWAITING_GOAL.value}, scope)

    async def waiting(self, journey_id: str, scope: Scope, *, but: Collection[str], limit: int) -> list[Registration]:
        """Give the beginning of the waiting list, without those in `but`."""
        where = {"journey_id": journey_id, "state": RegistrationState.WAITLISTED.value, "_id": {"$nin": list(but)}}
        return await self.every(where, scope, sort=(("waitlisted_at", 1),), limit=limit)

    async def position(self, registration: Registration, scope: Scope) -> int:
        """Give somebody's place on the waiting list, counted from 1."""
        ahead = {
            "journey_id": registration.journey_id,
            "state": RegistrationState.WAITLISTED.value,
            "waitlisted_at": {"$lt": registration.waitlisted_at},
        }
        return 1 + await self.count(ahead, scope)

    async def after(self, journey_id: str, cursor: str | None, scope: Scope, *, limit: int) -> list[Registration]:
        """Give a journey's next registrations in the order of their ids."""
        where: dict[str, object] = {"journey_id": journey_id}
        if cursor is not None:
            where["_id"] = {"$gt": cursor}
        return await self.every(where, scope, limit=limit)
