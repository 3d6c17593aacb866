"""One bad fact in a batch of many partitions ends where it can be looked at, and the good ones take effect."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from every_service.hearing import Hearing, Story, failing_with
from every_service.neighbours import Record, Told
from every_service.services import Running
from every_service.tree import SERVICES

from missionare.kit.envelope import MAX_BYTES, MAX_DEPTH
from missionare.kit.refusals import WrongState
from missionare.kit.topics import topic_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

each_service = pytest.mark.parametrize("service", SERVICES)

Spoil = Callable[[Record], Record]


def nested(depth: int) -> bytes:
    """A fact's JSON, nested this deep."""
    return b'{"a":' * depth + b"1" + b"}" * depth


def with_json(**changes: object) -> Spoil:
    """Change fields of the value."""
    return lambda record: record.but(value=json.dumps({**json.loads(record.value or b"{}"), **changes}).encode())


NO_FACTS: dict[str, Spoil] = {
    "oversize": with_json(more="x" * MAX_BYTES),
    "nested deeply": lambda record: record.but(value=nested(MAX_DEPTH + 1)),
    "nested beyond any parser": lambda record: record.but(value=nested(100_000)),
    "a list": lambda record: record.but(value=b"[]"),
    "no JSON": lambda record: record.but(value=b"{"),
    "not UTF-8": lambda record: record.but(value=b'{"a":"\xff"}'),
    "empty": lambda record: record.but(value=b""),
    "no value": lambda record: record.but(value=None),
    "a header that is null": lambda record: record.with_header("ce_id", None),
    "a header that is not UTF-8": lambda record: record.with_header("ce_type", b"\xff\xfe"),
    "a foreign header that is not UTF-8": lambda record: record.with_header("x-trace", b"\xff"),
    "no headers": lambda record: record.but(headers=()),
    "another key": lambda record: record.but(key=b"somebody-else"),
    "no key": lambda record: record.but(key=None),
    "another's topic": lambda record: record.but(topic=topic_of("somebody")),
    "a sequence that is no number": lambda record: record.with_header("ce_sequence", b"first"),
    "a sequence no database can hold": lambda record: record.with_header("ce_sequence", b"9" * 30),
    "a sequence before the first": lambda record: record.with_header("ce_sequence", b"0"),
    "an era no database can hold": lambda record: record.with_header("ce_era", b"9" * 30),
    "a time beyond the calendar": lambda record: record.with_header("ce_time", b"0001-01-01T00:00:00+23:59"),
    "an older CloudEvents": lambda record: record.with_header("ce_specversion", b"0.3"),
}
"""Records that are no fact of their topic's owner: they are kept raw."""
UNFIT: dict[str, Spoil] = {
    "a newer version": lambda record: record.with_header("ce_type", newer(record)),
    "a version that is none": lambda record: record.with_header("ce_type", newer(record)[:-1] + b"two"),
    "without its fields": lambda record: record.but(value=b"{}"),
}
"""Facts that are well-formed and cannot be applied: they are parked."""


POISON: list[BaseException] = [
    WrongState(subject="something", old="new", new="done"),
    OverflowError("MongoDB can only handle up to 8-byte ints"),
    asyncio.CancelledError(),
]
"""What a handler may fail with for good; the last one leaks out of it though nobody has cancelled anything."""
AT_ONCE = 20.0
"""Less than the tries in place of an error that may pass."""


def newer(record: Record) -> bytes:
    """Name the next version of a record's type."""
    current = dict(record.headers)["ce_type"] or b""
    return current.removesuffix(b"1") + b"2"


@dataclass
class Mixed:
    """A story in which one aggregate meets trouble at a fact that has others before and behind it."""

    hearing: Hearing
    good: Story
    met: Story
    """The aggregate that meets it."""
    at: int
    """The place of the bad fact in it."""

    @classmethod
    async def of(cls, services: Running, service: str) -> Mixed:
        hearing = await services.listening(service)
        story = hearing.story(subjects=2)
        stream, at = next(
            (stream, at)
            for stream, facts in reversed(story.streams.items())
            for at, fact in enumerate(facts[1:-1], start=1)
            if any(table.find(fact.type) for table in hearing.handlers)
        )
        good = Story(tuple(fact for fact in story.facts if fact.stream != stream))
        return cls(hearing, good, Story(tuple(story.streams[stream])), at)

    @property
    def bad(self) -> Told:
        return self.met.facts[self.at]

    def records(self, spoil: Spoil = lambda record: record) -> list[Record]:
        """Give one batch: the records of many partitions, and in their midst the bad one."""
        met = [spoil(fact.record()) if fact is self.bad else fact.record() for fact in self.met.facts]
        half = len(self.good.facts) // 2
        return [*met[:1], *self.good.records()[:half], *met[1:], *self.good.records()[half:]]

    async def assert_the_good_ones_took_effect(self) -> None:
        assert await self.hearing.effects(self.good) == self.hearing.owed(self.good)
        assert await self.hearing.positions(self.good) == self.hearing.heads(self.good)
        assert await self.hearing.waiting(self.good) == {}

    async def assert_it_took_effect_up_to_the_bad_one(self) -> None:
        """Check that who has a handler for the bad fact has parked it, with those behind it in order."""
        hearing, facts = self.hearing, self.met.facts
        tables = [table for table in hearing.handlers if table.reads(self.bad.source, self.bad.row["aggregate"])]
        stopped = [table for table in tables if table.find(self.bad.type)]
        behind = len(facts) - self.at - 1
        assert await hearing.waiting(self.met) == {"parked": len(stopped), "queued": behind * len(stopped)}
        reached = {f"{table.consumer}|{self.bad.stream}": facts[-1].link for table in tables}
        reached |= {f"{table.consumer}|{self.bad.stream}": facts[self.at - 1].link for table in stopped}
        assert await hearing.positions(self.met) == reached


