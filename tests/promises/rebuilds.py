"""Promise 14: any read model can be built anew while it serves."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psutil
from promises.fingerprints import Fingerprint, differences, fingerprint
from promises.load import Load
from promises.programs import Program, program
from promises.promise import Finding, Promise, Trial, Twin
from promises.stage import Stage, platform_for
from promises.stories import STORIES
from support.travel import travel

from missionare.cli.demo.world import JOURNEYS
from missionare.kit.crash import KILLED

SERVICE: Final = str(Path(__file__).with_name("processes") / "service.py")
OWNER: Final = "journeys"
MODELS: Final[Mapping[str, tuple[str, ...]]] = {
    "journeys.threads": ("thread_nodes", "thread_edges"),
    "journeys.consequences": ("consequences",),
}
"""The read models there are, with their collections."""
OF_A_BUILD: Final = (f"{OWNER}.streams", f"{OWNER}.read_models")
"""What a build writes besides the documents of its read model."""
CLIENTS: Final = 4
OK: Final = 200


@dataclass
class Reader:
    """Somebody who reads a thread and the consequences of a journey again and again."""

    program: Program
    paths: tuple[str, ...]
    answers: int = 0
    wrong: list[str] = field(default_factory=list)

    async def read_on(self, wanted: list[Any]) -> None:
        """Read until cancelled; every answer must be what it was."""
        while True:
            for path, before in zip(self.paths, wanted, strict=True):
                answer = await self.program.read(path)
                self.answers += 1
                if answer.status_code != OK or answer.json() != before:
                    self.wrong.append(f"{path} was answered {answer.status_code} {answer.text[:200]} during a build")
            await asyncio.sleep(0)


class ReadModelsRebuildWhileServing(Promise):
    """Build both read models anew, under load, and after their documents were lost."""

    number = 14
    title = "Every read model can be built anew while it serves"
    method = (
        "Journeys are played. Both read models are then built anew under load, each after a build that was killed in "
        "the middle, while their old answers are read again and again: none may fail or change. At rest the generation "
        "that was built and the one kept beside it hold the same documents (K3). Then the documents that serve are "
        "deleted and built again: they are what they were, nothing else in any database has changed, no fact was told "
        "and no mail was sent."
    )
    twins = (Twin("side effect in a projector", "a read model's handlers do something outside of it as well"),)

    async def run(self, trial: Trial) -> Finding:
        """Build, compare, lose, build, compare."""
        journeys = trial.choose(gate=2, full=10)
        async with platform_for(trial) as stage, program(stage.world) as agency:
            trips = [await asyncio.to_thread(travel, stage.world) for _ in range(journeys)]
            violations = [f"does not come to rest: {what}" for what in await stage.rest()]
            last = trips[-1].ids
            paths = (f"{JOURNEYS}/journeys/{last['journey']}/consequences", f"{JOURNEYS}/threads/goal/{last['goal']}")
            reader = Reader(agency, paths)
            load = Load(stage.world, STORIES, seed=trial.seed, clients=CLIENTS)
            async with load.running(), _reading(reader):
                for model in MODELS:
                    await _die_in_a_build(stage, trial, model)
                    trial.note(f"{model}: {await _rebuilt(stage, model)}")
            violations += [f"does not come to rest: {what}" for what in await stage.rest()]
            violations += [*reader.wrong, *await asyncio.to_thread(lambda: [*_unlike(stage)])]
            violations += await _lose_and_rebuild(stage, trial)
        figures = {"answers read during builds": reader.answers, "commands during builds": load.acknowledged}
        return Finding(2 * len(MODELS), len(MODELS) + stage.faults, violations, figures)


async def _lose_and_rebuild(stage: Stage, trial: Trial) -> list[str]:
    """Delete what serves, build it again, and compare everything with what it was."""
    before = await asyncio.to_thread(fingerprint, stage.books)
    letters = len(await asyncio.to_thread(stage.world.mailbox.letters))
    kept = {model: _serving(stage, before, model) for model in MODELS}
    for model, collections in MODELS.items():
        for name in collections:
            stage.books.of[OWNER][_place(stage, model, name)].delete_many({})
        trial.note(f"{model}: its documents are lost; {await _rebuilt(stage, model, '--any-count')}")
    violations = [f"does not come to rest: {what}" for what in await stage.rest()]
    after = await asyncio.to_thread(fingerprint, stage.books)
    for model in MODELS:
        violations += [
            f"{model}, built again: {what}" for what in differences(kept[model], _serving(stage, after, model))
        ]
    violations += differences(_others(before), _others(after))
    again = len(await asyncio.to_thread(stage.world.mailbox.letters)) - letters
    return [*violations, *([f"{again} mails were sent by a build"] if again else [])]


async def _die_in_a_build(stage: Stage, trial: Trial, model: str) -> None:
    """Let a build die in one of its transactions, as by kill -9.

    Raises:
        RuntimeError: it did not come there.
    """
    point = f"cons.in_txn:{trial.random.randint(1, 3)}"
    build = await _build(stage, model, MISSIONARE_CRASH_AT=point)
    if build.status != KILLED:
        raise RuntimeError(f"the build of {model} did not pass {point}: {build.errors[-2_000:]}")
    stage.faults += 1
    trial.note(f"{model}: a build died at {point}")


async def _rebuilt(stage: Stage, model: str, *options: str) -> str:
    """Build a read model anew; gives what the build reports.

    Raises:
        RuntimeError: it was not built; with what was said.
    """
    build = await _build(stage, model, *options)
    if build.status:
        raise RuntimeError(f"{model} was not built: {build.errors[-2_000:]}")
    report = json.loads(build.said.splitlines()[-1])
    return f"generation {report['serving']} of {report['facts']} facts in {report['seconds']} s"


@dataclass(frozen=True)
class Build:
    """How a process that builds has ended."""

    status: int
    said: str
    errors: str


async def _build(stage: Stage, model: str, *options: str, **settings: str) -> Build:
    """Build in a process beside the service, as an operator does, and wait for its end."""
    environment = psutil.Process(stage.platform.pid(OWNER)).environ()
    process = await asyncio.create_subprocess_exec(
        sys.executable, SERVICE, OWNER, "rebuild", model, *options,
        env={**environment, "MISSIONARE_ROLE": "api", **settings},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, errors = await process.communicate()
    return Build(int(process.returncode or 0), said.decode(), errors.decode())


@asynccontextmanager
async def _reading(reader: Reader) -> AsyncIterator[None]:
    """Read in the background."""
    wanted = [(await reader.program.read(path)).json() for path in reader.paths]
    reading = asyncio.create_task(reader.read_on(wanted))
    try:
        yield
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


def _unlike(stage: Stage) -> Iterator[str]:
    """Compare the generation that was built with the one kept for a way back."""
    found = fingerprint(stage.books)
    for model, collections in MODELS.items():
        for name in collections:
            new, old = (f"{OWNER}.{_place(stage, model, name, which)}" for which in ("serving", "previous"))
            yield from (f"K3: {what}" for what in differences({name: found[old]}, {name: found[new]}))


def _serving(stage: Stage, found: Fingerprint, model: str) -> Fingerprint:
    """Give the fingerprint of a model's documents, wherever they are."""
    return {name: found[f"{OWNER}.{_place(stage, model, name)}"] for name in MODELS[model]}


def _others(found: Fingerprint) -> Fingerprint:
    """Give the fingerprint of everything that a build must leave as it is."""
    places = tuple(f"{OWNER}.{name}" for collections in MODELS.values() for name in collections)
    return {name: rows for name, rows in found.items() if name not in OF_A_BUILD and not name.startswith(places)}


def _place(stage: Stage, model: str, name: str, which: str = "serving") -> str:
    """Name the collection in which a generation of a model keeps some of its documents."""
    standing = stage.books.of[OWNER]["read_models"].find_one({"_id": model}) or {"serving": 1}
    return name if standing[which] == 1 else f"{name}@{standing[which]}"
