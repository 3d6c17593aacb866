"""The imaginary service: a box is filled by a consumer's handler, and its facts are counted by a read model."""

from __future__ import annotations

from pymongo import UpdateOne

from missionare.kit.aggregates import Aggregate
from missionare.kit.clock import Clock
from missionare.kit.facts import Fact
from missionare.kit.handlers import Handlers, Received
from missionare.kit.ledger import Ledger
from missionare.kit.mongo import Database, Filter
from missionare.kit.store import Scope, Store
from missionare.kit.work import Context, Origin, Work

SYSTEM = Scope.system("test")


class Box(Aggregate):
    items: int = 0


class Boxes(Store[Box]):
    collection = "boxes"
    aggregate = "box"
    model = Box

    def within(self, scope: Scope) -> Filter:
        return {}


class BoxFilled(Received, source="boxes", aggregate="box"):
    box_id: str
    items: int


class BoxShredded(Received, source="boxes", aggregate="box"):
    box_id: str


def tally(consumer: str = "tally", *, together: bool = False) -> Handlers:
    """A consumer that adds up items per box: applying a fact twice or out of order shows in the row."""
    handlers = Handlers(consumer)

    @handlers.on(BoxFilled, together=together)
    async def on_box_filled(fact: BoxFilled, work: Work) -> None:
        if fact.items < 0:
            msg = "a box cannot hold less than nothing"
            raise ValueError(msg)
        change = {"$inc": {"items": fact.items, "facts": 1}, "$push": {"order": fact.items}}
        work.write("tallies", UpdateOne({"_id": f"{consumer}:{fact.box_id}"}, change, upsert=True))

    return handlers


async def context_of(database: Database, service: str = "boxes") -> Context:
    """Prepare a database for the imaginary service."""
    ledger = Ledger(database)
    await ledger.ensure()
    await database.primary.prove()
    names = [
        "boxes",
        "tallies",
        "streams",
        "parked",
        "cursors",
        "counters",
        "forks",
        "positions",
        "decisions",
        "read_models",
    ]
    await database.ensure_collections(names)
    return Context(service, database, Clock(), ledger, {Boxes: Boxes(database)})


async def save(context: Context, box: Box, *facts: Fact) -> Box:
    """Save a box with its facts, as a command would."""
    work = Work(context, Origin("tester", "c-1"))
    boxes = work.store(Boxes)
    work.save(boxes, box, facts)
    await work.commit()
    return await boxes.get(box.id, SYSTEM)
