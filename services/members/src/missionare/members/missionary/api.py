"""Missionaries: how far each has come, for the agency; one's own standing is under `/me`."""

from __future__ import annotations

from typing import Self

from missionare.kit.routes import Answer, Cursor, Limit, Paged, Reader, Routes
from missionare.kit.store import Scope
from missionare.members.api import STAFF
from missionare.members.missionary.domain import Missionary, MissionaryState
from missionare.members.missionary.store import Missionaries

routes = Routes("members")


class MissionaryView(Answer):
    """One missionary."""

    id: str
    version: int
    person_id: str
    state: MissionaryState
    goal_id: str | None
    journey_id: str | None
    qualified_by: tuple[str, ...]
    plan_id: str | None

    @classmethod
    def of(cls, missionary: Missionary, scope: Scope) -> Self:
        """Show the whole of it: the store has decided who sees whom."""
        del scope
        return cls.model_validate(missionary.model_dump(exclude={"chain"}))


@routes.get("/missionaries", policy=STAFF, answers=Paged[MissionaryView])
async def list_missionaries(
    reader: Reader, state: MissionaryState | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Paged[MissionaryView]:
    """List missionaries and those on the way to become one."""
    where = {"state": state.value} if state else {}
    page = await reader.store(Missionaries).page(where, reader.scope, cursor=cursor, limit=limit)
    return Paged[MissionaryView].of(page, MissionaryView, reader.scope)
