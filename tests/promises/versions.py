"""Promise 13: facts of yesterday are read by today's consumers, and facts of tomorrow wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from contracts.published import FACTS, SCHEMAS, Value, enveloped, samples
from promises.consumers import readers_of, readings
from promises.processes.tally import CONSUMER as TALLY
from promises.processes.tomorrow import CONSUMER as TOMORROW
from promises.processes.tomorrow import MORE, NOTHING_YET
from promises.promise import Finding, Promise, Trial, Twin
from promises.records import record
from promises.stage import Stage, platform_for
from promises.topics import Record, opened
from support.platforms import SERVICES
from tools.contracts import facts
from tools.contracts.facts import EXAMPLES

from missionare.kit.handlers import Received, version_of
from missionare.kit.ids import uuid7
from missionare.kit.parking import ParkedState

FINISHED_SECONDS: Final = 90.0
SECONDS_A_FACT: Final = 0.06
"""More for the corpus of a full run, which is twenty times the gate's: most of it is set aside, fact by fact."""
SOMETHING: Final = "something"
MISREAD: Final = ("ValidationError", "KeyError", "ValueError", "Undecodable")
"""Ends of the names of errors that mean: this consumer cannot read this fact."""

Parked = dict[tuple[str, str, str], ParkedState]


@dataclass
class Sent:
    """What was sent, and what must have come of it."""

    records: list[Record] = field(default_factory=list)
    yesterday: dict[str, str] = field(default_factory=dict)
    """Golden samples, by the fact's id: all of them are read."""
    today: dict[str, str] = field(default_factory=dict)
    """Facts of the version that the reader of tomorrow knows: it alone reads them."""
    parked: Parked = field(default_factory=dict)
    """By service, consumer and fact."""


class SchemasAreSafe(Promise):
    """The golden corpus, and versions that nobody or only one knows."""

    number = 13
    title = "Yesterday's facts can be read today, and tomorrow's wait until they can"
    method = (
        "Every model of every consumer reads every example, every golden sample of every version and every word of "
        "every vocabulary. Then the whole golden corpus goes through the broker to the running services, beside which "
        "a reader of the next version runs that brings older facts up to it; then facts of that version, and of the "
        "one after it. What a consumer's version covers is read, once; what is newer is parked by exactly the "
        "consumers that do not know it, and what follows in its aggregate waits behind it."
    )
    in_gate = True
    twins = (Twin("a required field added", "the next version asks for a field that older facts do not have"),)

    async def run(self, trial: Trial) -> Finding:
        """Read the corpus, send it, and look who has read what."""
        unread = [*_unread()]
        pairs = sum(len(samples(name)) for name in SCHEMAS for _ in readers_of(name))
        trial.note(f"{pairs} pairs of sample and model, {len(unread)} not read")
        times = trial.choose(gate=1, full=20)
        sent = _corpus(times)
        trial.random.shuffle(chains := _chains(sent.records))
        async with platform_for(trial, environment={"PROMISES_TOMORROW": "yes"}) as stage, opened(stage) as topics:
            await topics.send(one for chain in chains for one in chain)
            trial.note(f"{len(sent.records)} facts of {len(SCHEMAS)} types sent")
            if not await topics.finished(FINISHED_SECONDS + SECONDS_A_FACT * len(sent.records)):
                unread.append("not every record was finished")
            found = await asyncio.to_thread(lambda: [*_found(stage, sent)])
        figures = {"pairs of sample and model": pairs, "golden samples sent": len(sent.yesterday)}
        return Finding(pairs + len(sent.records), len({fact for *_, fact in sent.parked}), [*unread, *found], figures)


def _unread() -> Iterator[str]:
    """Let every model read every sample of its fact."""
    for reading in readings():
        for fact_type in (name for name in SCHEMAS if name.rpartition(".")[0] == reading.model.name):
            for name, value in samples(fact_type).items():
                error = _error(reading.model, fact_type, value)
                if error:
                    yield f"{reading.consumer} does not read {fact_type} {name}: {error}"


