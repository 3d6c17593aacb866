"""The history of a journey's seats: every transaction on registrations and ledger, replayed in the database's order.

A change stream gives what was written, transaction by transaction, in the order in which it was committed. So no state
that was ever there is missed, as a look from time to time would.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from pymongo.database import Database

SEATED: Final = frozenset({"offered", "awaiting_goal", "confirmed"})
COUNTED: Final = (*sorted(SEATED), "waitlisted")
LISTEN_MS: Final = 200

Document = dict[str, Any]


@dataclass
class History:
    """What was committed, and what was wrong about it."""

    journey: str = ""
    capacity: int = 0
    transactions: int = 0
    offers: int = 0
    violations: list[str] = field(default_factory=list)
    registrations: dict[str, Document] = field(default_factory=dict)
    ledger: Document = field(default_factory=dict)

    def commit(self, changes: list[tuple[str, Document]]) -> None:
        """Take in one transaction and look at what it has made."""
        self.transactions += 1
        before = dict(self.registrations)
        for collection, document in changes:
            if collection == "registrations":
                self.registrations[document["_id"]] = document
            else:
                self.ledger = document
        self.violations.extend(f"transaction {self.transactions}: {wrong}" for wrong in self._wrong(before))

    def at_rest(self) -> Iterator[str]:
        """Say what must not be so when nothing is on its way."""
        counts = self._counts()
        taken = sum(counts[state] for state in SEATED)
        if counts["waitlisted"] and taken < self.capacity:
            yield f"{taken} of {self.capacity} seats are filled while {counts['waitlisted']} wait"
        if not self.transactions:
            yield "no transaction was seen"

    def _wrong(self, before: dict[str, Document]) -> Iterator[str]:
        counts = self._counts()
        taken = sum(counts[state] for state in SEATED)
        if taken > self.capacity:
            yield f"{taken} have one of {self.capacity} seats: {dict(counts)}"
        counters = {state: self.ledger.get(state, 0) for state in COUNTED}
        if counters != {state: counts[state] for state in COUNTED}:
            yield f"the ledger says {counters}, and there are {dict(counts)}"
        yield from self._overtaken(before)

    def _overtaken(self, before: dict[str, Document]) -> Iterator[str]:
        """Name whoever got a seat while somebody before them was waiting."""
        changed = {key: row for key, row in self.registrations.items() if before.get(key) is not row}
        waiting = {key: row for key, row in self.registrations.items() if row["state"] == "waitlisted"}
        first = min((row["waitlisted_at"] for row in waiting.values()), default=None)
        for key, row in changed.items():
            was = before.get(key, {"state": None})["state"]
            if row["state"] == "offered" and was == "waitlisted":
                self.offers += 1
                if first is not None and before[key]["waitlisted_at"] > first:
                    yield f"{key} was offered a seat before somebody who had waited longer"
            if row["state"] in SEATED and was is None and waiting:
                yield f"{key} was given a seat at once while {len(waiting)} were waiting"

    def _counts(self) -> Counter[str]:
        return Counter(row["state"] for row in self.registrations.values())


@asynccontextmanager
async def watched(database: Database[Document], journey: str, capacity: int) -> AsyncIterator[History]:
    """Replay what is committed about a journey's seats while something is done to them."""
    history = History(journey, capacity)
    history.ledger = database["seat_ledgers"].find_one({"_id": journey}) or {}
    ended, begun = threading.Event(), threading.Event()
    listening = asyncio.create_task(asyncio.to_thread(_listen, database, history, begun, ended))
    await asyncio.to_thread(begun.wait)
    try:
        yield history
    finally:
        ended.set()
        await listening


def _listen(database: Database[Document], history: History, begun: threading.Event, ended: threading.Event) -> None:
    """Read the change stream until it is told to end and nothing more comes."""
    ours = {"$or": [{"fullDocument.journey_id": history.journey}, {"documentKey._id": history.journey}]}
    kinds = {"ns.coll": {"$in": ["registrations", "seat_ledgers"]}}
    with database.watch([{"$match": {"$and": [kinds, ours]}}], max_await_time_ms=LISTEN_MS) as stream:
        begun.set()
        transaction: list[tuple[str, Document]] = []
        moment = None
        while True:
            over = ended.is_set()
            change = stream.try_next()
            if transaction and (change is None or change["clusterTime"] != moment):
                history.commit(transaction)
                transaction = []
            if change is not None:
                moment = change["clusterTime"]
                transaction.append((change["ns"]["coll"], change["fullDocument"]))
            elif over:
                return
