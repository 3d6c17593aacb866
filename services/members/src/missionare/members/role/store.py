"""Role changes, open and decided."""

from __future__ import annotations

from missionare.kit.mongo import Filter
from missionare.kit.store import NOTHING, Index, Scope, Store
from missionare.members.role.domain import RoleChange, RoleChangeState, RoleChangeUnknown


class RoleChanges(Store[RoleChange]):
    """Every change of roles that was asked for."""

    collection = "role_changes"
    aggregate = "role_change"
    model = RoleChange
    unknown = RoleChangeUnknown
    indexes = (
        Index("state", ["state", "_id"]),
        Index(
            "open",
            ["person_id", "role", "direction"],
            unique=True,
            where={"state": RoleChangeState.REQUESTED.value},
        ),
    )

    def within(self, scope: Scope) -> Filter:
        """Show them to operators."""
        return {} if scope.caller is None or scope.caller.has("operator") else NOTHING

    async def open_for(self, person_id: str, role: str, direction: str, scope: Scope) -> RoleChange | None:
        """Give the one that waits for a second person."""
        return await self.first(
            {"person_id": person_id, "role": role, "direction": direction, "state": RoleChangeState.REQUESTED.value},
            scope,
        )
