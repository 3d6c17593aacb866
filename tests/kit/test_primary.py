"""Decisions count under the primary that they were read from, and refusals only after a majority was asked."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from pymongo import MongoClient
from pymongo.errors import AutoReconnect
from support.boxes.events import BoxOpened
from support.boxes.service import Box, Boxes, context_of
from support.waiting import eventually

from missionare.kit.callers import Caller
from missionare.kit.commands import Act, Command, Commands, Done
from missionare.kit.mongo import Database
from missionare.kit.refusals import NotFound
from missionare.kit.testing import Platform
from missionare.kit.work import Context, LostRace, Origin, ReadTooEarly, Work


def opening(context: Context, box: str) -> Work:
    work = Work(context, Origin("person:p1", "c1"))
    work.save(work.store(Boxes), Box(id=box), [BoxOpened(box_id=box, by="p1")])
    return work


async def elect_again(database: Database, mongod: str) -> None:
    """Have the primary give up its place and be elected once more; return when the driver knows."""
    before = database.primary.term
    with MongoClient(mongod, directConnection=True) as client, suppress(AutoReconnect):
        client.admin.command("replSetStepDown", 1, force=True)

    async def known() -> bool:
        return database.primary.term not in {None, before}

    await eventually(known, within=20)


async def test_what_was_decided_before_an_election_is_not_committed_after_it(database: Database, mongod: str) -> None:
    context = await context_of(database)
    decided_before = opening(context, "b1")
    await elect_again(database, mongod)

    with pytest.raises(ReadTooEarly):
        await decided_before.commit()
    assert await database["boxes"].count_documents({}) == 0

    await opening(context, "b1").commit()
    assert await database["boxes"].count_documents({}) == 1


async def test_after_an_election_the_first_decision_is_tried_again_and_the_new_primary_proven(
    database: Database, mongod: str
) -> None:
    context = await context_of(database)
    await elect_again(database, mongod)

    with pytest.raises(LostRace):
        await opening(context, "b1").commit()
    await opening(context, "b1").commit()

    assert database.primary.proven == database.primary.term


async def test_a_refusal_that_was_read_before_an_election_is_not_told(things: Platform, mongod: str) -> None:
    looks: list[str] = []

    async def decide(command: Command) -> Done:
        looks.append("look")
        if len(looks) == 1:  # as from a primary that does not know what another one has told already
            await elect_again(things.service.database, mongod)
            raise NotFound(id="t1")
        return command.done("t1")

    act = Act("make_thing", Caller.visitor(), "t1", decide=decide)
    performed = await Commands(things.service.site).perform(act)

    assert performed.outcome.object_id == "t1"


async def test_a_refusal_is_told_once_a_majority_was_asked_and_nothing_is_decided_twice(things: Platform) -> None:
    proofs = things.service.database.primary._given
    looks: list[str] = []

    async def decide(command: Command) -> Done:
        looks.append("look")
        raise NotFound(id="t1")

    with pytest.raises(NotFound):
        await Commands(things.service.site).perform(Act("make_thing", Caller.visitor(), "t1", decide=decide))

    assert (len(looks), things.service.database.primary._given) == (1, proofs + 1)


async def test_whoever_comes_while_a_proof_is_under_way_shares_the_next(database: Database) -> None:
    primary = database.primary
    before = primary._begun

    await asyncio.gather(*(primary.prove() for _ in range(100)))

    assert primary._begun - before == 2
