"""Facts that are spoilt on their way or meet a handler in trouble, in the midst of good ones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass

from every_service.hearing import Hearing, Story
from every_service.neighbours import Record, Told
from every_service.services import Running

from missionare.kit.envelope import MAX_BYTES, MAX_DEPTH
from missionare.kit.handlers import Handlers
from missionare.kit.refusals import WrongState
from missionare.kit.topics import topic_of

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

    def of_a_newer_version(self) -> list[Record]:
        """Give the batch with a bad fact that is of a version nobody knows yet."""
        return self.records(UNFIT["a newer version"])

    def of_an_unknown_type(self) -> list[Record]:
        """Give the batch with a bad fact that is of no type anybody listens to."""
        unknown = f"{self.bad.source}.never_heard_of.v1".encode()
        return self.records(lambda record: record.with_header("ce_type", unknown))

    async def is_set_aside(self) -> bool:
        """Whether everything of the bad fact's aggregate has come to its place."""
        return await self.hearing.waiting(self.met) == self._set_aside

    async def is_passed(self) -> bool:
        """Whether the guard is beyond the bad fact, and nothing waits behind it."""
        at_the_head = await self.hearing.positions(self.met) == self.hearing.heads(self.met)
        return at_the_head and await self.hearing.waiting(self.met) == {}

    @property
    def _readers(self) -> list[Handlers]:
        read = (self.bad.source, self.bad.row["aggregate"])
        return [table for table in self.hearing.handlers if table.reads(*read)]

    @property
    def _stopped(self) -> list[Handlers]:
        return [table for table in self._readers if table.find(self.bad.type)]

    @property
    def _set_aside(self) -> dict[str, int]:
        behind = len(self.met.facts) - self.at - 1
        return {"parked": len(self._stopped), "queued": behind * len(self._stopped)}

    async def assert_the_good_ones_took_effect(self) -> None:
        assert await self.hearing.effects(self.good) == self.hearing.owed(self.good)
        assert await self.hearing.positions(self.good) == self.hearing.heads(self.good)
        assert await self.hearing.waiting(self.good) == {}

    async def assert_it_took_effect_up_to_the_bad_one(self) -> None:
        """Check that who has a handler for the bad fact has parked it, with those behind it in order."""
        facts = self.met.facts
        assert await self.hearing.waiting(self.met) == self._set_aside
        reached = {f"{table.consumer}|{self.bad.stream}": facts[-1].link for table in self._readers}
        reached |= {f"{table.consumer}|{self.bad.stream}": facts[self.at - 1].link for table in self._stopped}
        assert await self.hearing.positions(self.met) == reached
