"""Parking: facts set aside in order, so that one that cannot be applied stops nothing but its own aggregate.

`parked` rows are *held* (something before them is missing), *parked* (the head, whose handler failed), *queued*
(behind such a head), *dead* (waits for a person) or *raw* (bytes that are no fact of ours).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from pymongo import ASCENDING, IndexModel

from missionare.kit.envelope import Envelope
from missionare.kit.mongo import Database, Document, Session
from missionare.kit.work import LostRace, Step

BACKOFF = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
"""How long a parked head waits before each further try; after the last it is dead and a person decides."""
ERROR_LENGTH = 200


class ParkedState(StrEnum):
    """Why a fact waits."""

    HELD = "held"
    PARKED = "parked"
    QUEUED = "queued"
    DEAD = "dead"
    RAW = "raw"


@dataclass(frozen=True)
class Parked:
    """A fact that waits, as a row."""

    id: str
    stream: str
    state: ParkedState
    attempts: int
    envelope: Envelope


class Parking:
    """What one consumer has set aside. It is found by scanning rows, never by flags in memory."""

    def __init__(self, database: Database, consumer: str) -> None:
        """Bind to the consumer's own database."""
        self._database = database
        self._rows = database["parked"]
        self.consumer = consumer

    async def ensure_indexes(self) -> None:
        """Create the indexes that heads and retries are found by."""
        await self._rows.create_indexes(
            [
                IndexModel([("stream", ASCENDING), ("era", ASCENDING), ("sequence", ASCENDING)], name="order"),
                IndexModel([("consumer", ASCENDING), ("state", ASCENDING), ("next_attempt_at", ASCENDING)], name="due"),
            ]
        )

    async def waiting(self) -> dict[str, int]:
        """Count what is set aside at present, by state; every state is there."""
        counted = await self._database.aggregate(
            "parked", [{"$match": {"consumer": self.consumer}}, {"$group": {"_id": "$state", "count": {"$sum": 1}}}]
        )
        return {state.value: 0 for state in ParkedState} | {row["_id"]: row["count"] for row in counted}

    def add(self, stream: str, envelope: Envelope, state: ParkedState, *, error: BaseException | None = None) -> Step:
        """Give the step that sets a fact aside; one that is there already stays as it is."""
        row = {
            "consumer": self.consumer,
            "stream": stream,
            "source": envelope.source,
            "type": envelope.type,
            "era": envelope.era,
            "sequence": envelope.sequence,
            "state": state.value,
            "event": asdict(envelope),
            "error": _described(error),
            "attempts": 0,
            "version": 1,
            "parked_at": datetime.now(UTC),
            "next_attempt_at": datetime.now(UTC) + BACKOFF[0],
        }

        async def step(session: Session) -> None:
            await self._rows.update_one(
                {"_id": self._id(envelope)}, {"$setOnInsert": row}, upsert=True, session=session
            )

        return step

    def remove(self, *envelopes: Envelope) -> Step:
        """Give the step that forgets facts which have been dealt with."""

        async def step(session: Session) -> None:
            ids = [self._id(envelope) for envelope in envelopes]
            await self._rows.delete_many({"_id": {"$in": ids}}, session=session)

        return step

    def purge(self, stream: str, below: Envelope) -> Step:
        """Give the step that forgets what waits before a fact, and that fact itself."""
        before = [
            {"era": {"$lt": below.era}},
            {"era": below.era, "sequence": {"$lte": below.sequence}},
        ]

        async def step(session: Session) -> None:
            await self._rows.delete_many({"stream": stream, "$or": before}, session=session)

        return step

    def failed(self, parked: Parked, error: BaseException) -> Step:
        """Give the step that notes a failed try of a head: later again, or dead."""
        over = parked.attempts + 1 >= len(BACKOFF)
        wait = BACKOFF[min(parked.attempts + 1, len(BACKOFF) - 1)]
        change = {
            "state": (ParkedState.DEAD if over else ParkedState.PARKED).value,
            "attempts": parked.attempts + 1,
            "error": _described(error),
            "next_attempt_at": datetime.now(UTC) + wait,
        }

        async def step(session: Session) -> None:
            await self._rows.update_one({"_id": parked.id}, {"$set": change, "$inc": {"version": 1}}, session=session)

        return step

    def again(self, row_id: str, version: int, value: str | None = None) -> Step:
        """Give the step that makes a head due at once and as if never tried, with another value where one is given.

        The step raises LostRace where the row is no longer as it was read.
        """
        change: Document = {"state": ParkedState.PARKED.value, "attempts": 0, "next_attempt_at": datetime.now(UTC)}
        if value is not None:
            change["event.value"] = value

        async def step(session: Session) -> None:
            result = await self._rows.update_one(
                {"_id": row_id, "version": version}, {"$set": change, "$inc": {"version": 1}}, session=session
            )
            if result.matched_count != 1:
                raise LostRace(row_id)

        return step

    def take(self, row_id: str, version: int) -> Step:
        """Give the step that removes a row; it raises LostRace where the row is no longer as it was read."""

        async def step(session: Session) -> None:
            result = await self._rows.delete_one({"_id": row_id, "version": version}, session=session)
            if result.deleted_count != 1:
                raise LostRace(row_id)

        return step

    def advance(self, stream: str) -> Step:
        """Give the step that makes the first of what queued up the head, due at once, for whoever looks next."""
        change = {"state": ParkedState.PARKED.value, "next_attempt_at": datetime.now(UTC)}

        async def step(session: Session) -> None:
            await self._rows.find_one_and_update(
                {"stream": stream, "state": ParkedState.QUEUED.value},
                {"$set": change, "$inc": {"version": 1}},
                sort=[("era", ASCENDING), ("sequence", ASCENDING)],
                session=session,
            )

        return step

    async def head(self, stream: str) -> Parked | None:
        """Give what waits first in a stream."""
        row = await self._rows.find_one({"stream": stream}, sort=[("era", 1), ("sequence", 1)])
        return None if row is None else _parked(row)

    async def held(self, stream: str) -> list[Parked]:
        """Give what a stream holds because something before it is missing."""
        rows = await self._rows.find({"stream": stream, "state": ParkedState.HELD.value}).to_list(None)
        return [_parked(row) for row in rows]

    async def due(self) -> list[str]:
        """Name the streams whose head may be tried again."""
        where = {
            "consumer": self.consumer,
            "state": ParkedState.PARKED.value,
            "next_attempt_at": {"$lte": datetime.now(UTC)},
        }
        return list(await self._rows.distinct("stream", where))

    async def holding(self) -> list[str]:
        """Name the streams that hold facts."""
        return list(await self._rows.distinct("stream", {"consumer": self.consumer, "state": ParkedState.HELD.value}))

    async def keep_raw(
        self, value: bytes | None, headers: Sequence[tuple[str, bytes | None]], position: str, reason: str
    ) -> bool:
        """Keep bytes that are no fact, once per content and position; False when they were kept before."""
        digest = hashlib.sha256(value or b"").hexdigest()
        row = {
            "consumer": self.consumer,
            "state": ParkedState.RAW.value,
            "position": position,
            "value": (value or b"")[:65_536],
            "headers": [[name, raw or b""] for name, raw in headers][:50],
            "error": reason[:ERROR_LENGTH],
            "version": 1,
            "parked_at": datetime.now(UTC),
        }
        kept = await self._rows.update_one(
            {"_id": f"{self.consumer}:raw:{digest}:{position}"}, {"$setOnInsert": row}, upsert=True
        )
        return kept.upserted_id is not None

    def _id(self, envelope: Envelope) -> str:
        return f"{self.consumer}:{envelope.source}:{envelope.id}"


async def counts(database: Database) -> dict[str, dict[str, int]]:
    """Count what waits, per consumer and state."""
    group = [{"$group": {"_id": {"consumer": "$consumer", "state": "$state"}, "n": {"$sum": 1}}}]
    found: dict[str, dict[str, int]] = {}
    for row in await database.aggregate("parked", group):
        found.setdefault(row["_id"]["consumer"], {})[row["_id"]["state"]] = int(row["n"])
    return found


def _parked(row: Document) -> Parked:
    return Parked(row["_id"], row["stream"], ParkedState(row["state"]), int(row["attempts"]), Envelope(**row["event"]))


def _described(error: BaseException | None) -> str | None:
    """Name the error without its message, which may quote the value; ValueErrors of ours say only places."""
    if error is None:
        return None
    return f"{type(error).__module__}.{type(error).__name__}"[:ERROR_LENGTH]
