"""Rebuild: a read model is built anew beside the one that serves, and takes its place when it lacks nothing.

    report = await rebuild(service, "journeys.threads")

The new generation has its own collections and its own consumer name. It is fed from the owners' confirmation feeds,
then by the workers from the topic as well, and what people decided about single facts is done again. What serves
goes on serving until one document is flipped, in the transaction that has seen both generations equal. A build that
was interrupted goes on where it was.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from missionare.kit.applying import Via
from missionare.kit.comparison import Comparison, compare, count
from missionare.kit.consumer import COLLECTIONS, Consumer
from missionare.kit.generations import Generations, Standing
from missionare.kit.lease import LEASE_SECONDS, Lease
from missionare.kit.logs import log
from missionare.kit.mongo import Session
from missionare.kit.owners import owners_of
from missionare.kit.read_models import ReadModel
from missionare.kit.reconcile import Reconciliation
from missionare.kit.refusals import Refusal, Text
from missionare.kit.service import Service

PATIENCE_SECONDS = 120.0
"""How long the two generations may take to be equal at one moment, once the new one has read all feeds."""
PAUSE_SECONDS = 0.2
PROGRESS_SECONDS = 1.0


class NoSuchReadModel(Refusal):
    """The service keeps no read model of that name, or what was named is not one."""

    status = 404
    text: ClassVar[Text] = {
        "de": "{service} hat kein Lesemodell „{name}“. Neu aufbauen lassen sich: {known}. Alles andere wirkt nach "
        "außen und wird nie wiederholt.",
        "en": "{service} has no read model '{name}'. These can be built anew: {known}. Everything else has effects "
        "outside of it and is never repeated.",
    }


class RebuildRuns(Refusal):
    """Somebody else builds this read model at this moment."""

    text: ClassVar[Text] = {
        "de": "{name} wird gerade von jemand anderem neu aufgebaut. Warten Sie, bis das beendet ist.",
        "en": "{name} is being built by somebody else. Wait until that has ended.",
    }


class NotReady(Refusal):
    """The new generation is not fit to serve. It is kept, and the next call goes on with it."""

    text: ClassVar[Text] = {
        "de": "{name}: die neue Fassung {number} ist nicht so weit: {reason_de} Die bisherige dient weiter; derselbe "
        "Befehl setzt fort, mit --anew beginnt er von vorn.",
        "en": "{name}: the new generation {number} is not fit to serve: {reason_en} The present one goes on serving; "
        "the same command continues, with --anew it begins again.",
    }


class NothingToGoBackTo(Refusal):
    """There is no generation before the present one."""

    text: ClassVar[Text] = {
        "de": "Von {name} gibt es keine frühere Fassung mehr.",
        "en": "There is no earlier generation of {name} any more.",
    }


class Phase(StrEnum):
    """What a build is doing."""

    FEEDS = "feeds"
    """It reads what the owners have told so far."""
    EQUAL = "equal"
    """It waits for a moment at which both generations are equal."""


@dataclass(frozen=True)
class Progress:
    """How far a build is."""

    phase: Phase
    facts: int
    """Dealt with by the new generation so far."""
    positions: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Of each owner: how far its confirmations are read, and where they end."""


@dataclass(frozen=True)
class Report:
    """What came of a build, or of a way back."""

    read_model: str
    serving: int
    previous: int | None
    facts: int
    documents: dict[str, int]
    """How many documents each view has now."""
    seconds: float


Tell = Callable[[Progress], None]


async def rebuild(
    service: Service,
    name: str,
    *,
    anew: bool = False,
    any_count: bool = False,
    patience_seconds: float = PATIENCE_SECONDS,
    tell: Tell = lambda _: None,
) -> Report:
    """Build a read model anew and let it serve; the service may run meanwhile, and its database must be open.

    Args:
        service: the owner of the read model.
        name: of the model, with or without the service's name before it.
        anew: begin again, where an earlier build was not finished.
        any_count: let it serve although it has another number of documents than the one before, which is right when
            the handlers have changed.
        patience_seconds: how long to wait for an owner that is away, and then for the two generations to be equal.
        tell: told about progress, again and again.

    Raises:
        NoSuchReadModel: with the names there are.
        RebuildRuns: somebody else does it at this moment.
        NotReady: facts are missing, wait, or were decided on, or an owner is away; with the reason.
    """
    began = time.monotonic()
    model = model_named(service, name)
    generations = Generations(service.database)
    async with _alone(service, model):
        standing = await generations.begin(model, anew=anew)
        build = _Build(service, model, standing, any_count=any_count, patience=patience_seconds, tell=tell)
        await build.prepare()
        await build.read_feeds()
        await generations.follow(model)
        await build.flip()
        await service.binding.look()
        await generations.drop_retired(model)
        return await _report(service, model, await generations.standing(model), began)


async def back(service: Service, name: str) -> Report:
    """Let the generation before the present one serve again, at once; a second call takes that back.

    Raises:
        NoSuchReadModel, NothingToGoBackTo: with what there is.
    """
    began = time.monotonic()
    model = model_named(service, name)
    async with _alone(service, model):
        standing = await Generations(service.database).back(model)
    if standing is None:
        raise NothingToGoBackTo(name=model.name)
    await service.binding.look()
    return await _report(service, model, standing, began)


