"""A read model of the imaginary service: what was put into each box, in the order in which it was heard."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

from pymongo import UpdateOne
from support.boxes.service import Boxes, BoxFilled

from missionare.kit.mongo import Database
from missionare.kit.projection import Projection
from missionare.kit.read_models import ReadModel
from missionare.kit.service import Service
from missionare.kit.settings import Settings
from missionare.kit.store import Index, View
from missionare.kit.testing import settings_for
from missionare.kit.work import Context


class Fillings(View):
    """One row per box."""

    collection = "fillings"
    indexes = (Index("facts", ["facts"]),)


def fillings(unready: Container[int] = ()) -> ReadModel:
    """Give the model; negative items cannot be applied, and `unready` ones not as long as they are in there."""
    model = ReadModel("boxes.fillings", views=(Fillings,))

    @model.on(BoxFilled)
    async def on_box_filled(fact: BoxFilled, projection: Projection) -> None:
        if fact.items < 0:
            msg = "a box cannot hold less than nothing"
            raise ValueError(msg)
        if fact.items in unready:
            raise LookupError
        change = {"$inc": {"items": fact.items, "facts": 1}, "$push": {"order": fact.items}}
        projection.write(Fillings.collection, UpdateOne({"_id": fact.box_id}, change, upsert=True))

    return model


def service_of(mongo_url: str, folder: Path, *models: ReadModel) -> Service:
    """Wire the imaginary service with these read models."""
    settings = settings_for("boxes", mongo_url, folder, kind=Settings)
    return Service("boxes", settings, stores=(Boxes,), views=(Fillings,), handlers=models)


async def confirm(context: Context) -> None:
    """Confirm everything that is pending, as a relay does once the broker has it."""
    database: Database = context.database
    ids = [row["_id"] async for row in database["outbox"].find({}, sort=[("_id", 1)])]
    last = await database["confirmations"].find_one({}, sort=[("_id", -1)])
    n = last["_id"]["n"] + 1 if last else 1
    row = {"_id": {"era": await context.ledger.era(), "n": n}, "at": await context.ledger.server_time(), "facts": ids}
    await database["confirmations"].insert_one(row)
    await database["outbox"].delete_many({"_id": {"$in": ids}})