def _error(model: type[Received], fact_type: str, value: Value) -> str:
    try:
        model.read(enveloped(fact_type, value))
    except Exception as error:  # noqa: BLE001 - whatever it raises, it parks the fact
        return f"{type(error).__name__}: {error}"
    return ""


def _corpus(times: int) -> Sent:
    """Make facts of aggregates that nobody knows: every golden sample, and for each fact the two next versions."""
    sent = Sent()
    for _ in range(times):
        for fact_type in SCHEMAS:
            for value in facts.golden(fact_type).values():
                sent.yesterday[_add(sent, fact_type, value, f"yesterday-{uuid7()}")] = fact_type
        for fact_type in FACTS:
            _add_next(sent, fact_type)
    return sent


def _add_next(sent: Sent, fact_type: str) -> None:
    """Add a fact of the next version and one of the version after it, each with a fact of today's behind it."""
    name, version = fact_type.rpartition(".")[0], version_of(fact_type)
    value = EXAMPLES.whole(SCHEMAS[fact_type])
    of_today = [(one.service, one.consumer) for one in readers_of(fact_type)]
    of_today += [(service, TALLY) for service in SERVICES]
    of_tomorrow = [(service, TOMORROW) for service in SERVICES]
    for newer, parked_by in ((version + 1, of_today), (version + 2, [*of_today, *of_tomorrow])):
        subject = f"tomorrow-{uuid7()}"
        head = _add(sent, f"{name}.v{newer}", {**value, MORE: SOMETHING}, subject)
        behind = _add(sent, fact_type, value, subject, sequence=2)
        for consumer in parked_by:
            sent.parked |= {(*consumer, head): ParkedState.PARKED, (*consumer, behind): ParkedState.QUEUED}
        if newer == version + 1:
            sent.today[head] = f"{name}.v{newer}"
            sent.yesterday[behind] = fact_type


def _add(sent: Sent, fact_type: str, value: Value, subject: str, *, sequence: int = 1) -> str:
    known = next(name for name in SCHEMAS if name.rpartition(".")[0] == fact_type.rpartition(".")[0])
    aggregate, fact = SCHEMAS[known]["x-aggregate"], uuid7()
    said = {**value, f"{aggregate}_id": subject}
    sent.records.append(record(fact_type, aggregate, subject, said, sequence=sequence, fact_id=fact))
    return fact


def _chains(records: list[Record]) -> list[list[Record]]:
    """Group records by aggregate."""
    chains: dict[bytes | None, list[Record]] = {}
    for one in records:
        chains.setdefault(one.key, []).append(one)
    return list(chains.values())


def _found(stage: Stage, sent: Sent) -> Iterator[str]:
    """Compare what was read and what is set aside with what must be."""
    said = {**dict.fromkeys(sent.yesterday, NOTHING_YET), **dict.fromkeys(sent.today, SOMETHING)}
    types = {**sent.yesterday, **sent.today}
    parked: Parked = {}
    for service, database in stage.books.of.items():
        read = {row["_id"]: (row["said"], row["times"]) for row in database["promises_readings"].find()}
        for fact, wanted in said.items():
            if read.get(fact) != (wanted, 1):
                yield f"{service}: {TOMORROW} has read of {types[fact]} {fact}: {read.get(fact)}"
        for row in database["parked"].find({}, {"event.value": 0, "value": 0}):
            key = (service, row["consumer"], row.get("event", {}).get("id", row["_id"]))
            refused = row["error"] is not None and not row["error"].endswith((*MISREAD, "NewerVersion"))
            if key in sent.parked or not (refused or row["state"] == ParkedState.QUEUED):
                parked[key] = ParkedState(row["state"])
    for key in sorted(sent.parked.keys() | parked.keys()):
        if sent.parked.get(key) != parked.get(key):
            yield f"{' '.join(key)} is {parked.get(key, 'read')} instead of {sent.parked.get(key, 'read')}"