def model_named(service: Service, name: str) -> ReadModel:
    """Find a read model by its name, with or without the service's.

    Raises:
        NoSuchReadModel: with the names there are.
    """
    models = {model.name: model for model in service.binding.models}
    plain = name.partition("@")[0]
    found = models.get(plain) or models.get(f"{service.name}.{plain}")
    if found is None:
        known = ", ".join(sorted(models)) or "-"
        raise NoSuchReadModel(service=service.name, name=name, known=known)
    return found


class _Build:
    """One build from its beginning, or from where an earlier one was interrupted, to the flip."""

    def __init__(
        self, service: Service, model: ReadModel, standing: Standing, *, any_count: bool, patience: float, tell: Tell
    ) -> None:
        self._service = service
        self._database = service.database
        self._old, self._new = model.generation(standing.serving), model.generation(standing.highest)
        self._any_count = any_count
        self._patience = patience
        self._tell = tell
        self._consumer = Consumer(service.context, self._new, owners_of(service.context, [self._new]))
        self._reconciliation = Reconciliation(service.database, self._consumer)

    async def prepare(self) -> None:
        """Make the new generation's collections and indexes, where they are missing."""
        await self._database.ensure_collections([*COLLECTIONS, *self._new.places.values()])
        for kind, place in self._new.places.items():
            view = kind(self._database)
            view.stand_in(place)
            await view.ensure_indexes()

    async def read_feeds(self) -> None:
        """Read every owner's feed to its end. An owner that is away is asked again for a while."""
        given_up = time.monotonic() + self._patience
        while True:
            sweep = asyncio.create_task(self._reconciliation.sweep(Via.START))
            while not (await asyncio.wait([sweep], timeout=PROGRESS_SECONDS))[0]:
                await self._say(Phase.FEEDS)
            if await sweep:
                return
            if time.monotonic() > given_up:
                raise self._not_ready(
                    "ein Dienst, dessen Ereignisse gebraucht werden, antwortet nicht.",
                    "a service whose events are needed does not answer.",
                )
            await asyncio.sleep(PAUSE_SECONDS)

    async def flip(self) -> None:
        """Go on until both generations are equal at one moment, and flip in the transaction that sees it."""
        given_up = time.monotonic() + self._patience
        while True:
            comparison, flipped = await self._flip_if_equal()
            if flipped:
                log.info("a read model was built anew", consumer=self._new.consumer)
                return
            if comparison.hopeless or time.monotonic() > given_up:
                raise self._not_ready(*comparison.reason())
            await self._say(Phase.EQUAL)
            await asyncio.sleep(PAUSE_SECONDS)
            await self._reconciliation.sweep(Via.START)
            while not self._consumer.gaps.empty():
                await self._consumer.repair(self._consumer.gaps.get_nowait())

    async def _flip_if_equal(self) -> tuple[Comparison, bool]:
        generations = Generations(self._database)
        standing = await generations.standing(self._new)

        async def steps(session: Session) -> tuple[Comparison, bool]:
            comparison = await compare(self._database, self._old, self._new, session)
            fit = comparison.fit(any_count=self._any_count)
            return comparison, fit and await generations.flip(self._new, standing, session)

        return await self._database.transaction(steps)

    async def _say(self, phase: Phase) -> None:
        of_this = {"_id": {"$in": [f"{self._new.consumer}|{source}" for source in self._new.sources]}}
        rows = await self._database["cursors"].find(of_this).to_list(None)
        positions = {row["_id"].partition("|")[2]: (row["after"], row["head"]) for row in rows}
        compared = await compare(self._database, self._old, self._new)
        self._tell(Progress(phase, compared.facts, positions))

    def _not_ready(self, reason_de: str, reason_en: str) -> NotReady:
        return NotReady(name=self._new.name, number=self._new.number, reason_de=reason_de, reason_en=reason_en)


@asynccontextmanager
async def _alone(service: Service, model: ReadModel) -> AsyncIterator[None]:
    """Hold the model's lease: one build or way back at a time. One that was killed is waited for, until it ends."""
    await service.database.ensure_collections(["leases"])
    lease = Lease(service.database, f"rebuild:{model.name}")
    given_up = time.monotonic() + LEASE_SECONDS + 1
    while await lease.take() is None:
        if time.monotonic() > given_up:
            raise RebuildRuns(name=model.name)
        await asyncio.sleep(PAUSE_SECONDS)
    renewing = asyncio.create_task(_renew(lease), name=f"lease of {model.name}")
    try:
        yield
    finally:
        renewing.cancel()
        with suppress(asyncio.CancelledError):
            await renewing
        await lease.release()


async def _renew(lease: Lease) -> None:
    while True:
        await asyncio.sleep(LEASE_SECONDS / 3)
        await lease.take()


async def _report(service: Service, model: ReadModel, standing: Standing, began: float) -> Report:
    serving = model.generation(standing.serving)
    compared = await compare(service.database, serving, serving)
    return Report(
        read_model=model.name,
        serving=standing.serving,
        previous=standing.previous,
        facts=compared.facts,
        documents={view.collection: await count(service.database, place) for view, place in serving.places.items()},
        seconds=round(time.monotonic() - began, 1),
    )
