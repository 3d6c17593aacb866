"""Webhooks in the database, how far each has come, and what was tried."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pymongo import InsertOne, ReplaceOne, UpdateOne

from missionare.kit.mongo import Filter
from missionare.kit.store import MAX_PAGE, NOTHING, Index, Page, Scope, Store, View
from missionare.notifications.webhook.domain import Progress, Webhook, WebhookState, WebhookUnknown

WEBHOOK_DELIVERY: Final = "webhook_delivery"
"""Name of a webhook's timer: what it has not taken yet is sent. Kept in the database and never changed."""
WEBHOOK_PING: Final = "webhook_ping"
"""Name of the job that sends one ping for a person to see."""
LOG_SECONDS: Final = 30 * 24 * 60 * 60


LISTENING: Final[Filter] = {"state": {"$in": [WebhookState.ACTIVE.value, WebhookState.PENDING.value]}}


class Webhooks(Store[Webhook]):
    """Every address that an integration gave us."""

    collection = "webhooks"
    aggregate = "webhook"
    model = Webhook
    unknown = WebhookUnknown
    indexes = (
        Index("of_organisation", ["organisation_id", "_id"]),
        Index("of_state", ["state", "_id"]),
        Index("slots", ["organisation_id", "slot"], unique=True, where={"slot": {"$gte": 1}, **LISTENING}),
    )

    def within(self, scope: Scope) -> Filter:
        """Show an integration its organisation's own, and operators all."""
        caller = scope.caller
        if caller is None or not caller.has("integration", "operator"):
            return NOTHING
        if caller.has("operator"):
            return {}
        return {"organisation_id": caller.organisation_id} if caller.organisation_id else NOTHING

    async def listening(self, organisation_id: str, scope: Scope) -> list[Webhook]:
        """Give an organisation's webhooks that are not disabled."""
        return await self.every({"organisation_id": organisation_id, **LISTENING}, scope)


class Progresses(View):
    """How far each webhook has come; apart from it, so that a delivery changes no version."""

    collection = "webhook_progress"

    async def of(self, webhook_id: str, scope: Scope) -> Progress:  # noqa: ARG002 - whoever has the webhook may see it
        """Give a webhook's progress."""
        row = await self.rows.find_one({"_id": webhook_id})
        return Progress(position=0) if row is None else Progress.model_validate(row)

    @staticmethod
    def begun(webhook_id: str, progress: Progress) -> ReplaceOne[Any]:
        """Give the write of a new beginning."""
        return ReplaceOne({"_id": webhook_id}, progress.model_dump(), upsert=True)

    @staticmethod
    def moved(webhook_id: str, before: Progress, progress: Progress) -> UpdateOne:
        """Give the write of a step; where somebody has begun anew meanwhile, it changes nothing."""
        return UpdateOne({"_id": webhook_id, "position": before.position}, {"$set": progress.model_dump()})


class Attempts(View):
    """What was tried in the last thirty days."""

    collection = "webhook_attempts"
    indexes = (
        Index("of_webhook", ["webhook_id", "_id"]),
        Index("for_thirty_days", ["at"], expires_seconds=LOG_SECONDS),
    )

    @staticmethod
    def made(
        attempt_id: str,
        *,
        webhook_id: str,
        event_id: str,
        type: str,  # noqa: A002 - the word of the envelope
        at: datetime,
        status: int | None,
        failure: str | None,
        milliseconds: int,
    ) -> InsertOne[Any]:
        """Give the write of one try."""
        told = {"event_id": event_id, "type": type, "status": status, "failure": failure, "milliseconds": milliseconds}
        return InsertOne({"_id": attempt_id, "webhook_id": webhook_id, "at": at, **told})

    async def newest(self, webhook_id: str, scope: Scope, *, cursor: str | None, limit: int) -> Page[dict[str, Any]]:  # noqa: ARG002 - as above
        """Give one page, the newest first."""
        limit = max(1, min(limit, MAX_PAGE))
        beyond: Filter = {"_id": {"$lt": cursor}} if cursor else {}
        where = {"$and": [{"webhook_id": webhook_id}, beyond]}
        rows = await self.rows.find(where, sort=[("_id", -1)], limit=limit + 1).to_list(None)
        items = rows[:limit]
        return Page(items, str(items[-1]["_id"]) if len(rows) > limit else None)
