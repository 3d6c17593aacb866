"""The relay with a broker that can be told to fail: what is not acknowledged is never confirmed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka.errors import KafkaError
from support.boxes.events import BoxFilled
from support.boxes.service import Box, context_of, save

from missionare.kit.lease import Lease
from missionare.kit.ledger import RELAY, Position
from missionare.kit.mongo import Database
from missionare.kit.outlets import Outlet
from missionare.kit.relay import Deposed, Relay
from missionare.kit.work import Context


@dataclass
class Batch:
    records: list[dict[str, Any]] = field(default_factory=list)

    def append(self, **record: Any) -> object | None:
        if len(self.records) == 3:
            return None
        self.records.append(record)
        return object()


@dataclass
class Broker:
    """Takes batches in order; refuses the partitions, or the batches by number, it is told to."""

    refused_partitions: set[int] = field(default_factory=set)
    refused_batches: set[int] = field(default_factory=set)
    taken: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    batches: int = 0

    def create_batch(self) -> Batch:
        return Batch()

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> asyncio.Future[None]:
        self.batches += 1
        outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if partition in self.refused_partitions or self.batches in self.refused_batches:
            outcome.set_exception(KafkaError("refused"))
        else:
            self.taken.extend((partition, record) for record in batch.records)
            outcome.set_result(None)
        return outcome

    async def stop(self) -> None:
        return None

    def values(self) -> list[str]:
        return [record["value"].decode() for _, record in self.taken]


async def relay_of(context: Context, broker: Broker, outlet: Outlet | None = None) -> Relay:
    async def connect() -> Broker:
        return broker

    relay = Relay(
        context.database,
        source="boxes",
        topic="boxes.events",
        partitions=12,
        connect=connect,
        bells=context.bells,
        outlet=outlet,
    )
    relay._producer = broker
    return relay


async def turn(relay: Relay) -> None:
    """Take the lease and send one page, as the relay's loop does."""
    held = await relay._lease.take()
    assert held is not None
    await relay.send(held, await relay._page())


async def confirmed(context: Context) -> list[str]:
    feed = await context.ledger.confirmed(Position())
    return [row["value"] for confirmation in feed.confirmations for row in confirmation.facts]


async def fill(context: Context, name: str, facts: int) -> None:
    box = Box(id=name)
    for items in range(1, facts + 1):
        box = await save(context, box, BoxFilled(box_id=name, items=items))


@pytest.fixture
async def context(database: Database) -> Context:
    return await context_of(database)


async def test_a_page_is_sent_in_order_and_confirmed_at_once(context: Context) -> None:
    broker = Broker()
    await fill(context, "b1", 7)

    await turn(await relay_of(context, broker))

    assert [record["headers"][9] for _, record in broker.taken][:2] == [("ce_sequence", b"1"), ("ce_sequence", b"2")]
    assert await confirmed(context) == broker.values()
    assert (await context.ledger.pending())[0] == 0


async def test_an_outlet_sends_its_own_rows_and_nothing_that_was_taken_back(context: Context) -> None:
    database, broker = context.database, Broker()
    await fill(context, "b1", 2)
    await database["sayings"].insert_many(
        [{"_id": f"s{n}", "said": f"{n}", "time": datetime.now(UTC)} for n in range(5)]
    )
    await database["to_say"].insert_many([{"_id": f"s{n}", "key": "k"} for n in range(5)])
    outlet = Outlet("sayers", "to_say", "sayings", lambda row: {"value": row["said"].encode(), "headers": []})
    relay = await relay_of(context, broker, outlet)
    for rows in ("sayings", "to_say"):
        await database[rows].delete_one({"_id": "s2"})

    await turn(relay)

    assert broker.values() == ["0", "1", "3", "4"]
    assert [record["key"] for _, record in broker.taken] == [b"k"] * 4
    assert await database["to_say"].count_documents({}) == 0
    assert await confirmed(context) == [], "nobody reconciles with an outlet"
    assert (await context.ledger.pending())[0] == 2, "the service's own facts are another relay's"


async def test_after_a_failed_batch_nothing_later_of_its_partition_is_confirmed(context: Context) -> None:
    broker = Broker(refused_batches={2})
    await fill(context, "b1", 9)

    with pytest.raises(KafkaError):
        await turn(await relay_of(context, broker))

    assert len(await confirmed(context)) == 3
    assert (await context.ledger.pending())[0] == 6


async def test_what_failed_is_sent_again_until_everything_is_confirmed(context: Context) -> None:
    broker = Broker(refused_batches={2})
    await fill(context, "b1", 9)
    relay = await relay_of(context, broker)

    with pytest.raises(KafkaError):
        await turn(relay)
    await turn(relay)

    assert len(await confirmed(context)) == 9


async def test_a_partition_that_fails_does_not_hold_up_the_others(context: Context) -> None:
    await fill(context, "b1", 5)
    relay = await relay_of(context, Broker())
    refused = relay._partition("b1")
    other = next(f"x{n}" for n in range(100) if relay._partition(f"x{n}") != refused)
    broker = Broker(refused_partitions={refused})
    relay._producer = broker
    with pytest.raises(KafkaError):
        await turn(relay)
    await fill(context, other, 2)

    with pytest.raises(KafkaError):
        await turn(relay)

    assert len(await confirmed(context)) == 2
    assert broker.batches == 2 + 1 + 1, "of the failing partition only its head is tried"


async def test_a_relay_that_was_deposed_confirms_nothing(context: Context) -> None:
    broker = Broker()
    await fill(context, "b1", 2)
    relay = await relay_of(context, broker)
    held = await relay._lease.take()
    assert held is not None
    page = await relay._page()
    await _take_over(context.database)

    with pytest.raises(Deposed):
        await relay.send(held, page)

    assert await confirmed(context) == []
    assert (await context.ledger.pending())[0] == 2


async def test_a_page_that_another_relay_confirmed_meanwhile_is_not_confirmed_twice(context: Context) -> None:
    await fill(context, "b1", 2)
    first, second = await relay_of(context, Broker()), await relay_of(context, Broker())
    held = await first._lease.take()
    assert held is not None
    page = await first._page()
    await _take_over(context.database, second._lease.owner)
    await turn(second)

    with pytest.raises(Deposed):
        await first.send(held, page)

    assert len(await confirmed(context)) == 2


async def test_only_one_holds_the_lease_until_it_is_released(database: Database) -> None:
    await context_of(database)
    first, second = Lease(database, RELAY), Lease(database, RELAY)

    held = await first.take()
    assert held is not None
    assert await second.take() is None
    await first.release()
    taken = await second.take()

    assert taken is not None
    assert taken.term == held.term + 1


async def _take_over(database: Database, owner: str = "another") -> None:
    """What a relay elsewhere does once the lease has run out."""
    await database["leases"].update_one({"_id": RELAY}, {"$set": {"owner": owner}, "$inc": {"term": 1}})
