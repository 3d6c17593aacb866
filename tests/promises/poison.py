"""Promise 12: one bad message cannot stop a stream."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from aiokafka.errors import KafkaError
from contracts.published import SCHEMAS
from promises.checkers import at_rest, judge
from promises.consumers import Reading, readers_of
from promises.load import Load
from promises.processes.tally import CONSUMER as TALLY
from promises.promise import Finding, Promise, Trial, Twin
from promises.records import record
from promises.stage import Stage, platform_for
from promises.stories import STORIES
from promises.topics import Record, Topics, opened
from support.platforms import SERVICES
from tools.contracts.facts import EXAMPLES

from missionare.kit.envelope import MAX_BYTES, MAX_DEPTH
from missionare.kit.ids import uuid7
from missionare.kit.parking import ParkedState
from missionare.kit.topics import PARTITIONS

CLIENTS: Final = 6
BETWEEN_SECONDS: Final = 0.05
REST_SECONDS: Final = 90.0
TWIN_REST_SECONDS: Final = 20.0
POISONED: Final = "poisoned-"
"""How the ids of aggregates begin that exist in bad messages only."""
SET_ASIDE: Final = "facts set aside"
ABYSS: Final = 100_000


def _valued(value: bytes | None) -> Callable[[Record], Record]:
    return lambda good: replace(good, value=value)


def _headed(name: str, value: bytes | None) -> Callable[[Record], Record]:
    def changed(good: Record) -> Record:
        return replace(good, headers=[(key, value if key == name else said) for key, said in good.headers])

    return changed


def _without(name: str) -> Callable[[Record], Record]:
    return lambda good: replace(good, headers=[header for header in good.headers if header[0] != name])


SPOILT: Final[Mapping[str, Callable[[Record], Record]]] = {
    "malformed": _valued(b'{"goal_id": '),
    "no object": _valued(b"[1, 2]"),
    "no value": _valued(None),
    "not UTF-8": _valued(b"\xff\xfe"),
    "oversize": _valued(json.dumps({"more": "x" * MAX_BYTES}).encode()),
    "nested": _valued(b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1)),
    "nested beyond the stack": _valued(b'{"a":' * ABYSS),
    "null header": _headed("ce_time", None),
    "null id": _headed("ce_id", None),
    "header that is not UTF-8": _headed("ce_actor", b"\xff"),
    "sequence that is no number": _headed("ce_sequence", b"first"),
    "header missing": _without("ce_type"),
    "no headers": lambda good: replace(good, headers=()),
    "another's source": _headed("ce_source", b"/missionare/nobody"),
    "another's key": lambda good: replace(good, key=b"another"),
}
"""Ways in which a record is no fact at all: its bytes are kept, once by each service that reads the topic."""
RAISING: Final = ("a handler that always raises", "a newer version")
"""Ways in which a fact cannot be applied: it is parked by each consumer that reads it, and its next one waits."""


@dataclass
class Expected:
    """What must be set aside in the end, and nothing else."""

    raw: set[tuple[str, str]] = field(default_factory=set)
    """Services and positions."""
    parked: dict[tuple[str, str, str], str] = field(default_factory=dict)
    """States, by service, consumer and fact."""
    refused: Counter[str] = field(default_factory=Counter)
    """Messages that the client or the broker did not take, by why."""


class OneBadMessageStopsNothing(Promise):
    """Bad messages of every kind between good ones."""

    number = 12
    title = "One bad message cannot stop a stream"
    method = (
        "Clients give commands. Between their facts, bad messages of many kinds are written into all four topics: "
        "malformed, oversize, deeply nested, with null or broken headers, of a newer version, and such that a handler "
        "always raises. Every good fact must be applied everywhere, once and in order, and exactly the bad ones (and "
        "what follows them in their own aggregate) must be set aside, by each consumer that reads them (K1, K2, K8)."
    )
    in_gate = True
    twins = (Twin("bare NACK", "a batch with a message that cannot be applied is refused, so that it comes again"),)

    async def run(self, trial: Trial) -> Finding:
        """Poison the topics under load and compare."""
        rounds = trial.choose(gate=3, full=40)
        expected = Expected()
        async with platform_for(trial) as stage, opened(stage) as topics:
            load = Load(stage.world, STORIES, seed=trial.seed, clients=CLIENTS)
            async with load.running():
                for number in range(rounds):
                    await _poison(topics, expected, trial, number)
            trial.note(
                f"{load.acknowledged} commands, {_bad(expected)} bad messages, not taken: {dict(expected.refused)}"
            )
            rest = await _rest(stage, topics, REST_SECONDS if trial.sabotage is None else TWIN_REST_SECONDS)
            letters = await asyncio.to_thread(stage.world.mailbox.letters)
            verdict = await asyncio.to_thread(judge, stage.books, load.things, letters, rest)
            aside = [*await asyncio.to_thread(lambda: [*_set_aside(stage, expected)])]
        violations = [violation for violation in verdict.violations if f"|{POISONED}" not in violation]
        figures = {
            **verdict.figures,
            "kinds of bad messages": len(SPOILT) + len(RAISING),
            "not taken by the broker": expected.refused.total(),
        }
        return Finding(load.acknowledged, _bad(expected), [*violations, *aside], figures)


async def _poison(topics: Topics, expected: Expected, trial: Trial, number: int) -> None:
    """Send one bad message of every kind into the topics, in an order of chance."""
    kinds = [*SPOILT, *RAISING]
    trial.random.shuffle(kinds)
    for kind in kinds:
        source = trial.random.choice(SERVICES)
        if kind in SPOILT:
            bad = SPOILT[kind](_fact(_read_type(source)))
            await _send_raw(topics, expected, replace(bad, partition=trial.random.randrange(PARTITIONS)))
        else:
            await _send_raising(topics, expected, _read_type(source), newer=kind == "a newer version")
        await asyncio.sleep(trial.random.uniform(0, BETWEEN_SECONDS))
    trial.note(f"round {number + 1} of bad messages sent")


async def _send_raw(topics: Topics, expected: Expected, bad: Record) -> None:
    try:
        (sent,) = await topics.send([bad])
    except KafkaError as error:  # what is too large for the topic never gets into it
        expected.refused[type(error).__name__] += 1
        return
    expected.raw |= {(service, sent.position) for service in SERVICES}


async def _send_raising(topics: Topics, expected: Expected, fact_type: str, *, newer: bool) -> None:
    """Send a fact that nobody can apply, and one after it that could be applied."""
    subject, head, behind = f"{POISONED}{uuid7()}", uuid7(), uuid7()
    if newer:
        bad = _fact(f"{fact_type.rpartition('.')[0]}.v9", subject, fact_id=head)
        parked_by = [(reading.service, reading.consumer) for reading in readers_of(fact_type)]
        parked_by += [(service, TALLY) for service in SERVICES]
    else:
        bad = replace(_fact(fact_type, subject, fact_id=head), value=b"{}")
        parked_by = [(one.service, one.consumer) for one in readers_of(fact_type) if one.needs_something]
    await topics.send([bad, _fact(fact_type, subject, sequence=2, fact_id=behind)])
    for reader in parked_by:
        expected.parked |= {(*reader, head): ParkedState.PARKED, (*reader, behind): ParkedState.QUEUED}


def _read_type(source: str) -> str:
    """Name a fact of a service that others read, and that says more than what it is about."""
    return next(name for name in SCHEMAS if name.startswith(f"{source}.") and any(map(_needs, readers_of(name))))


def _needs(reading: Reading) -> bool:
    return reading.needs_something


def _fact(fact_type: str, subject: str = f"{POISONED}x", *, sequence: int = 1, fact_id: str = "") -> Record:
    """Give a fact of an aggregate that nobody knows."""
    schema = SCHEMAS[fact_type.rpartition(".")[0] + ".v1"]
    aggregate = schema["x-aggregate"]
    value = {**EXAMPLES.whole(schema), f"{aggregate}_id": subject}
    return record(fact_type, aggregate, subject, value, sequence=sequence, fact_id=fact_id)


def _bad(expected: Expected) -> int:
    return len({position for _, position in expected.raw}) + len({fact for *_, fact in expected.parked})


async def _rest(stage: Stage, topics: Topics, seconds: float) -> list[str]:
    """Wait until nothing but what is set aside is left; give what else is on its way when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        under_way = await asyncio.to_thread(at_rest, stage.books)
        left = [what for what in under_way if SET_ASIDE not in what]
        if not left and await topics.finished(max(0.0, deadline - time.monotonic())):
            return []
        if time.monotonic() > deadline:
            return [*left, *([] if await topics.finished(0.0) else ["records are not finished"])]
        await asyncio.sleep(0.2)


def _set_aside(stage: Stage, expected: Expected) -> Iterator[str]:
    """Compare what is set aside with what must be."""
    raw: set[tuple[str, str]] = set()
    parked: dict[tuple[str, str, str], str] = {}
    for service, database in stage.books.of.items():
        for row in database["parked"].find({}, {"event.value": 0, "value": 0}):
            if row["state"] == ParkedState.RAW:
                raw.add((service, row["position"]))
            else:
                parked[service, row["consumer"], row["event"]["id"]] = row["state"]
    yield from (f"K8: {service} does not keep the bad message at {at}" for service, at in sorted(expected.raw - raw))
    yield from (f"K8: {service} keeps a good message as bad: {at}" for service, at in sorted(raw - expected.raw))
    for key in sorted(expected.parked.keys() | parked.keys()):
        wanted, found = expected.parked.get(key), parked.get(key)
        if wanted != found:
            yield f"K8: {' '.join(key)} is {found or 'not set aside'} instead of {wanted or 'applied'}"
