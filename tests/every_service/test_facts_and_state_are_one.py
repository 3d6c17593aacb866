"""State, facts, idempotency record and guard are saved together or not at all, whatever ends a transaction."""

from __future__ import annotations

import asyncio

import pytest
from every_service.examples import Change, change, mailed_link
from every_service.interruption import failing_at_its_end, held_before_its_commit
from every_service.requests import problem
from every_service.services import Running, fingerprint
from every_service.tree import SERVICES
from pymongo.errors import AutoReconnect

from missionare.kit.ids import uuid7
from missionare.kit.mongo import Database

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.thorough]

each_service = pytest.mark.parametrize("service", SERVICES)
failing = pytest.mark.parametrize(
    ("error", "status"), [(AutoReconnect("away"), 503), (RuntimeError("broken"), 500)], ids=["database", "code"]
)


async def unaccounted(database: Database) -> set[str]:
    """Name the facts that are neither pending nor confirmed, and what is pending or confirmed without a fact."""
    facts = {row["_id"] async for row in database["facts"].find({}, {"_id": 1})}
    pending = {row["_id"] async for row in database["outbox"].find({}, {"_id": 1})}
    confirmed = {fact async for row in database["confirmations"].find({}) for fact in row["facts"]}
    assert pending.isdisjoint(confirmed)
    return facts ^ (pending | confirmed)


def send(wanted: Change, key: str) -> asyncio.Task:
    sending = wanted.caller.send(wanted.method, wanted.path, body=wanted.body, match=wanted.version, key=key)
    return asyncio.ensure_future(sending)


@each_service
async def test_every_fact_that_was_saved_is_pending(services: Running, service: str) -> None:
    wanted, platform = await change(services, service), await services.of(service)

    assert (await send(wanted, uuid7())).status_code == 200
    if service == "members":
        await mailed_link(services, service)  # to draft a goal is nobody else's matter, to invite somebody is

    database = platform.service.database
    assert await database["facts"].count_documents({}) > 0
    assert await unaccounted(database) == set()


@each_service
@failing
async def test_a_command_whose_commit_fails_leaves_nothing_and_may_be_sent_again_with_its_key(
    services: Running, service: str, error: Exception, status: int
) -> None:
    wanted, platform, key = await change(services, service), await services.of(service), uuid7()
    before = await fingerprint(platform)

    with failing_at_its_end(platform.service.database, error=error):
        for _ in range(2):
            assert (await send(wanted, key)).status_code == status
    assert await fingerprint(platform) == before
    again = await send(wanted, key)

    assert again.status_code == 200, again.text
    assert await fingerprint(platform) != before
    assert await unaccounted(platform.service.database) == set()


@each_service
async def test_a_command_that_is_under_way_is_not_begun_a_second_time(services: Running, service: str) -> None:
    wanted, platform, key = await change(services, service), await services.of(service), uuid7()

    with held_before_its_commit(platform.service.database) as (reached, release):
        first = send(wanted, key)
        await reached.wait()
        meanwhile = await send(wanted, key)
        release.set()
        done = await first
    after = await fingerprint(platform)
    repeated = await send(wanted, key)

    assert (meanwhile.status_code, problem(meanwhile)["code"]) == (409, "in_flight")
    assert (done.status_code, repeated.status_code) == (200, 200)
    assert repeated.json() == done.json()
    assert await fingerprint(platform) == after


@each_service
async def test_a_fact_s_effect_and_its_place_in_the_guard_are_saved_together(services: Running, service: str) -> None:
    hearing = await services.listening(service)
    story = hearing.story()
    envelopes = story.envelopes()
    before = await fingerprint(hearing.platform)

    with failing_at_its_end(hearing.database, error=AutoReconnect("away")):
        for consumer in hearing.worker.consumers:
            with pytest.raises(AutoReconnect):
                await consumer.batch(envelopes)
    assert await fingerprint(hearing.platform) == before
    await hearing.receive(story.records())

    assert await hearing.effects(story) == hearing.owed(story)
    assert await hearing.waiting(story) == {}


@each_service
async def test_what_a_service_tells_because_of_a_fact_is_saved_with_its_effect(services: Running, service: str) -> None:
    hearing = await services.listening(service)
    story = hearing.story()

    await hearing.receive(story.records())

    assert await unaccounted(hearing.database) == set()
