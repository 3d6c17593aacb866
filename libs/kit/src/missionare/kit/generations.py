"""Generations: which build of a read model serves, which one is kept for a way back, and which one is being built.

One document per read model in `read_models` says it; flipping that document is the whole cut-over. All generations
that it names are fed, so the one before the present one is as fresh as that, and a process that notices a flip a
moment late shows nothing old.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pymongo.errors import DuplicateKeyError, PyMongoError

from missionare.kit.forks import COLLECTION as FORKS
from missionare.kit.handlers import Handlers
from missionare.kit.logs import log
from missionare.kit.mongo import Database, Document, Session
from missionare.kit.read_models import FIRST, ReadModel
from missionare.kit.store import View

COLLECTION = "read_models"
FOLLOW_SECONDS = 1.0
OF_A_CONSUMER = ("streams", "cursors")
"""Collections whose rows are named `<consumer>|...`."""


@dataclass(frozen=True)
class Standing:
    """Where a read model stands."""

    serving: int = FIRST
    previous: int | None = None
    """Kept and fed for a way back."""
    building: int | None = None
    following: bool = False
    """The one being built has caught up by the feeds, and the workers bring it what comes by the topic."""
    highest: int = FIRST
    """The highest number ever given: none is given twice."""
    retired: tuple[int, ...] = ()
    """No longer fed, and dropped at the end of the next build."""

    @property
    def fed(self) -> tuple[int, ...]:
        """The generations that workers keep up to date."""
        building = self.building if self.following else None
        return tuple(number for number in (self.serving, self.previous, building) if number is not None)


class Generations:
    """The registry of a service's read models."""

    def __init__(self, database: Database) -> None:
        """Bind to the service's database."""
        self._database = database
        self._rows = database[COLLECTION]

    async def standing(self, model: ReadModel, session: Session = None) -> Standing:
        """Say where a model stands; one that was never built anew has no row."""
        return _standing(await self._rows.find_one({"_id": model.name}, session=session))

    async def all(self) -> dict[str, Standing]:
        """Say where every model that was ever built anew stands."""
        rows = await self._rows.find({}).to_list(None)
        return {row["_id"]: _standing(row) for row in rows}

    async def fed(self, handlers: Iterable[Handlers]) -> list[Handlers]:
        """Give the tables that workers apply facts with: each read model as all generations that are fed."""
        known = await self.all()
        found: list[Handlers] = []
        for table in handlers:
            if isinstance(table, ReadModel):
                found += [table.generation(number) for number in known.get(table.name, Standing()).fed]
            else:
                found.append(table)
        return found

    async def begin(self, model: ReadModel, *, anew: bool = False) -> Standing:
        """Begin a generation, or go on with one that was begun; `anew` gives that one up.

        The one kept for a way back is given up: there are never more than two besides the one being built.
        """
        while True:
            old = await self.standing(model)
            if old.building is not None and not anew:
                return old
            given_up = [number for number in (old.previous, old.building) if number is not None]
            new = Standing(
                serving=old.serving,
                building=old.highest + 1,
                highest=old.highest + 1,
                retired=(*old.retired, *given_up),
            )
            if await self._change(model, old, new):
                return new

    async def follow(self, model: ReadModel) -> Standing:
        """Let the workers bring what comes by the topic to the generation being built."""
        while True:
            old = await self.standing(model)
            new = Standing(old.serving, old.previous, old.building, True, old.highest, old.retired)
            if old == new or await self._change(model, old, new):
                return new

    async def flip(self, model: ReadModel, old: Standing, session: Session = None) -> bool:
        """Let the generation that was built serve, and keep the one before; False where somebody else was faster."""
        if old.building is None:
            return False
        new = Standing(old.building, old.serving, None, False, old.highest, old.retired)
        return await self._change(model, old, new, session)

    async def back(self, model: ReadModel) -> Standing | None:
        """Let the one before serve again, and keep the present one; None where there is none before."""
        while True:
            old = await self.standing(model)
            if old.previous is None:
                return None
            new = Standing(old.previous, old.serving, old.building, old.following, old.highest, old.retired)
            if await self._change(model, old, new):
                return new

    async def drop_retired(self, model: ReadModel) -> None:
        """Drop everything of the generations that are no longer fed."""
        old = await self.standing(model)
        for number in old.retired:
            await self._drop(model.generation(number))
        new = Standing(old.serving, old.previous, old.building, old.following, old.highest)
        await self._change(model, old, new)

    async def _drop(self, generation: ReadModel) -> None:
        for place in generation.places.values():
            await self._database[place].drop()
        consumer = generation.consumer
        for collection in OF_A_CONSUMER:
            await self._database[collection].delete_many({"_id": {"$gte": f"{consumer}|", "$lt": f"{consumer}}}"}})
        await self._database["parked"].delete_many({"consumer": consumer})
        await self._database["hops"].delete_many({"consumer": consumer})
        await self._database[FORKS].delete_many({"consumer": consumer})
        await self._database["counters"].delete_one({"_id": f"{consumer}:repaired"})
        await self._database["leases"].delete_one({"_id": f"reconcile:{consumer}"})

    async def _change(self, model: ReadModel, old: Standing, new: Standing, session: Session = None) -> bool:
        """Compare and set the whole document; the first one makes it."""
        try:
            result = await self._rows.replace_one(
                {"_id": model.name, **_document(old)}, _document(new), upsert=old == Standing(), session=session
            )
        except DuplicateKeyError:
            return False
        return bool(result.matched_count or result.upserted_id)


class Binding:
    """Keeps the views of a process where the registry says that their serving generation is."""

    def __init__(self, database: Database, handlers: Sequence[Handlers], views: Mapping[type[View], View]) -> None:
        """Bind the views of the read models among `handlers`."""
        self.generations = Generations(database)
        self.models = [table for table in handlers if isinstance(table, ReadModel)]
        self._views = views
        self._serving: dict[str, int] = {}

    async def look(self) -> None:
        """Bind every view to the generation that serves now."""
        known = await self.generations.all() if self.models else {}
        for model in self.models:
            number = known.get(model.name, Standing()).serving
            if self._serving.get(model.name) == number:
                continue
            for view, place in model.generation(number).places.items():
                self._views[view].stand_in(place)
            self._serving[model.name] = number
            log.info("a read model is served", consumer=f"{model.name}@{number}")

    async def follow(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            try:
                await self.look()
            except PyMongoError as error:
                log.warning("the database is away", error=type(error).__name__)


def _standing(row: Document | None) -> Standing:
    if row is None:
        return Standing()
    return Standing(
        row["serving"], row["previous"], row["building"], row["following"], row["highest"], tuple(row["retired"])
    )


def _document(standing: Standing) -> Document:
    return {
        "serving": standing.serving,
        "previous": standing.previous,
        "building": standing.building,
        "following": standing.following,
        "highest": standing.highest,
        "retired": list(standing.retired),
    }
