"""The guard and the consumer: whatever order and however often facts come, each has its effect once, in order."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest
from bson.errors import InvalidDocument
from support.boxes.events import BoxFilled, BoxShredded
from support.boxes.service import Box, context_of, save, tally
from support.boxes.service import BoxFilled as ReceivedFilled
from support.boxes.service import BoxShredded as ReceivedShredded
from support.waiting import eventually

from missionare.kit import metrics
from missionare.kit.applying import Via
from missionare.kit.consumer import Consumer
from missionare.kit.envelope import Envelope, from_row
from missionare.kit.handlers import Handlers
from missionare.kit.mongo import Database
from missionare.kit.parking import counts
from missionare.kit.work import Context, Work


async def filled_boxes(context: Context, boxes: int, facts: int) -> list[Envelope]:
    """Save boxes with facts 1, 2, 3 ... items and give what their owner would send."""
    for number in range(boxes):
        box = Box(id=f"b{number}")
        for items in range(1, facts + 1):
            box = await save(context, box, BoxFilled(box_id=box.id, items=items))
    return await sent(context)


async def sent(context: Context) -> list[Envelope]:
    rows = await context.database["facts"].find({}, sort=[("_id", 1)]).to_list(None)
    return [from_row(row, "boxes") for row in rows]


async def tallies(database: Database) -> dict[str, list[int]]:
    rows = await database["tallies"].find({}).to_list(None)
    return {row["_id"].partition(":")[2]: row["order"] for row in rows}


def consumer_of(context: Context, handlers: Handlers) -> Consumer:
    return Consumer(context, handlers, {"boxes": context.ledger})


@pytest.fixture(params=[False, True], ids=["alone", "together"])
def handlers(request: pytest.FixtureRequest) -> Handlers:
    return tally(together=request.param)


async def test_facts_in_order_are_applied_in_order(database: Database, handlers: Handlers) -> None:
    context = await context_of(database)
    envelopes = await filled_boxes(context, boxes=5, facts=4)

    await consumer_of(context, handlers).batch(envelopes)

    assert await tallies(database) == {f"b{n}": [1, 2, 3, 4] for n in range(5)}


async def test_a_batch_delivered_again_changes_nothing(database: Database, handlers: Handlers) -> None:
    context = await context_of(database)
    envelopes = await filled_boxes(context, boxes=3, facts=3)
    consumer = consumer_of(context, handlers)

    for _ in range(3):
        await consumer.batch(envelopes)

    assert await tallies(database) == {f"b{n}": [1, 2, 3] for n in range(3)}


@pytest.mark.parametrize("order", [(0, 0, 1, 2), (0, 1, 0, 1, 2), (0, 1, 2, 0)])
async def test_a_fact_that_comes_twice_in_one_batch_is_applied_once(
    database: Database, handlers: Handlers, order: tuple[int, ...]
) -> None:
    context = await context_of(database)
    envelopes = await filled_boxes(context, boxes=1, facts=3)
    consumer = consumer_of(context, handlers)

    await consumer.batch([envelopes[place] for place in order])

    assert await tallies(database) == {"b0": [1, 2, 3]}
    assert (await consumer.guard.read(["tally|boxes|box|b0"]))["tally|boxes|box|b0"].seen == envelopes[2].seen


@pytest.mark.parametrize("seed", range(6))
async def test_any_disorder_with_repetition_ends_in_order(database: Database, handlers: Handlers, seed: int) -> None:
    context = await context_of(database)
    envelopes = await filled_boxes(context, boxes=3, facts=5)
    chaos = random.Random(seed)
    arrivals = envelopes + chaos.sample(envelopes, 6)
    chaos.shuffle(arrivals)
    consumer = consumer_of(context, handlers)

    while arrivals:
        batch, arrivals = arrivals[:4], arrivals[4:]
        await consumer.batch(batch)

    assert await tallies(database) == {f"b{n}": [1, 2, 3, 4, 5] for n in range(3)}
    assert await counts(database) == {}


async def test_a_gap_is_held_and_filled_from_the_owners_feed(database: Database, handlers: Handlers) -> None:
    context = await context_of(database)
    first, _, third = await filled_boxes(context, boxes=1, facts=3)
    consumer = consumer_of(context, handlers)
    await consumer.batch([first, third])
    assert await counts(database) == {"tally": {"held": 1}}

    await consumer.repair(consumer.gaps.get_nowait())

    assert await tallies(database) == {"b0": [1, 2, 3]}
    assert await counts(database) == {}


async def test_several_workers_at_once_apply_each_fact_once(database: Database, handlers: Handlers) -> None:
    context = await context_of(database)
    envelopes = await filled_boxes(context, boxes=4, facts=4)
    workers = [consumer_of(context, handlers) for _ in range(3)]

    await asyncio.gather(*(worker.batch(envelopes) for worker in workers))

    assert await tallies(database) == {f"b{n}": [1, 2, 3, 4] for n in range(4)}


async def test_a_poison_fact_is_parked_and_stops_only_its_own_aggregate(database: Database, handlers: Handlers) -> None:
    context = await context_of(database)
    box = await save(context, Box(id="poisoned"), BoxFilled(box_id="poisoned", items=-1))
    await save(context, box, BoxFilled(box_id="poisoned", items=2))
    envelopes = await filled_boxes(context, boxes=2, facts=2)

    await consumer_of(context, handlers).batch(envelopes)

    assert await tallies(database) == {"b0": [1, 2], "b1": [1, 2]}
    assert await counts(database) == {"tally": {"parked": 1, "queued": 1}}


async def test_what_waits_behind_a_parked_fact_follows_once_it_can_be_applied(database: Database) -> None:
    context = await context_of(database)
    broken = True
    handlers = Handlers("tally")

    @handlers.on(ReceivedFilled)
    async def on_box_filled(fact: ReceivedFilled, work: Work) -> None:
        if broken:
            raise LookupError
        for handler in tally().table.values():
            await handler.handle(fact, work)

    consumer = consumer_of(context, handlers)
    await consumer.batch(await filled_boxes(context, boxes=1, facts=3))
    assert await counts(database) == {"tally": {"parked": 1, "queued": 2}}

    broken = False
    await consumer.drain("tally|boxes|box|b0")

    assert await tallies(database) == {"b0": [1, 2, 3]}
    assert await counts(database) == {}
    row = await database["streams"].find_one({"_id": "tally|boxes|box|b0"})
    assert (row["seen"], row["blocked"], row["waiting"]) == ("1.3", False, False)


@pytest.mark.parametrize("error", [AttributeError(), AssertionError(), InvalidDocument("x"), OverflowError()], ids=repr)
async def test_a_failure_that_cannot_pass_by_itself_is_parked_at_the_first_try(
    database: Database, error: Exception
) -> None:
    context = await context_of(database)
    handlers = Handlers("tally")
    tries = 0

    @handlers.on(ReceivedFilled)
    async def on_box_filled(fact: ReceivedFilled, work: Work) -> None:
        nonlocal tries
        tries += 1
        raise error

    await consumer_of(context, handlers).batch(await filled_boxes(context, boxes=1, facts=1))

    assert await counts(database) == {"tally": {"parked": 1}}
    assert tries == 1


async def test_a_newer_version_than_known_is_parked(database: Database, handlers: Handlers) -> None:
    context = await context_of(database)
    (envelope,) = await filled_boxes(context, boxes=1, facts=1)
    newer = Envelope(**{**vars(envelope), "type": "boxes.box_filled.v2"})

    await consumer_of(context, handlers).batch([newer])

    assert await counts(database) == {"tally": {"parked": 1}}


async def test_an_unknown_fact_of_a_known_aggregate_moves_the_guard_on(database: Database, handlers: Handlers) -> None:
    context = await context_of(database)
    box = await save(context, Box(id="b0"), BoxShredded(box_id="b0"))
    await save(context, box, BoxFilled(box_id="b0", items=7))

    await consumer_of(context, handlers).batch(await sent(context))

    assert await tallies(database) == {"b0": [7]}


async def test_facts_of_aggregates_nobody_reads_leave_no_row(database: Database, handlers: Handlers) -> None:
    context = await context_of(database)
    (envelope,) = await filled_boxes(context, boxes=1, facts=1)
    foreign = Envelope(**{**vars(envelope), "aggregate": "crate"})

    await consumer_of(context, handlers).batch([foreign])

    assert await database["streams"].count_documents({}) == 0


async def test_a_purging_fact_jumps_the_queue_and_discards_what_waits_before_it(database: Database) -> None:
    context = await context_of(database)
    box = await save(context, Box(id="b0"), BoxFilled(box_id="b0", items=-1))
    box = await save(context, box, BoxFilled(box_id="b0", items=2))
    box = await save(context, box, BoxShredded(box_id="b0"))
    await save(context, box, BoxFilled(box_id="b0", items=4))
    handlers = tally()
    shredded: list[str] = []

    @handlers.on(ReceivedShredded, purging=True)
    async def on_box_shredded(fact: ReceivedShredded, work: Work) -> None:
        shredded.append(fact.box_id)

    await consumer_of(context, handlers).batch(await sent(context))

    assert shredded == ["b0"]
    assert await tallies(database) == {"b0": [4]}
    assert await counts(database) == {}


async def test_a_cancellation_leaked_by_a_handler_parks_the_fact(database: Database) -> None:
    context = await context_of(database)
    handlers = Handlers("tally")

    @handlers.on(ReceivedFilled)
    async def on_box_filled(fact: ReceivedFilled, work: Work) -> None:
        raise asyncio.CancelledError

    await consumer_of(context, handlers).batch(await filled_boxes(context, boxes=1, facts=1))

    assert await counts(database) == {"tally": {"parked": 1}}


async def test_only_what_the_topic_failed_to_bring_counts_as_repaired(database: Database, handlers: Handlers) -> None:
    context = await context_of(database)
    first, second, third = await filled_boxes(context, boxes=1, facts=3)
    consumer = consumer_of(context, handlers)

    await consumer.batch([first], Via.START)
    await consumer.batch([second], Via.TOPIC)
    await consumer.batch([third], Via.FEED)

    row = await database["counters"].find_one({"_id": "tally:repaired"})
    assert row["n"] == 1


async def test_a_fact_of_the_feed_that_cannot_be_applied_is_no_repair(database: Database, handlers: Handlers) -> None:
    context = await context_of(database)
    await save(context, Box(id="poisoned"), BoxFilled(box_id="poisoned", items=-1))
    before = metrics.repaired.labels("tally", "boxes")._value.get()

    await consumer_of(context, handlers).batch(await sent(context), Via.FEED)

    assert await counts(database) == {"tally": {"parked": 1}}
    assert metrics.repaired.labels("tally", "boxes")._value.get() == before
    assert await database["counters"].find_one({"_id": "tally:repaired"}) is None


@pytest.mark.parametrize(("caught_up", "repairs"), [(False, 0), (True, 2)])
async def test_a_gap_met_while_catching_up_is_no_repair(
    database: Database, handlers: Handlers, *, caught_up: bool, repairs: int
) -> None:
    context = await context_of(database)
    *_, third = await filled_boxes(context, boxes=1, facts=3)
    consumer = consumer_of(context, handlers)
    if caught_up:
        consumer.caught_up.set()
    await consumer.batch([third])

    await consumer.repair("tally|boxes|box|b0")

    assert await tallies(database) == {"b0": [1, 2, 3]}
    row = await database["counters"].find_one({"_id": "tally:repaired"})
    assert (row["n"] if row else 0) == repairs, "the held fact itself was brought by the topic"


async def test_what_is_still_on_its_way_when_a_gap_is_filled_is_no_repair(
    database: Database, handlers: Handlers
) -> None:
    context = await context_of(database)
    _first, second, _third = await filled_boxes(context, boxes=1, facts=3)
    consumer = consumer_of(context, handlers)
    consumer.caught_up.set()
    await consumer.batch([second])

    await consumer.repair("tally|boxes|box|b0")

    assert await tallies(database) == {"b0": [1, 2, 3]}
    row = await database["counters"].find_one({"_id": "tally:repaired"})
    assert row["n"] == 1, "the first was lost, the third is only not there yet"


async def test_what_had_gone_by_when_a_consumer_joined_is_no_repair(database: Database, handlers: Handlers) -> None:
    """Its owner may confirm a fact only after the topic has passed it on, and after the feed was read."""
    context = await context_of(database)
    box = await save(context, Box(id="b0"), BoxFilled(box_id="b0", items=1))
    joined_at = (await sent(context))[0].time + timedelta(milliseconds=1)  # facts are kept with whole milliseconds
    await eventually(lambda: datetime.now(UTC) > joined_at)
    consumer = Consumer(context, handlers, {"boxes": context.ledger}, joined_at=joined_at)
    consumer.caught_up.set()
    box = await save(context, box, BoxFilled(box_id="b0", items=2))
    await save(context, box, BoxFilled(box_id="b0", items=3))
    *_, third = await sent(context)

    await consumer.batch([third])
    await consumer.repair("tally|boxes|box|b0")

    assert await tallies(database) == {"b0": [1, 2, 3]}
    row = await database["counters"].find_one({"_id": "tally:repaired"})
    assert row["n"] == 1, "the second was told afterwards, and the topic did not bring it"


async def test_without_the_guard_a_redelivered_fact_counts_twice(database: Database, handlers: Handlers) -> None:
    """The sabotage twin: the checks above would see a guard that does not guard."""
    context = await context_of(database)
    envelopes = await filled_boxes(context, boxes=1, facts=2)
    consumer = consumer_of(context, handlers)

    await consumer.batch(envelopes)
    await database["streams"].delete_many({})
    await consumer.batch(envelopes)

    assert await tallies(database) == {"b0": [1, 2, 1, 2]}
