"""The owner's log of record: facts, what is pending of them, and what the broker has confirmed.

* `facts`: permanent and never changed, one row per fact, the value stored as the JSON text that is sent.
* `outbox`: the ids still to be sent. It is the truth of what is pending; nothing ever polls by a cursor, since
  a transaction with an older id may commit later.
* `confirmations`: one row per batch the broker acknowledged, kept for ever, in the order of `_id {era, n}`.
* `leases`: one row per duty that a single process holds; the relay's also carries `era` and `n`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from pymongo import ASCENDING, IndexModel

from missionare.kit.aggregates import Chain
from missionare.kit.facts import MAX_VALUE_BYTES, Fact
from missionare.kit.ids import now_us, uuid7
from missionare.kit.mongo import Database, Document, Session
from missionare.kit.refusals import Refusal

if TYPE_CHECKING:
    from missionare.kit.work import Origin

RELAY = "relay"
OUTBOX = "outbox"
FIRST_ERA = 1
COLLECTIONS = ("facts", OUTBOX, "confirmations", "leases")


class FactTooLarge(Refusal):
    """A fact's value is over the limit: facts stay thin, large sets become many facts."""

    status = 413


@dataclass(frozen=True, order=True)
class Position:
    """A place in the confirmations of an owner: era, then number. (0, 0) is before the first."""

    era: int = 0
    n: int = 0

    @classmethod
    def parse(cls, text: str) -> Position:
        """Read `era,n`.

        Raises:
            ValueError: when the text is anything else.
        """
        era, n = text.split(",")
        return cls(int(era), int(n))

    def __str__(self) -> str:
        """Write `era,n`."""
        return f"{self.era},{self.n}"

    def document(self) -> Document:
        """Give the `_id` of that confirmation; the order of the fields is the order of sorting."""
        return {"era": self.era, "n": self.n}


@dataclass(frozen=True)
class Confirmation:
    """One batch that the broker has acknowledged, with its facts in the order of their ids."""

    position: Position
    at: datetime
    facts: list[Document]


@dataclass(frozen=True)
class Feed:
    """An answer of an owner's feed of confirmations: whole batches in order, and where the owner stands."""

    confirmations: list[Confirmation]
    head: Position
    era: int
    server_time: datetime


@dataclass(frozen=True)
class AggregateFeed:
    """An answer of an owner's feed of one aggregate: its facts in order, pending ones included."""

    facts: list[Document]
    head: str
    era: int


class Owner(Protocol):
    """Who answers for a source's facts: the local ledger, or another service over HTTP."""

    async def confirmed(self, after: Position, limit: int = 1_000) -> Feed:
        """Give the confirmations after a position."""

    async def of_aggregate(self, aggregate: str, subject: str, after: str) -> AggregateFeed:
        """Give one aggregate's facts after `era.sequence`."""


