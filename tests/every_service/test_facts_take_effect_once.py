"""However often and in whatever order facts come, each has its effect once, in order; in every service."""

from __future__ import annotations

import asyncio
import random

import pytest
from every_service.hearing import Hearing, Story
from every_service.services import Running, fingerprint
from every_service.tree import SERVICES

from missionare.kit.applying import Via

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.thorough]

each_service = pytest.mark.parametrize("service", SERVICES)
SEED = 20_270_328


async def told(services: Running, service: str) -> tuple[Hearing, Story]:
    """Give a service, and a story that its neighbours have just told and nobody has brought yet."""
    hearing = await services.listening(service)
    return hearing, hearing.story()


async def assert_all_of_it_took_effect_once(hearing: Hearing, story: Story) -> None:
    assert await hearing.effects(story) == hearing.owed(story)
    assert await hearing.positions(story) == hearing.heads(story)
    assert await hearing.waiting(story) == {}


@each_service
async def test_every_fact_a_service_listens_to_takes_effect(services: Running, service: str) -> None:
    hearing, story = await told(services, service)

    await hearing.receive(story.records())

    heard = {fact.type.rpartition(".")[0] for fact in story.facts}
    assert heard >= {name for table in hearing.handlers for name in table.table} - hearing.unheard
    await assert_all_of_it_took_effect_once(hearing, story)


@each_service
async def test_facts_delivered_again_change_nothing(services: Running, service: str) -> None:
    hearing, story = await told(services, service)
    await hearing.receive(story.records())
    before = await fingerprint(hearing.platform)

    for batches_of in (200, 7, 1):
        await hearing.receive(story.records(), batches_of=batches_of)

    assert await fingerprint(hearing.platform) == before


@each_service
async def test_facts_delivered_again_in_disorder_change_nothing(services: Running, service: str) -> None:
    hearing, story = await told(services, service)
    await hearing.receive(story.records())
    before = await fingerprint(hearing.platform)

    await hearing.receive(story.disorder(random.Random(SEED)), batches_of=5)

    assert await fingerprint(hearing.platform) == before


@each_service
@pytest.mark.parametrize("batches_of", [200, 5])
async def test_facts_that_come_in_disorder_take_effect_in_order(
    services: Running, service: str, batches_of: int
) -> None:
    hearing, story = await told(services, service)

    await hearing.receive(story.disorder(random.Random(SEED)), batches_of=batches_of)

    await assert_all_of_it_took_effect_once(hearing, story)


@each_service
async def test_facts_brought_to_several_workers_at_once_take_effect_once(services: Running, service: str) -> None:
    hearing, story = await told(services, service)
    others = [hearing.another_worker(hearing.service.settings) for _ in range(2)]

    await asyncio.gather(*(worker.receive(story.records()) for worker in (hearing.worker, *others)))

    await assert_all_of_it_took_effect_once(hearing, story)


@each_service
async def test_what_a_gap_holds_back_waits_for_the_owner_s_feed(services: Running, service: str) -> None:
    hearing, story = await told(services, service)
    late = [facts[1:] for facts in story.streams.values() if len(facts) > 1]

    await hearing.receive([fact.record() for facts in late for fact in facts])
    assert await hearing.effects(story) == {}, "the first fact of each is missing"
    assert set(await hearing.waiting(story)) == {"held"}
    await hearing.receive([facts[0].record() for facts in story.streams.values() if len(facts) == 1])
    await hearing.fill_gaps()

    await assert_all_of_it_took_effect_once(hearing, story)


@each_service
async def test_a_gap_stays_open_while_the_owner_is_away_and_nothing_is_lost(services: Running, service: str) -> None:
    hearing, story = await told(services, service)
    lost = {facts[0].id for facts in story.streams.values()}

    await hearing.receive([fact.record() for fact in story.facts if fact.id not in lost])
    before = await hearing.waiting(story)
    with hearing.owners_away():
        await hearing.fill_gaps()
    assert await hearing.waiting(story) == before
    await hearing.receive([fact.record() for fact in story.facts if fact.id in lost])

    await assert_all_of_it_took_effect_once(hearing, story)


@each_service
async def test_what_the_topic_never_brought_is_repaired_and_counted(services: Running, service: str) -> None:
    hearing, story = await told(services, service)
    before = await hearing.repaired()

    await hearing.reconcile(story, Via.FEED)

    await assert_all_of_it_took_effect_once(hearing, story)
    assert await hearing.repaired() - before == sum(hearing.read(story).values())


@each_service
async def test_what_the_topic_has_brought_is_not_repaired(services: Running, service: str) -> None:
    hearing, story = await told(services, service)
    await hearing.receive(story.records())
    before = await hearing.repaired()

    await hearing.reconcile(story, Via.FEED)

    assert await hearing.repaired() == before


@each_service
async def test_facts_that_the_topic_brings_after_their_repair_change_nothing(services: Running, service: str) -> None:
    hearing, story = await told(services, service)
    await hearing.reconcile(story, Via.FEED)
    before = await fingerprint(hearing.platform)

    await hearing.receive(story.records())

    assert await fingerprint(hearing.platform) == before


@each_service
async def test_without_the_guard_a_fact_delivered_again_has_its_effect_twice(services: Running, service: str) -> None:
    """The sabotage twin: a guard that forgets is seen by fingerprint and effects alike."""
    hearing, story = await told(services, service)
    await hearing.receive(story.records())
    before = await fingerprint(hearing.platform)

    await hearing.database["streams"].delete_many({})
    await hearing.receive(story.records())

    assert await fingerprint(hearing.platform) != before
    assert await hearing.effects(story) == {name: 2 * facts for name, facts in hearing.owed(story).items()}
