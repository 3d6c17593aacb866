"""A tally in each service: which facts were applied, per aggregate, in the order in which that happened.

Its effect is the one that forgives nothing: each application appends the fact's id to a list. A fact that is lost,
applied twice or applied out of order is seen by comparing the list with the owner's chain. It is an ordinary consumer
of the kit, so it stands behind the same topic, guard, parking and reconciliation as the others.
"""

import importlib

from pymongo import UpdateOne

from missionare.kit.facts import Fact
from missionare.kit.handlers import Handlers, Received
from missionare.kit.store import Scope, View

SERVICES = ("members", "journeys", "catalog", "notifications")
CONSUMER = "promises.tally@1"
SHARED = frozenset({"members", "catalog"})
"""Where facts of several aggregates share a transaction; in the others each has its own, and both ways are tried."""


class Tallies(View):
    collection = "promises_tally"

    def within(self, scope: Scope):
        return {}


def watched(service):
    """Add the tally to a service that has not started."""
    handlers = Handlers(consumer=CONSUMER)
    for model in _models():
        handlers.on(model, together=service.name in SHARED)(_append)
    service.handlers = (*service.handlers, handlers)
    service.views = (*service.views, Tallies)
    return service


async def _append(fact, work):
    work.write(
        Tallies.collection,
        UpdateOne({"_id": work.fact.stream}, {"$push": {"facts": work.fact.id}}, upsert=True),
    )


def published():
    """Give every fact that any service publishes."""
    for source in SERVICES:
        events = importlib.import_module(f"missionare.{source}.events")
        for fact in vars(events).values():
            if isinstance(fact, type) and issubclass(fact, Fact) and fact is not Fact:
                yield fact


def _models():
    """Give a model without fields for every fact."""
    for fact in published():
        yield type(Received)(
            fact.__name__,
            (Received,),
            {"__module__": __name__},
            source=fact.service,
            aggregate=fact.aggregate,
            version=fact.version,
        )
