"""The programme, read from journeys and their seat ledgers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from missionare.journeys.journey.domain import Journey, JourneyState
from missionare.journeys.journey.store import Journeys
from missionare.journeys.programme.domain import Position
from missionare.journeys.seat.domain import SeatLedger
from missionare.journeys.seat.store import SeatLedgers
from missionare.kit.mongo import Filter
from missionare.kit.store import Index, Scope

COUNTED = Scope.system("everybody may know how many seats are free, and no more of the ledger")


class Programme(Journeys):
    """Journeys in the order of their days."""

    indexes = (Index("by_day", ["ends_at", "_id"]),)

    def within(self, scope: Scope) -> Filter:
        """Show the same to everybody: what is published."""
        del scope
        return {"published_at": {"$ne": None}}

    async def ahead(self, now: datetime, after: Position | None, scope: Scope, *, limit: int) -> list[Journey]:
        """Give what has not ended yet, the next one first."""
        where: Filter = {"$and": [{"ends_at": {"$gte": now}}, _beyond(after, "$gt")]}
        return await self.every(where, scope, sort=(("ends_at", 1), ("_id", 1)), limit=limit)

    async def past(self, now: datetime, after: Position | None, scope: Scope, *, limit: int) -> list[Journey]:
        """Give what has ended, the latest first. What was announced and never settled has not taken place."""
        settled = {"state": {"$ne": JourneyState.ANNOUNCED.value}}
        where: Filter = {"$and": [{"ends_at": {"$lt": now}}, settled, _beyond(after, "$lt")]}
        return await self.every(where, scope, sort=(("ends_at", -1), ("_id", -1)), limit=limit)


class FreeSeats(SeatLedgers):
    """The ledgers of several journeys at once."""

    async def of(self, journey_ids: Iterable[str]) -> dict[str, SeatLedger]:
        """Give those that exist, by the journey's id."""
        found = await self.every({"_id": {"$in": list(journey_ids)}}, COUNTED)
        return {ledger.id: ledger for ledger in found}


def _beyond(after: Position | None, direction: str) -> Filter:
    if after is None:
        return {}
    later = {"ends_at": {direction: after.ends_at}}
    same = {"ends_at": after.ends_at, "_id": {direction: after.journey_id}}
    return {"$or": [later, same]}
