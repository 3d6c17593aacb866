"""Comparison of two generations of a read model, as one moment shows them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from missionare.kit.decisions import Decisions
from missionare.kit.envelope import link
from missionare.kit.forks import COLLECTION as FORKS
from missionare.kit.guard import Guard
from missionare.kit.mongo import Database, Document, Filter, Session
from missionare.kit.parking import ParkedState
from missionare.kit.read_models import ReadModel

UNDECIDED = (ParkedState.PARKED.value, ParkedState.DEAD.value)
_ERA = 2**30
"""Makes one number of an era and a sequence, for comparing them in the database: 64 bits hold eras of this century
and the next, which are seconds, and a billion facts of an aggregate."""


@dataclass(frozen=True)
class Comparison:
    """How a new generation stands to the one that serves."""

    facts: int = 0
    """Dealt with by the new one."""
    behind: int = 0
    """Aggregates of which the new one lacks facts."""
    ahead: int = 0
    """Aggregates of which the one that serves lacks facts, though nothing of them waits there."""
    unblocked: int = 0
    """Aggregates of which facts wait in the one that serves, and which the new one has applied."""
    waiting: Mapping[str, int] = field(default_factory=dict)
    """What the new one has set aside, by state."""
    disobeyed: int = 0
    """Facts that the new one had applied before somebody decided otherwise about them."""
    documents: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Of each view: documents of the one that serves, and of the new one."""

    def fit(self, *, any_count: bool = False) -> bool:
        """Whether the new one may serve."""
        return (
            not self.behind
            and not self.ahead
            and not self.waiting
            and not self.disobeyed
            and (any_count or self.counts_agree)
        )

    @property
    def counts_agree(self) -> bool:
        """Whether both have as many documents. Where the one that serves lacks facts, nothing can be said."""
        return bool(self.unblocked) or all(old == new for old, new in self.documents.values())

    @property
    def hopeless(self) -> bool:
        """Whether waiting longer cannot help."""
        undecided = any(self.waiting.get(state) for state in UNDECIDED)
        level = not self.behind and not self.ahead and not self.waiting
        return bool(self.disobeyed) or undecided or (level and not self.counts_agree)

    def reason(self) -> tuple[str, str]:
        """Say why the new one is not fit to serve, in German and English."""
        if self.disobeyed:
            return (
                f"über {self.disobeyed} schon angewendete Ereignisse wurde inzwischen anders entschieden.",
                f"somebody has since decided otherwise about {self.disobeyed} events that it had applied.",
            )
        if self.waiting:
            states = ", ".join(f"{count} {state}" for state, count in sorted(self.waiting.items()))
            return (
                f"Ereignisse sind zurückgestellt ({states}); siehe missionare dead-letters list.",
                f"events are set aside ({states}); see missionare dead-letters list.",
            )
        if self.behind:
            return (
                f"bei {self.behind} Aggregaten fehlen Ereignisse.",
                f"events of {self.behind} aggregates are missing.",
            )
        if self.ahead:
            return (
                f"der bisherigen fehlen bei {self.ahead} Aggregaten Ereignisse, die Zahlen sind nicht vergleichbar.",
                f"the present one lacks events of {self.ahead} aggregates, so the counts cannot be compared.",
            )
        counts = "; ".join(f"{name} {old} / {new}" for name, (old, new) in sorted(self.documents.items()))
        return (
            f"die Zahl der Dokumente weicht ab (bisher / neu: {counts}). Ist das gewollt: --any-count.",
            f"the numbers of documents differ (present / new: {counts}). If that is meant: --any-count.",
        )


async def compare(database: Database, old: ReadModel, new: ReadModel, session: Session = None) -> Comparison:
    """Compare two generations; in a transaction, as they are at one moment."""
    streams = await _streams(database, old, new, session)
    rows = await database.aggregate(
        "parked",
        [{"$match": {"consumer": new.consumer}}, {"$group": {"_id": "$state", "n": {"$sum": 1}}}],
        session=session,
    )
    places = {view.collection: (old.places[view], new.places[view]) for view in new.views}
    return Comparison(
        facts=streams.get("facts", 0),
        behind=streams.get("behind", 0) - await _forgotten(database, old, new, session),
        ahead=streams.get("ahead", 0),
        unblocked=streams.get("unblocked", 0),
        waiting={row["_id"]: row["n"] for row in rows},
        disobeyed=await _disobeyed(database, new, session),
        documents={
            name: (await count(database, one, session), await count(database, other, session))
            for name, (one, other) in places.items()
        },
    )


