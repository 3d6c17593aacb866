"""Open events in the database, in the order in which they became open, and what was taken back."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, date, datetime, time
from hashlib import sha256
from typing import Any, Final

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from missionare.kit.ids import now_us
from missionare.kit.live import LiveView
from missionare.kit.mongo import Database, Document, Filter, Session, to_document
from missionare.kit.outlets import Outlet
from missionare.kit.server_sent import Bell, OpenStreams
from missionare.kit.store import Index, Scope, View
from missionare.kit.work import Work
from missionare.notifications.integration.domain import Choice, OpenEvent, Secret, text, written

HEAD: Final = "events"
SECRET_BYTES: Final = 32


class Withdrawn(View):
    """What readers outside must hear nothing of any more: hashes of names only, kept for good."""

    collection = "withdrawn_subjects"


class Heads(View):
    """One row that every event and every withdrawal changes, so that no two of them happen at once."""

    collection = "open_event_heads"

    async def position(self, scope: Scope) -> int:  # noqa: ARG002 - names nobody
        """Give the position of the newest event."""
        row = await self.rows.find_one({"_id": HEAD})
        return int(row["n"]) if row else 0

    async def next(self, now: datetime, session: Session) -> tuple[int, datetime]:
        """Give the next position, with a moment that is never before that of the position before."""
        change = [{"$set": {"n": {"$add": [{"$ifNull": ["$n", 0]}, 1]}, "at": {"$max": ["$at", now]}}}]
        row = await self.rows.find_one_and_update(
            {"_id": HEAD}, change, upsert=True, return_document=ReturnDocument.AFTER, session=session
        )
        return int(row["n"]), row["at"]

    async def restored(self) -> None:
        """Go on above every position that was ever given: readers outside may stand anywhere below.

        The present moment in microseconds is such a number, because no million of events opens in a second.
        """
        await self.rows.update_one({"_id": HEAD}, {"$max": {"n": now_us()}}, upsert=True)

    async def hold(self, session: Session) -> None:
        """Let no event become open before this transaction has ended."""
        await self.rows.update_one({"_id": HEAD}, {"$inc": {"n": 0, "held": 1}}, upsert=True, session=session)


class Outbox(View):
    """What the topic for integrations lacks."""

    collection = "integration_outbox"
    indexes = (Index("about", ["about"]),)


class OpenEvents(View):
    """What readers outside may see, and nothing they may not."""

    collection = "open_events"
    indexes = (
        Index("reach", ["audience", "type", "position"]),
        Index("recorded_in_order", ["recorded_at", "position"]),
        Index("about", ["about"]),
    )

    def add(self, work: Work, event: OpenEvent) -> None:
        """Open an event as part of `work`, once, unless something it names was taken back."""
        heads, withdrawn, marks = work.store(Heads), work.store(Withdrawn), [_mark(name) for name in event.names]
        outbox, pending = work.store(Outbox), {"_id": event.id, "key": event.key, "about": event.names}
        document = {"_id": event.id, **to_document(event.model_dump(exclude={"id"})), "about": event.names}

        async def step(session: Session) -> None:
            position, at = await heads.next(work.now, session)
            if await withdrawn.rows.find_one({"_id": {"$in": marks}}, session=session) is not None:
                return
            opened = {"$setOnInsert": {**document, "position": position, "recorded_at": at}}
            done = await self.rows.update_one({"_id": event.id}, opened, upsert=True, session=session)
            if done.upserted_id is not None:
                await outbox.rows.insert_one(pending, session=session)

        work.claim(step)

    def withdraw(self, work: Work, name: str) -> None:
        """Take back everything that names this (`kind:id`), as part of `work`, and let nothing of it follow."""
        heads, withdrawn, outbox = work.store(Heads), work.store(Withdrawn), work.store(Outbox)

        async def step(session: Session) -> None:
            await heads.hold(session)
            await withdrawn.rows.replace_one({"_id": _mark(name)}, {"at": work.now}, upsert=True, session=session)
            for rows in (self.rows, outbox.rows):
                await rows.delete_many({"about": name}, session=session)

        work.claim(step)

    async def behind(self, position: int, choice: Choice, scope: Scope, *, limit: int) -> list[OpenEvent]:  # noqa: ARG002 - a choice says who reads
        """Give the next events of a choice in order. It costs the same wherever the position is."""
        rows = await self.rows.find(self.wanted(position, choice), sort=[("position", 1)], limit=limit).to_list(None)
        return [_loaded(row) for row in rows]

    @staticmethod
    def wanted(position: int, choice: Choice) -> Filter:
        """Give the filter of a choice: exact values of the index, then its order, so that nothing is passed over."""
        return {
            "audience": {"$in": list(choice.audiences)},
            "type": {"$in": choice.wanted},
            "position": {"$gt": position},
        }

    async def position_of(self, event_id: str, scope: Scope) -> int | None:  # noqa: ARG002 - a position names nobody
        """Give where an event stands, or None where there is none."""
        row = await self.rows.find_one({"_id": event_id}, {"position": 1})
        return int(row["position"]) if row else None

    async def before(self, day: date, scope: Scope) -> int:
        """Give the last position before a day (UTC)."""
        since = datetime.combine(day, time(), UTC)
        # Several become open in one moment: of those it is the first that counts.
        order = [("recorded_at", 1), ("position", 1)]
        first = await self.rows.find_one({"recorded_at": {"$gte": since}}, {"position": 1}, sort=order)
        return int(first["position"]) - 1 if first else await Heads(self.database).position(scope)


class Arrivals(LiveView):
    """Rings when an event has become open, for the streams of this process."""

    collection = "open_event_heads"
    name = "arrivals of open events"

    def __init__(self, database: Database) -> None:
        """Begin silent."""
        super().__init__(database)
        self.bell = Bell()
        self.streams = OpenStreams()

    async def build(self) -> None:
        """Let everybody look."""
        self.bell.ring()

    async def take_in(self, ids: Collection[str]) -> None:  # noqa: ARG002 - there is one
        """Let everybody look."""
        self.bell.ring()


class Secrets(View):
    """What references, cursors and signatures are made with: made once, and kept where the ids are it protects."""

    collection = "integration_secrets"

    async def secret(self, scope: Scope) -> Secret:  # noqa: ARG002 - every process needs the same
        """Give it; whoever asks first makes it."""
        row = await self.rows.find_one({"_id": HEAD})
        if row is None:
            with suppress(DuplicateKeyError):  # another process was faster
                await self.rows.insert_one({"_id": HEAD, "value": secrets.token_bytes(SECRET_BYTES)})
            row = await self.rows.find_one({"_id": HEAD})
        return Secret(bytes(row["value"]))


def _record(row: Document) -> dict[str, Any]:
    """Give the record of an event: what the feed shows, without any human being."""
    value = text(written(_loaded(row), None))
    return {"value": value.encode(), "headers": [("content-type", b"application/cloudevents+json")]}


TOPIC: Final = Outlet(owner="integration", outbox=Outbox.collection, rows=OpenEvents.collection, record=_record)
"""The topic `integration.events`."""


def _loaded(row: Document) -> OpenEvent:
    return OpenEvent.model_validate({"id": row["_id"], **row})


def _mark(name: str) -> str:
    return sha256(name.encode()).hexdigest()
