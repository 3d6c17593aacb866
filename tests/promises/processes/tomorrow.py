"""A reader of tomorrow in each service: it knows the next version of every fact, in which something more is said.

Facts of today are brought up to that version when they are read, as a real consumer does that is rolled out before a
new version is published. It is started only where PROMISES_TOMORROW is set.
"""

import os

from promises.processes.tally import published
from pymongo import UpdateOne

from missionare.kit.handlers import Handlers, Received
from missionare.kit.store import Scope, View

CONSUMER = "promises.tomorrow@1"
MORE = "said_since_then"
NOTHING_YET = "nothing yet"

_said_before = {MORE: NOTHING_YET}
"""What was not said in the versions before."""


class Readings(View):
    """What was read, by the fact's id."""

    collection = "promises_readings"

    def within(self, scope: Scope):
        return {}


def reading(service):
    """Add the reader to a service that has not started, if this run asks for it."""
    if not os.environ.get("PROMISES_TOMORROW"):
        return service
    handlers = Handlers(consumer=CONSUMER)
    for fact in published():
        model = type(Received)(
            fact.__name__,
            (Received,),
            {
                "__module__": __name__,
                "__annotations__": {MORE: str},
                "upcasts": dict.fromkeys(range(1, fact.version + 1), _brought_up),
            },
            source=fact.service,
            aggregate=fact.aggregate,
            version=fact.version + 1,
        )
        handlers.on(model)(_note)
    service.handlers = (*service.handlers, handlers)
    service.views = (*service.views, Readings)
    return service


def forget_the_upcast():
    """Ask for a field more, without a way up for what was said before."""
    _said_before.clear()


def _brought_up(said):
    return {**said, **_said_before}


async def _note(fact, work):
    row = {"type": work.fact.type, "said": getattr(fact, MORE)}
    work.write(Readings.collection, UpdateOne({"_id": work.fact.id}, {"$set": row, "$inc": {"times": 1}}, upsert=True))