class Ledger:
    """The owner's side of a service's facts."""

    def __init__(self, database: Database) -> None:
        """Bind to the service's database."""
        self.database = database

    async def ensure(self) -> None:
        """Create collections, indexes and the relay's row, where missing."""
        await self.database.ensure_collections([*COLLECTIONS, "timers"])
        chain = [("aggregate", ASCENDING), ("subject", ASCENDING), ("sequence", ASCENDING)]
        await self.database["facts"].create_indexes([IndexModel(chain, unique=True, name="chain")])
        await self.database["timers"].create_indexes([IndexModel([("due_at", ASCENDING)], name="due")])
        row = {"owner": None, "term": 0, "until": datetime.fromtimestamp(0, UTC), "era": FIRST_ERA, "n": 0}
        await self.database["leases"].update_one({"_id": RELAY}, {"$setOnInsert": row}, upsert=True)

    async def era(self, session: Session = None) -> int:
        """Read the owner's era; for a fact, in the fact's own transaction and never from memory."""
        row = await self.database["leases"].find_one({"_id": RELAY}, {"era": 1}, session=session)
        return int(row["era"])

    async def append(self, session: Session, rows: Sequence[Document]) -> None:
        """Add facts and their outbox rows to a transaction."""
        await self.database["facts"].insert_many(rows, session=session)
        pending = [{"_id": row["_id"], "key": row["subject"]} for row in rows]
        await self.database[OUTBOX].insert_many(pending, session=session)

    async def confirmed(self, after: Position, limit: int = 1_000) -> Feed:
        """Give whole confirmations after a position until `limit` facts are reached, at least one."""
        relay = await self.database["leases"].find_one({"_id": RELAY})
        beyond = {"_id": {"$gt": after.document()}}
        batches: list[Document] = []
        count = 0
        cursor = self.database["confirmations"].find(beyond, sort=[("_id", 1)], batch_size=100)
        async for batch in cursor:
            if batches and count + len(batch["facts"]) > limit:
                break
            batches.append(batch)
            count += len(batch["facts"])
        facts = await self._by_id([fact for batch in batches for fact in batch["facts"]])
        last = await self.database["confirmations"].find_one({}, {"_id": 1}, sort=[("_id", -1)])
        confirmations = [
            Confirmation(Position(**batch["_id"]), batch["at"], [facts[i] for i in batch["facts"] if i in facts])
            for batch in batches
        ]
        head = Position(**last["_id"]) if last else Position()
        return Feed(confirmations, head, int(relay["era"]), await self.server_time())

    async def of_aggregate(self, aggregate: str, subject: str, after: str) -> AggregateFeed:
        """Give one aggregate's facts after `era.sequence`, pending ones included, in order."""
        era, _, sequence = after.partition(".")
        # Who has seen facts that a restored owner forgot is further on by number, and lacks all of the new era.
        later = [{"sequence": {"$gt": int(sequence)}}, {"era": {"$gt": int(era)}}]
        where = {"aggregate": aggregate, "subject": subject, "$or": later}
        rows = await self.database["facts"].find(where, sort=[("sequence", 1)], limit=1_000).to_list(None)
        last = await self.database["facts"].find_one(
            {"aggregate": aggregate, "subject": subject}, sort=[("sequence", -1)]
        )
        head = f"{last['era']}.{last['sequence']}" if last else "0.0"
        return AggregateFeed(rows, head, await self.era())

    async def pending(self) -> tuple[int, float]:
        """Count the facts not yet confirmed, and give the age of the oldest in seconds."""
        count = int(await self.database[OUTBOX].count_documents({}))
        oldest = await self.database[OUTBOX].find_one({}, sort=[("_id", 1)])
        if oldest is None:
            return count, 0.0
        fact = await self.database["facts"].find_one({"_id": oldest["_id"]}, {"time": 1})
        return count, max(0.0, (datetime.now(UTC) - fact["time"]).total_seconds()) if fact else 0.0

    async def server_time(self) -> datetime:
        """Ask the database for its time, which leases and confirmations are dated with."""
        hello = await self.database.client.admin.command("hello")
        moment: datetime = hello["localTime"]
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    async def _by_id(self, ids: Sequence[str]) -> dict[str, Document]:
        rows = await self.database["facts"].find({"_id": {"$in": list(ids)}}).to_list(None)
        return {row["_id"]: row for row in rows}


def chained(chain: Chain, facts: Iterable[Fact], *, era: int, origin: Origin) -> tuple[Chain, list[Document]]:
    """Append facts to an aggregate's chain.

    Ids carry the time, taken anew in every attempt of the transaction and never earlier than the fact before,
    so that they sort per aggregate as the sequence does, even when two machines' clocks disagree.

    Raises:
        FactTooLarge: a value over 900 KB.
    """
    rows: list[Document] = []
    for fact in facts:
        at_us = max(now_us(), chain.last_us + 1)
        following = Chain(sequence=chain.sequence + 1, era=era, last_us=at_us)
        rows.append(_row(fact, chain, following, origin))
        chain = following
    return chain, rows


def _row(fact: Fact, before: Chain, chain: Chain, origin: Origin) -> Document:
    value = fact.model_dump_json()
    if len(value.encode()) > MAX_VALUE_BYTES:
        raise FactTooLarge
    row: dict[str, Any] = {
        "_id": uuid7(chain.last_us),
        "type": fact.type,
        "aggregate": fact.aggregate,
        "subject": fact.subject,
        "sequence": chain.sequence,
        "era": chain.era,
        "previous": before.seen,
        "time": datetime.fromtimestamp(chain.last_us / 1_000_000, UTC),
        "value": value,
        "actor": origin.actor,
        "correlation_id": origin.correlation_id,
        "causation_id": origin.causation_id,
        "traceparent": origin.traceparent,
    }
    return row
