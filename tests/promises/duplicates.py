"""Promise 11: what comes twice, late or in the wrong order changes nothing."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from promises.checkers import Books
from promises.fingerprints import differences, fingerprint
from promises.promise import Finding, Promise, Trial, Twin
from promises.stage import Stage, platform_for
from promises.topics import Record, Topics, opened
from support.platforms import SERVICES
from support.travel import travel

TIMES: Final = 3
FINISHED_SECONDS: Final = 60.0
READERS: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "journeys.threads@1": {"journeys": ("thread_edges", "thread_nodes")},
    "journeys.consequences@1": {"journeys": ("consequences",)},
    "promises.tally@1": dict.fromkeys(SERVICES, ("promises_tally",)),
}
"""Consumers without effects besides their own collections: they can be made to have seen nothing."""


class DuplicatesChangeNothing(Promise):
    """The topics of a whole story, again and again and in disorder, into the consumers that run."""

    number = 11
    title = "What arrives twice, late or in the wrong order changes nothing"
    method = (
        "Whole journeys are played, and every document of every database is hashed. Three read models and tallies then "
        "forget all they have seen. Everything in the topics is sent once more, in this order: shuffled, three times "
        "over, and with neighbours swapped, through the broker, into the running services. Afterwards every document "
        "is as it was, the forgetful ones' too, and no mail came again."
    )
    in_gate = True
    twins = (Twin("guard off", "a consumer applies whatever arrives"),)

    async def run(self, trial: Trial) -> Finding:
        """Play, hash, disturb, hash again."""
        journeys = trial.choose(gate=2, full=20)
        async with platform_for(trial) as stage, opened(stage) as topics:
            for _ in range(journeys):
                await asyncio.to_thread(travel, stage.world)
            restless = await stage.rest()
            letters = await asyncio.to_thread(stage.world.mailbox.letters)
            before = await asyncio.to_thread(fingerprint, stage.books)
            told = await topics.everything()
            trial.note(f"{journeys} journeys, {len(told)} records, {sum(map(len, before.values()))} documents")
            sent = await _disturb(stage, topics, told, trial)
            restless = await stage.rest() if trial.sabotage is None else []
            after = await asyncio.to_thread(fingerprint, stage.books)
            again = len(await asyncio.to_thread(stage.world.mailbox.letters)) - len(letters)
        violations = [
            *(f"does not come to rest: {what}" for what in restless),
            *differences(before, after),
            *([f"{again} mails came again"] if again else []),
        ]
        figures = {"documents compared": sum(map(len, before.values())), "records in the topics": len(told)}
        return Finding(len(told), sent, violations, figures)


async def _disturb(stage: Stage, topics: Topics, told: Sequence[Record], trial: Trial) -> int:
    """Send everything again in every wrong way; gives how many records that were."""
    await asyncio.to_thread(_forget, stage.books)
    sent = 0
    for name, wave in (
        ("shuffled", trial.random.sample(told, len(told))),
        ("three times over", [*told] * TIMES),
        ("neighbours swapped", [*_swapped(told, trial.random)]),
    ):
        trial.note(f"sending everything {name}")
        await topics.send(wave)
        sent += len(wave)
        if not await topics.finished(FINISHED_SECONDS):
            trial.note("not everything was finished")
    return sent


def _forget(books: Books) -> None:
    """Let the readers have seen nothing."""
    for consumer, kept in READERS.items():
        for service, collections in kept.items():
            database = books.of[service]
            database["streams"].delete_many({"_id": {"$regex": f"^{consumer}\\|"}})
            for name in collections:
                database[name].delete_many({})


def _swapped(told: Sequence[Record], chance: random.Random) -> Iterator[Record]:
    """Give the records with neighbours swapped at every second place or so."""
    rest = [*told]
    while rest:
        yield rest.pop(1 if len(rest) > 1 and chance.random() < 1 / 2 else 0)
