"""Reconciliation with an owner that was restored: whatever it forgot, every aggregate agrees with it again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pymongo.errors import AutoReconnect
from support.boxes.events import BoxFilled
from support.boxes.fillings import confirm
from support.boxes.service import Box, context_of, save, tally

from missionare.kit.applying import YOUNG, Via
from missionare.kit.consumer import Consumer
from missionare.kit.envelope import from_row
from missionare.kit.ledger import AggregateFeed, Feed, Ledger, Position
from missionare.kit.mongo import Database
from missionare.kit.peers import PeerUnavailable
from missionare.kit.reconcile import SETTLE, Reconciliation, sweep_unless_late
from missionare.kit.work import Context


class Restored:
    """An owner whose clock may be set ahead, and who keeps a list of the aggregates it was asked about."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.ahead = timedelta()
        self.asked: list[str] = []

    async def confirmed(self, after: Position, limit: int = 1_000) -> Feed:
        feed = await self._ledger.confirmed(after, limit)
        return replace(feed, server_time=feed.server_time + self.ahead)

    async def of_aggregate(self, aggregate: str, subject: str, after: str) -> AggregateFeed:
        self.asked.append(subject)
        return await self._ledger.of_aggregate(aggregate, subject, after)


@pytest.fixture
async def context(database: Database) -> Context:
    """The owner and its reader share a database here."""
    return await context_of(database)


async def has_read(context: Context, owner: Restored) -> Reconciliation:
    """Give a reader that has applied whatever its owner had confirmed."""
    reconciliation = Reconciliation(context.database, Consumer(context, tally(), {"boxes": owner}))
    assert await reconciliation.sweep(Via.START)
    return reconciliation


async def restore(context: Context, *, era: int) -> None:
    """Set the owner back to before its last fact, as a restore does: it forgets that, and begins a new era."""
    last = await context.database["facts"].find_one({}, sort=[("_id", -1)])
    await context.database["facts"].delete_one({"_id": last["_id"]})
    await context.database["confirmations"].update_many({}, {"$pull": {"facts": last["_id"]}})
    await context.database["leases"].update_one({"_id": "relay"}, {"$set": {"era": era, "n": 0}})


async def order(context: Context, box: str) -> list[int]:
    row = await context.database["tallies"].find_one({"_id": f"tally:{box}"})
    return list(row["order"])


async def test_what_a_restored_owner_says_anew_is_applied_though_the_topic_never_brings_it(context: Context) -> None:
    first = await save(context, Box(id="b1"), BoxFilled(box_id="b1", items=1))
    await save(context, first, BoxFilled(box_id="b1", items=2))
    await confirm(context)
    reconciliation = await has_read(context, Restored(context.ledger))

    await restore(context, era=7)
    await context.database["boxes"].update_one(
        {"_id": "b1"}, {"$set": {"version": first.version, "chain.sequence": first.chain.sequence}}
    )
    await save(context, first, BoxFilled(box_id="b1", items=3))
    await reconciliation.sweep(Via.FEED)

    assert await order(context, "b1") == [1, 2, 3]


class PageByPage(Restored):
    """An owner who gives one confirmation at a time, and may be away from the second time it is asked."""

    def __init__(self, ledger: Ledger, *, away: bool = False) -> None:
        super().__init__(ledger)
        self.away = away
        self.after: list[str] = []

    async def confirmed(self, after: Position, limit: int = 1) -> Feed:
        self.after.append(str(after))
        if self.away and len(self.after) > 1:
            raise PeerUnavailable("boxes", "away")
        return await super().confirmed(after, limit)


async def three_boxes(context: Context) -> None:
    for box in ("b1", "b2", "b3"):
        await save(context, Box(id=box), BoxFilled(box_id=box, items=1))
        await confirm(context)


async def cursor(context: Context) -> str:
    (row,) = await context.database["cursors"].find({}).to_list(None)
    return str(row["after"])


async def test_a_feed_of_several_pages_is_read_once_and_to_its_end(context: Context) -> None:
    await three_boxes(context)
    owner = PageByPage(context.ledger)

    await has_read(context, owner)

    assert [await order(context, box) for box in ("b1", "b2", "b3")] == [[1]] * 3
    assert owner.after == ["0,0", "1,1", "1,2"]
    assert await cursor(context) == "1,3"


async def test_a_page_is_dealt_with_though_the_owner_of_the_next_is_away(context: Context) -> None:
    await three_boxes(context)
    owner = PageByPage(context.ledger, away=True)
    reconciliation = Reconciliation(context.database, Consumer(context, tally(), {"boxes": owner}))

    assert not await reconciliation.sweep(Via.START)

    assert await order(context, "b1") == [1]
    assert await cursor(context) == "1,1"
    owner.away = False
    assert await reconciliation.sweep(Via.START)
    assert await order(context, "b3") == [1]


async def test_the_cursor_does_not_pass_a_page_that_could_not_be_dealt_with(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    await three_boxes(context)
    owner = PageByPage(context.ledger)
    consumer = Consumer(context, tally(), {"boxes": owner})
    reconciliation = Reconciliation(context.database, consumer)

    async def away(*_: object) -> None:
        raise AutoReconnect

    with monkeypatch.context() as broken:
        broken.setattr(consumer, "batch", away)
        with pytest.raises(AutoReconnect):
            await reconciliation.sweep(Via.START)

    assert owner.after == ["0,0", "1,1"]  # the next page had been asked for
    assert await context.database["cursors"].count_documents({}) == 0
    assert await reconciliation.sweep(Via.START)
    assert [await order(context, box) for box in ("b1", "b2", "b3")] == [[1]] * 3


async def test_what_a_late_topic_still_brings_is_left_to_it(context: Context) -> None:
    owner = Restored(context.ledger)
    consumer = Consumer(context, tally(), {"boxes": owner})
    consumer.caught_up.set()
    first = await save(context, Box(id="b1"), BoxFilled(box_id="b1", items=1))
    await save(context, first, BoxFilled(box_id="b1", items=2))
    await confirm(context)
    owner.ahead = 2 * YOUNG
    told, now = [from_row(row, "boxes") for row in await context.database["facts"].find({}).sort("_id").to_list(None)]
    await consumer.batch([replace(told, time=told.time - YOUNG)])
    assert consumer.late

    assert not await sweep_unless_late(Reconciliation(context.database, consumer), consumer)
    assert await order(context, "b1") == [1]

    await consumer.batch([replace(told, time=now.time)])  # it comes once more, and the topic is not late any more
    assert await sweep_unless_late(Reconciliation(context.database, consumer), consumer)
    assert await order(context, "b1") == [1, 2]


async def test_every_aggregate_is_compared_at_the_restore_and_once_more_when_that_has_settled(context: Context) -> None:
    for box in ("b1", "b2"):
        await save(context, Box(id=box), BoxFilled(box_id=box, items=1))
    await confirm(context)
    owner = Restored(context.ledger)
    reconciliation = await has_read(context, owner)
    asked = []

    await restore(context, era=7)
    for ahead in (timedelta(), SETTLE / 2, SETTLE + timedelta(seconds=1), 2 * SETTLE + timedelta(seconds=2)):
        owner.ahead, owner.asked = ahead, []
        await reconciliation.sweep(Via.FEED)
        asked.append(sorted(owner.asked))

    assert asked == [["b1", "b2"], [], ["b1", "b2"], []]
