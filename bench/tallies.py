"""An imaginary service that hears of boxes and adds up what went in: as a read model, or as a process."""

from __future__ import annotations

from typing import Final

from pymongo import UpdateOne

from missionare.kit.aggregates import Aggregate
from missionare.kit.clock import Clock
from missionare.kit.facts import Fact, Id
from missionare.kit.handlers import Handlers, Received
from missionare.kit.ledger import Ledger
from missionare.kit.mongo import Database
from missionare.kit.store import Scope, Store
from missionare.kit.work import Context, Work
from missionare.kit.worker import COLLECTIONS

ANYBODY: Final = Scope.system("a benchmark asks for nobody")


class TallyRaised(Fact, aggregate="tally"):
    """A tally follows a box."""

    tally_id: Id
    items: int


class Tally(Aggregate):
    """What went into a box, as a process keeps it: an aggregate with facts of its own."""

    items: int = 0
    facts: int = 0


class Tallies(Store[Tally]):
    """One tally per box."""

    collection = "tallies"
    aggregate = "tally"
    model = Tally


class BoxFilled(Received, source="boxes", aggregate="box"):
    """What is read of the fact."""

    box_id: str
    items: int


def read_model(consumer: str) -> Handlers:
    """Give a consumer with plain writes to a read model: facts of several boxes share a transaction."""
    handlers = Handlers(consumer)

    @handlers.on(BoxFilled, together=True)
    async def on_box_filled(fact: BoxFilled, work: Work) -> None:
        change = {"$inc": {"items": fact.items, "facts": 1}}
        work.write("tallies", UpdateOne({"_id": fact.box_id}, change, upsert=True))

    return handlers


def process(consumer: str) -> Handlers:
    """Give a consumer that loads, decides and saves an aggregate with a fact: one transaction per fact."""
    handlers = Handlers(consumer)

    @handlers.on(BoxFilled)
    async def on_box_filled(fact: BoxFilled, work: Work) -> None:
        tallies = work.store(Tallies)
        tally = await tallies.find(fact.box_id, ANYBODY) or Tally(id=fact.box_id)
        raised = tally.changed(items=tally.items + fact.items, facts=tally.facts + 1)
        work.save(tallies, raised, [TallyRaised(tally_id=fact.box_id, items=raised.items)])

    return handlers


async def prepared(database: Database) -> Context:
    """Create its collections and indexes."""
    ledger = Ledger(database)
    await ledger.ensure()
    await database.primary.prove()
    await database.ensure_collections([*COLLECTIONS, "tallies"])
    return Context("tallies", database, Clock(), ledger, {Tallies: Tallies(database)})


async def check(database: Database, count: int) -> None:
    """Assert that every fact is in the state, once."""
    (sums,) = await database.aggregate("tallies", [{"$group": {"_id": None, "facts": {"$sum": "$facts"}}}])
    if sums["facts"] != count:
        msg = f"{sums['facts']} facts in the state instead of {count}"
        raise AssertionError(msg)