@each_service
async def test_what_is_no_fact_is_kept_raw_and_the_others_take_effect(services: Running, service: str) -> None:
    hearing = await services.listening(service)
    story = hearing.story()
    records = story.records()
    start = next(hearing.offsets)
    spoilt = {name: spoil(records[-1]).but(offset=next(hearing.offsets)) for name, spoil in NO_FACTS.items()}
    for place, record in enumerate(spoilt.values()):
        records.insert(2 * place, record)

    await hearing.receive(records)

    assert await hearing.effects(story) == hearing.owed(story)
    assert await hearing.positions(story) == hearing.heads(story)
    kept = await hearing.kept_raw(since=start)
    assert [name for name, record in spoilt.items() if record.position not in kept] == []
    assert len(kept) == len(NO_FACTS)


@each_service
async def test_a_fact_that_came_as_rubbish_is_fetched_from_its_owner(services: Running, service: str) -> None:
    mixed = await Mixed.of(services, service)
    hearing = mixed.hearing

    await hearing.receive(mixed.records(lambda record: record.but(value=None, offset=next(hearing.offsets))))
    await mixed.assert_the_good_ones_took_effect()
    await hearing.fill_gaps()

    assert await hearing.effects(mixed.met) == hearing.owed(mixed.met)
    assert await hearing.waiting(mixed.met) == {}


@each_service
@pytest.mark.parametrize("spoil", UNFIT.values(), ids=UNFIT)
async def test_a_fact_that_does_not_fit_is_parked_and_the_others_take_effect(
    services: Running, service: str, spoil: Spoil
) -> None:
    mixed = await Mixed.of(services, service)

    await mixed.hearing.receive(mixed.records(spoil))

    await mixed.assert_the_good_ones_took_effect()
    await mixed.assert_it_took_effect_up_to_the_bad_one()


@each_service
@pytest.mark.parametrize("error", POISON, ids=lambda error: type(error).__name__)
async def test_a_fact_whose_handler_fails_is_parked_and_the_others_take_effect(
    services: Running, service: str, error: BaseException
) -> None:
    mixed = await Mixed.of(services, service)
    mixed.hearing.troubles[mixed.bad.id] = failing_with(error)

    await asyncio.wait_for(mixed.hearing.receive(mixed.records()), timeout=AT_ONCE)

    await mixed.assert_the_good_ones_took_effect()
    await mixed.assert_it_took_effect_up_to_the_bad_one()


@each_service
async def test_what_waits_behind_a_parked_fact_follows_in_order(services: Running, service: str) -> None:
    mixed = await Mixed.of(services, service)
    hearing = mixed.hearing
    hearing.troubles[mixed.bad.id] = failing_with(LookupError())
    await hearing.receive(mixed.records())

    del hearing.troubles[mixed.bad.id]
    for consumer in hearing.worker.consumers:
        await consumer.drain(f"{consumer.name}|{mixed.bad.stream}")

    assert await hearing.effects(mixed.met) == hearing.owed(mixed.met)
    assert await hearing.positions(mixed.met) == hearing.heads(mixed.met)
    assert await hearing.waiting(mixed.met) == {}


@each_service
async def test_a_fact_delivered_again_while_it_is_parked_is_parked_once(services: Running, service: str) -> None:
    mixed = await Mixed.of(services, service)
    mixed.hearing.troubles[mixed.bad.id] = failing_with(LookupError())

    for _ in range(3):
        await mixed.hearing.receive(mixed.records())

    await mixed.assert_the_good_ones_took_effect()
    await mixed.assert_it_took_effect_up_to_the_bad_one()


@each_service
async def test_a_fact_of_a_type_nobody_knows_is_passed_over(services: Running, service: str) -> None:
    mixed = await Mixed.of(services, service)
    hearing = mixed.hearing
    unknown = f"{mixed.bad.source}.never_heard_of.v1".encode()

    await hearing.receive(mixed.records(lambda record: record.with_header("ce_type", unknown)))

    await mixed.assert_the_good_ones_took_effect()
    owed = {name: [fact for fact in facts if fact != mixed.bad.id] for name, facts in hearing.owed(mixed.met).items()}
    assert await hearing.effects(mixed.met) == {name: facts for name, facts in owed.items() if facts}
    assert await hearing.positions(mixed.met) == hearing.heads(mixed.met)
    assert await hearing.waiting(mixed.met) == {}


@each_service
async def test_a_batch_of_nothing_but_rubbish_blocks_nothing(services: Running, service: str) -> None:
    hearing = await services.listening(service)
    story = hearing.story(subjects=1)
    rubbish = [Record(topic_of("members"), b"k", b"\x00", (), next(hearing.offsets)) for _ in range(200)]

    await hearing.receive(rubbish)
    await hearing.receive(story.records())

    assert await hearing.effects(story) == hearing.owed(story)
