"""A read model is built anew while it serves, lacks nothing when it takes over, and can be taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import InsertOne
from support.boxes.events import BoxFilled
from support.boxes.fillings import Fillings, confirm, fillings, service_of
from support.boxes.service import Box, save, tally
from support.boxes.service import BoxFilled as ReceivedFilled

from missionare.kit.comparison import canonical_hash
from missionare.kit.consumer import COLLECTIONS, Consumer
from missionare.kit.decisions import Decisions, Kind
from missionare.kit.envelope import Envelope, from_row
from missionare.kit.forks import Forks
from missionare.kit.generations import Generations
from missionare.kit.projection import Projection
from missionare.kit.read_models import ReadModel
from missionare.kit.rebuild import NoSuchReadModel, NothingToGoBackTo, NotReady, Progress, back, rebuild
from missionare.kit.service import Service
from missionare.kit.work import Origin, Work

NAME = "boxes.fillings"
SOON = 0.5
"""Seconds after which a test's rebuild says that it is not fit to serve."""


@pytest.fixture
async def service(mongo_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    service = service_of(mongo_url, tmp_path, fillings())
    await service.open()
    await service.database.ensure_collections(COLLECTIONS)
    yield service
    await service.database["fillings@2"].drop()
    await service.database["fillings@3"].drop()
    await service.database["fillings@4"].drop()
    await service.stop()


async def told(service: Service, boxes: int = 3, facts: int = 4) -> list[Envelope]:
    """Save boxes with facts, have them confirmed, and give what their owner has sent."""
    for number in range(boxes):
        box = Box(id=f"b{number}")
        for items in range(1, facts + 1):
            box = await save(service.context, box, BoxFilled(box_id=box.id, items=items))
    await confirm(service.context)
    return await sent(service)


async def sent(service: Service) -> list[Envelope]:
    rows = await service.database["facts"].find({}, sort=[("_id", 1)]).to_list(None)
    return [from_row(row, "boxes") for row in rows]


async def heard(service: Service, envelopes: list[Envelope], number: int = 1) -> Consumer:
    """Bring facts to a generation as the topic would."""
    model = service.binding.models[0].generation(number)
    consumer = Consumer(service.context, model, {"boxes": service.context.ledger})
    await consumer.batch(envelopes)
    return consumer


async def orders(service: Service, collection: str) -> dict[str, list[int]]:
    return {row["_id"]: row["order"] for row in await service.database[collection].find({}).to_list(None)}


def served(service: Service) -> str:
    """Name the collection that the process reads."""
    return str(service.context.views[Fillings].rows.name)


async def decide(service: Service, envelope: Envelope, kind: Kind, value: str | None = None) -> None:
    """Decide about a fact, as an operator does on the row of the first generation."""
    work = Work(service.context, Origin("operator", "c-1"))
    decisions = Decisions(service.database, f"{NAME}@1")
    work.claim(decisions.keep(envelope, kind, value=value, by="operator", why="test"))
    await work.commit()


async def test_what_is_built_anew_says_what_the_live_one_says_and_takes_its_place(service: Service) -> None:
    await heard(service, await told(service))
    assert served(service) == "fillings"

    report = await rebuild(service, NAME)

    assert (report.serving, report.previous, report.facts, report.documents) == (2, 1, 12, {"fillings": 3})
    assert served(service) == "fillings@2"
    assert await orders(service, "fillings@2") == {f"b{n}": [1, 2, 3, 4] for n in range(3)}
    assert await canonical_hash(service.database, "fillings@2") == await canonical_hash(service.database, "fillings")
    assert [*await service.database["fillings@2"].index_information()] == ["_id_", "facts"]


async def test_a_process_that_runs_meanwhile_notices_the_flip(service: Service, mongo_url: str, tmp_path: Path) -> None:
    await heard(service, await told(service))
    other = service_of(mongo_url, tmp_path, fillings())
    await other.open()
    try:
        await rebuild(service, NAME)
        await other.binding.look()

        assert served(other) == "fillings@2"
    finally:
        await other.stop()


@pytest.mark.parametrize("era", [1, 1_800_000_000])
async def test_a_lost_fact_keeps_the_old_generation_serving(service: Service, era: int) -> None:
    """The twin: the owner's feed leaves out the last fact of a box, which its chain cannot show."""
    await service.database["leases"].update_one({"_id": "relay"}, {"$set": {"era": era}})
    envelopes = await told(service)
    await heard(service, envelopes)
    lost = envelopes[-1].id
    await service.database["confirmations"].update_many({}, {"$pull": {"facts": lost}})

    with pytest.raises(NotReady, match="events of 1 aggregates are missing"):
        await rebuild(service, NAME, patience_seconds=SOON)

    assert served(service) == "fillings"


async def test_what_a_restored_owner_forgot_keeps_no_new_generation_from_serving(service: Service) -> None:
    envelopes = await told(service)
    await heard(service, envelopes)
    forgotten = envelopes[-1]
    await service.database["confirmations"].update_many({}, {"$pull": {"facts": forgotten.id}})
    stream = f"boxes.fillings@1|{forgotten.stream}"
    await Forks(service.database, "boxes.fillings@1").keep(stream, forgotten.seen, owner_era=7)

    report = await rebuild(service, NAME, any_count=True, patience_seconds=SOON)

    assert report.serving == 2


async def test_an_interrupted_build_goes_on_where_it_was(service: Service) -> None:
    class Killed(Exception):
        pass

    def die(_: Progress) -> None:
        raise Killed

    envelopes = await told(service)
    await heard(service, envelopes)
    lost = envelopes[-1].id
    await service.database["confirmations"].update_many({}, {"$pull": {"facts": lost}})
    with pytest.raises(Killed):
        await rebuild(service, NAME, tell=die)
    assert len((await orders(service, "fillings@2"))["b0"]) == 4

    await service.database["confirmations"].insert_one(
        {"_id": {"era": 1, "n": 2}, "at": await service.context.ledger.server_time(), "facts": [lost]}
    )
    report = await rebuild(service, NAME)

    assert (report.serving, report.facts) == (2, 12)
    assert await orders(service, "fillings@2") == await orders(service, "fillings")


async def test_another_number_of_documents_must_be_meant(service: Service) -> None:
    await heard(service, await told(service))
    await service.database["fillings"].delete_one({"_id": "b0"})

    with pytest.raises(NotReady, match="fillings 2 / 3"):
        await rebuild(service, NAME)
    report = await rebuild(service, NAME, any_count=True)

    assert report.documents == {"fillings": 3}


async def test_another_content_shows_in_the_canonical_hash(service: Service) -> None:
    """The twin: a generation that counted a fact twice is seen, though nothing is missing and the counts agree."""
    envelopes = await told(service)
    consumer = await heard(service, envelopes)
    await service.database["streams"].delete_one({"_id": consumer.guard.id_of(envelopes[0])})
    await consumer.batch([envelope for envelope in envelopes if envelope.subject == envelopes[0].subject])

    await rebuild(service, NAME)

    assert await canonical_hash(service.database, "fillings@2") != await canonical_hash(service.database, "fillings")


async def test_facts_that_cannot_be_applied_are_for_a_person_first(service: Service) -> None:
    box = await save(service.context, Box(id="bad"), BoxFilled(box_id="bad", items=-1))
    await save(service.context, box, BoxFilled(box_id="bad", items=2))
    await heard(service, await told(service))

    with pytest.raises(NotReady, match="1 parked, 1 queued"):
        await rebuild(service, NAME)


async def test_what_was_decided_about_a_fact_is_obeyed(service: Service) -> None:
    box = await save(service.context, Box(id="edited"), BoxFilled(box_id="edited", items=-1))
    await save(service.context, box, BoxFilled(box_id="edited", items=2))
    box = await save(service.context, Box(id="left-out"), BoxFilled(box_id="left-out", items=-1))
    await save(service.context, box, BoxFilled(box_id="left-out", items=3))
    envelopes = await told(service, boxes=0)
    await heard(service, envelopes)
    first, _, third, _ = envelopes
    await decide(service, first, Kind.EDIT, '{"box_id":"edited","items":7}')
    await decide(service, third, Kind.DISCARD)

    await rebuild(service, NAME)

    assert await orders(service, "fillings@2") == {"edited": [7, 2], "left-out": [3]}


async def test_a_decision_about_a_fact_that_was_applied_keeps_the_build_from_serving(service: Service) -> None:
    envelopes = await told(service)
    await heard(service, envelopes)
    await Generations(service.database).begin(service.binding.models[0])
    await heard(service, envelopes, number=2)
    await decide(service, envelopes[0], Kind.DISCARD)

    with pytest.raises(NotReady, match="decided otherwise about 1"):
        await rebuild(service, NAME)
    report = await rebuild(service, NAME, anew=True, any_count=True)

    assert report.serving == 3
    assert (await orders(service, "fillings@3"))["b0"] == [2, 3, 4]


async def test_the_way_back_is_one_flip_and_as_fresh(service: Service) -> None:
    await heard(service, await told(service))
    with pytest.raises(NothingToGoBackTo):
        await back(service, NAME)
    await rebuild(service, NAME)

    report = await back(service, "fillings")

    assert (report.serving, report.previous, served(service)) == (1, 2, "fillings")
    fed = await Generations(service.database).fed(service.handlers)
    assert [table.consumer for table in fed] == [f"{NAME}@1", f"{NAME}@2"]


async def test_a_generation_that_is_no_longer_needed_leaves_nothing(service: Service) -> None:
    await heard(service, await told(service))
    await rebuild(service, NAME)

    await rebuild(service, NAME)

    database = service.database
    assert "fillings" not in await database.client[database.name].list_collection_names()
    for collection in ("streams", "cursors"):
        names = {row["_id"].partition("|")[0] async for row in database[collection].find({})}
        assert names == {f"{NAME}@2", f"{NAME}@3"}


async def test_what_has_effects_outside_cannot_be_built_anew(mongo_url: str, tmp_path: Path) -> None:
    service = service_of(mongo_url, tmp_path, fillings())
    service.handlers = (*service.handlers, tally("boxes"))

    with pytest.raises(NoSuchReadModel, match=r"'boxes'.*These can be built anew: boxes\.fillings"):
        await rebuild(service, "boxes")


async def test_a_projection_writes_its_own_documents_and_nothing_else(service: Service) -> None:
    model = ReadModel(NAME, views=(Fillings,))

    @model.on(ReceivedFilled)
    async def on_box_filled(fact: ReceivedFilled, projection: Any) -> None:
        projection.write("mails", InsertOne({"_id": fact.box_id}))

    consumer = Consumer(service.context, model, {})
    await consumer.batch(await told(service, boxes=1, facts=1))

    assert await consumer.parking.waiting() == {"held": 0, "parked": 1, "queued": 0, "dead": 0, "raw": 0}
    assert await service.database["mails"].count_documents({}) == 0
    assert {name for name in vars(Projection) if not name.startswith("_")} == {"write", "ignored"}