async def count(database: Database, collection: str, session: Session = None) -> int:
    """Count all documents of a collection, exactly, also within a transaction."""
    rows = await database.aggregate(collection, [{"$count": "n"}], session=session)
    return int(rows[0]["n"]) if rows else 0


async def canonical_hash(database: Database, collection: str) -> str:
    """Give a hash of what a collection says: the order of documents and of sets kept as lists does not count."""
    digest = hashlib.sha256()
    async for document in database[collection].find({}, sort=[("_id", 1)]):
        digest.update(json.dumps(_canonical(document), sort_keys=True).encode())
    return digest.hexdigest()


async def _streams(database: Database, old: ReadModel, new: ReadModel, session: Session) -> Document:
    reads = sorted({f"{h.model.source}|{h.model.aggregate}" for h in new.table.values()})
    is_new: Filter = {"$eq": ["$consumer", new.consumer]}
    beyond: Filter = {"$gt": ["$new", "$old"]}
    pipeline: list[Filter] = [
        {"$match": {"$or": [_rows_of(old), _rows_of(new)]}},
        {"$set": {"parts": {"$split": ["$_id", "|"]}, "link": {"$split": ["$seen", "."]}}},
        {"$set": {"consumer": {"$first": "$parts"}, "read": {"$slice": ["$parts", 1, 2]}}},
        {"$match": {"read": {"$in": [kind.split("|") for kind in reads]}}},
        {"$set": {"era": {"$toLong": {"$first": "$link"}}, "sequence": {"$toLong": {"$last": "$link"}}}},
        {"$set": {"order": {"$add": [{"$multiply": ["$era", _ERA]}, "$sequence"]}}},
        {
            "$group": {
                "_id": {"$slice": ["$parts", 1, {"$size": "$parts"}]},
                "old": {"$max": {"$cond": [is_new, 0, "$order"]}},
                "new": {"$max": {"$cond": [is_new, "$order", 0]}},
                "facts": {"$sum": {"$cond": [is_new, "$sequence", 0]}},
                "waits": {"$max": {"$cond": [is_new, False, "$waiting"]}},
            }
        },
        {
            "$group": {
                "_id": None,
                "facts": {"$sum": "$facts"},
                "behind": {"$sum": {"$cond": [{"$lt": ["$new", "$old"]}, 1, 0]}},
                "ahead": {"$sum": {"$cond": [{"$and": [beyond, {"$not": ["$waits"]}]}, 1, 0]}},
                "unblocked": {"$sum": {"$cond": [{"$and": [beyond, "$waits"]}, 1, 0]}},
            }
        },
    ]
    rows = await database.aggregate("streams", pipeline, session=session, allowDiskUse=True)
    return rows[0] if rows else {}


async def _forgotten(database: Database, old: ReadModel, new: ReadModel, session: Session) -> int:
    """Count aggregates of which the one that serves has facts that nobody can tell any more: a restored owner's."""
    rows = await database[FORKS].find({"consumer": old.consumer}, session=session).to_list(None)
    seen = {f"{row['source']}|{row['aggregate']}|{row['subject']}": row["seen"] for row in sorted(rows, key=_by_era)}
    before = await Guard(database, old.consumer).read([f"{old.consumer}|{name}" for name in seen], session)
    after = await Guard(database, new.consumer).read([f"{new.consumer}|{name}" for name in seen], session)
    return sum(
        before[f"{old.consumer}|{name}"].seen == forgotten
        and link(after[f"{new.consumer}|{name}"].seen) < link(forgotten)
        for name, forgotten in seen.items()
    )


async def _disobeyed(database: Database, new: ReadModel, session: Session) -> int:
    """Count decisions about facts that the new generation has dealt with in another way."""
    guard = Guard(database, new.consumer)
    rows = [
        row
        for row in await Decisions(database, new.consumer).not_obeyed(session)
        if new.reads(row["source"], row["aggregate"])
    ]
    names = [f"{new.consumer}|{row['source']}|{row['aggregate']}|{row['subject']}" for row in rows]
    streams = await guard.read(names, session)
    return sum((row["era"], row["sequence"]) <= link(streams[name].seen) for row, name in zip(rows, names, strict=True))


def _by_era(fork: Document) -> tuple[int, int]:
    return link(fork["seen"])


def _rows_of(generation: ReadModel) -> Filter:
    return {"_id": {"$gte": f"{generation.consumer}|", "$lt": f"{generation.consumer}}}"}}


def _canonical(value: Any) -> Any:
    match value:
        case dict():
            return {key: _canonical(inner) for key, inner in value.items()}
        case list():
            return sorted((_canonical(inner) for inner in value), key=json.dumps)
        case datetime():
            return value.isoformat()
        case _:
            return value
