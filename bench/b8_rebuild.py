"""B8: rebuild a read model from its owner's feed of confirmations.

Platform: the consumer kernel fed page by page from the feed, as reconciliation and rebuilds do: guard, handlers,
transactions, and a cursor that moves when a page is durably applied.
Floor: the same feed, one bare bulk upsert per page, and the same cursor. No guard: a page read twice counts twice.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Final

from pymongo import UpdateOne

from bench import boxes, tallies
from bench.measure import Bench, Figure, alternate, stopwatch
from bench.servers import Servers, servers
from missionare.kit.applying import Via
from missionare.kit.consumer import Consumer
from missionare.kit.ledger import Ledger, Position
from missionare.kit.mongo import Database, Document
from missionare.kit.reconcile import Reconciliation

AIM: Final = 0.5
OWNER: Final = "boxes"
READER: Final = "members"
PER_CONFIRMATION: Final = 1_000


async def run(bench: Bench) -> list[Figure]:
    """Measure facts per second."""
    rows = boxes.facts(bench.size.of(200_000, 20_000), bench.size.seed)
    async with servers(bench.folder) as running, running.fresh(OWNER) as owner:
        ledger = Ledger(owner)
        await ledger.ensure()
        await _confirmed(owner, rows)

        async def floor() -> float:
            return await _round(running, ledger, len(rows), platform=False)

        async def platform() -> float:
            return await _round(running, ledger, len(rows), platform=True)

        rates = await alternate(bench, floor, platform)
    figure = rates.figure(
        key="B8",
        work=f"rebuild a read model from {len(rows):,} facts",
        floor_is="read the feed, one bare bulk upsert per page",
        unit="facts/s",
        aim=AIM,
    )
    return [figure]


async def _round(running: Servers, ledger: Ledger, count: int, *, platform: bool) -> float:
    async with running.fresh(READER) as database:
        context = await tallies.prepared(database)
        consumer = Consumer(context, tallies.read_model("tallies@2"), {OWNER: ledger})
        async with stopwatch() as watch:
            if platform:
                await Reconciliation(database, consumer).sweep(Via.START)
            else:
                await _bulk_upserts(database, ledger)
        await tallies.check(database, count)
        return count / watch.seconds


async def _bulk_upserts(database: Database, ledger: Ledger) -> None:
    after = Position()
    while True:
        feed = await ledger.confirmed(after)
        if not feed.confirmations:
            return
        facts = [json.loads(row["value"]) for confirmation in feed.confirmations for row in confirmation.facts]
        writes = [
            UpdateOne({"_id": fact["box_id"]}, {"$inc": {"items": fact["items"], "facts": 1}}, upsert=True)
            for fact in facts
        ]
        await database["tallies"].bulk_write(writes)
        after = feed.confirmations[-1].position
        await database["cursors"].update_one({"_id": "floor"}, {"$set": {"after": str(after)}}, upsert=True)


async def _confirmed(owner: Database, rows: list[Document]) -> None:
    """Store facts as an owner holds them whose relay has sent everything."""
    await boxes.store(owner, rows)
    await owner["outbox"].delete_many({})
    batches = [rows[start : start + PER_CONFIRMATION] for start in range(0, len(rows), PER_CONFIRMATION)]
    for number, batch in enumerate(batches, 1):
        ids = [row["_id"] for row in batch]
        row = {"_id": Position(1, number).document(), "at": datetime.now(UTC), "facts": ids}
        await owner["confirmations"].insert_one(row)
