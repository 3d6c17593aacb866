"""What messages have to know of journeys: when they are, who is on them or would be, and who is their host."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pymongo import UpdateOne

from missionare.kit.mongo import Document
from missionare.kit.store import Index, Scope, View

JOURNEY_CANCELLATION = "journey_cancellation"
"""Name of the job that tells everybody of a cancelled journey, kept in the database and never changed."""
JOURNEY_PUBLICATION = "journey_publication"
"""Name of the job that tells everybody interested of a published journey, kept in the database and never changed."""


class Journeys(View):
    """When journeys are, and by which command one was cancelled."""

    collection = "journeys"

    @staticmethod
    def published(journey_id: str, starts_at: datetime, ends_at: datetime) -> UpdateOne:
        """Give the write for a journey whose days everybody may know."""
        return UpdateOne({"_id": journey_id}, {"$set": {"starts_at": starts_at, "ends_at": ends_at}}, upsert=True)

    @staticmethod
    def cancelled(journey_id: str, cancelled_by: str) -> UpdateOne:
        """Give the write for a cancelled journey; `cancelled_by` is the correlation id of the command."""
        return UpdateOne({"_id": journey_id}, {"$set": {"cancelled_by": cancelled_by}}, upsert=True)

    async def dates(self, journey_id: str | None, scope: Scope) -> tuple[datetime, datetime] | None:  # noqa: ARG002
        """Give first and last moment of a published journey, which everybody may know."""
        row = await self.rows.find_one({"_id": journey_id, "starts_at": {"$exists": True}}) if journey_id else None
        return (row["starts_at"], row["ends_at"]) if row else None

    async def cancelled_by(self, journey_id: str, scope: Scope) -> str | None:  # noqa: ARG002 - names no person
        """Give the correlation id of the command that cancelled a journey, or None."""
        row = await self.rows.find_one({"_id": journey_id})
        return str(row["cancelled_by"]) if row and "cancelled_by" in row else None


class Travellers(View):
    """Who is registered for which journey, in any way that is not over."""

    collection = "travellers"
    indexes = (Index("of_journey", ["journey_id"]),)

    @staticmethod
    def joined(registration_id: str, journey_id: str, person_id: str) -> UpdateOne:
        """Give the write for somebody who asked for a seat."""
        fields = {"journey_id": journey_id, "person_id": person_id, "live": True}
        return UpdateOne({"_id": registration_id}, {"$set": fields}, upsert=True)

    @staticmethod
    def left(registration_id: str, ended_by: str) -> UpdateOne:
        """Give the write for a registration that ended; `ended_by` is the correlation id of what ended it."""
        return UpdateOne({"_id": registration_id}, {"$set": {"live": False, "ended_by": ended_by}})

    async def affected(self, journey_id: str, cancelled_by: str, scope: Scope) -> Sequence[str]:
        """Give the people whom a cancellation takes something from: those on the list until that very command."""
        if not scope.unbound:
            return []
        until_then = {"journey_id": journey_id, "$or": [{"live": True}, {"ended_by": cancelled_by}]}
        return sorted(await self.rows.distinct("person_id", until_then))


class Interested(View):
    """Who would come along on which announced journey, and wants to hear once it is settled."""

    collection = "interested"
    indexes = (Index("of_journey", ["journey_id"]),)

    @staticmethod
    def stated(interest_id: str, journey_id: str, person_id: str) -> UpdateOne:
        """Give the write for somebody who is interested."""
        fields: Document = {"journey_id": journey_id, "person_id": person_id}
        return UpdateOne({"_id": interest_id}, {"$set": fields, "$setOnInsert": {"live": True}}, upsert=True)

    @staticmethod
    def withdrawn(interest_id: str) -> UpdateOne:
        """Give the write for somebody who is not interested any more."""
        return UpdateOne({"_id": interest_id}, {"$set": {"live": False}}, upsert=True)

    async def people(self, journey_id: str | None, scope: Scope) -> Sequence[str]:
        """Give those who are interested now."""
        if not scope.unbound:
            return []
        return sorted(await self.rows.distinct("person_id", {"journey_id": journey_id, "live": True}))


class Visits(View):
    """Which organisation is asked or has agreed to be host at which stop."""

    collection = "visits"
    indexes = (Index("of_journey", ["journey_id"]),)

    @staticmethod
    def asked(journey_id: str, stop_id: str, organisation_id: str) -> UpdateOne:
        """Give the write for a host who was asked."""
        fields: Document = {"journey_id": journey_id, "organisation_id": organisation_id, "live": True}
        return UpdateOne({"_id": visit_of(journey_id, stop_id)}, {"$set": fields}, upsert=True)

    @staticmethod
    def declined(journey_id: str, stop_id: str) -> UpdateOne:
        """Give the write for a host who said no."""
        return UpdateOne({"_id": visit_of(journey_id, stop_id)}, {"$set": {"live": False}})

    async def hosts(self, journey_id: str, scope: Scope) -> Sequence[str]:
        """Give the organisations that expect a journey."""
        if not scope.unbound:
            return []
        return sorted(await self.rows.distinct("organisation_id", {"journey_id": journey_id, "live": True}))


def visit_of(journey_id: str, stop_id: str) -> str:
    """Name a visit as the owner of its link does."""
    return f"{journey_id}:{stop_id}"
