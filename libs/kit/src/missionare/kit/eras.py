"""Eras: how an owner that was set back to a backup goes on without taking anything for something else.

What was told after the backup is forgotten by its owner and known to its readers. So the owner begins an era above
every one before: the chains of its aggregates run on, and a reader tells by the era that something was forgotten.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from missionare.kit.ledger import FIRST_ERA, RELAY
from missionare.kit.mongo import Database, Document, Filter

RESTORING: Final = "restoring"
"""The collection that is there while a restore is under way, and the beginning of the names of what it prepares."""
IDS: Final = 10_000


@dataclass(frozen=True)
class Renewed:
    """What a ledger was found to be."""

    era: int
    pending: int
    """Facts that no confirmation names."""
    unknown: int
    """Ids in confirmations of which there is no fact."""


async def restore_is_under_way(database: Database) -> bool:
    """Whether a restore of this database has begun and not ended."""
    return await database[RESTORING].find_one({}) is not None


def above(*eras: int) -> int:
    """Give an era above these and above every one that was ever begun: the time, in seconds."""
    return max(int(time.time()), *(era + 1 for era in eras))


def renew(database: Any, era: int, *, prefix: str = "") -> Renewed:
    """Make the ledger of a database right that was set back, and begin an era; nobody else may use it.

    Args:
        database: of one of PyMongo's waiting clients.
        era: above every one before.
        prefix: of the names of the collections.
    """
    facts, confirmations, confirmed = f"{prefix}facts", f"{prefix}confirmations", f"{prefix}confirmed"
    named: list[Filter] = [{"$unwind": "$facts"}, {"$group": {"_id": "$facts"}}, {"$out": confirmed}]
    database[confirmations].aggregate(named, allowDiskUse=True)
    unknown = 0
    for ids in _many(database[confirmed].aggregate(_lacking(facts))):
        database[confirmations].update_many({"facts": {"$in": ids}}, {"$pull": {"facts": {"$in": ids}}})
        unknown += len(ids)
    outbox: list[Filter] = [*_lacking(confirmed), {"$project": {"key": "$subject"}}, {"$out": f"{prefix}outbox"}]
    database[facts].aggregate(outbox)
    database[confirmed].drop()
    free = {"owner": None, "until": datetime.fromtimestamp(0, UTC)}
    database[f"{prefix}leases"].update_many({}, {"$set": free})
    row: Document = {"$set": {**free, "era": era, "n": 0}, "$inc": {"term": 1}}
    database[f"{prefix}leases"].update_one({"_id": RELAY}, row, upsert=True)
    return Renewed(era, database[f"{prefix}outbox"].count_documents({}), unknown)


def era_of(database: Any) -> int:
    """Give the era that a database is in, 0 where it has none."""
    row = database["leases"].find_one({"_id": RELAY}, {"era": 1})
    return int(row.get("era", FIRST_ERA)) if row else 0


def _lacking(others: str) -> list[Filter]:
    """Give those rows whose id no row of another collection has."""
    found: Filter = {"from": others, "localField": "_id", "foreignField": "_id", "as": "found"}
    return [{"$lookup": found}, {"$match": {"found": []}}]


def _many(rows: Any) -> Iterator[list[str]]:
    ids: list[str] = []
    for row in rows:
        ids.append(row["_id"])
        if len(ids) == IDS:
            yield ids
            ids = []
    if ids:
        yield ids
