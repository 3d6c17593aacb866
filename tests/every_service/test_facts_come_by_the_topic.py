"""Each service's real worker on the real broker: what the topic brings, what it spoils, what it never brings."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from every_service.hearing import failing_with
from every_service.services import Running
from every_service.spoilt import NO_FACTS, Mixed
from every_service.topic import OnTheTopic
from every_service.tree import SERVICES
from support.waiting import eventually

from missionare.kit import topics
from missionare.kit.topics import topic_of

pytestmark = [pytest.mark.broker, pytest.mark.asyncio(loop_scope="session")]

SEED = 20_261_025


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=SERVICES)
async def topic(request: pytest.FixtureRequest, services: Running, kafka: str) -> AsyncIterator[OnTheTopic]:
    """A service whose worker runs; a test that stops it starts it again."""
    topic = OnTheTopic(await services.listening(request.param), kafka)
    await topic.open()
    await topic.start()
    yield topic
    await topic.close()
    assert topic.hearing.failures == []


async def test_what_the_topic_brings_takes_effect_once(topic: OnTheTopic) -> None:
    story = topic.hearing.story()

    await topic.send(story.disorder(random.Random(SEED)))

    await topic.arrived(story)


async def test_rubbish_on_the_topic_is_kept_raw_and_the_others_take_effect(topic: OnTheTopic) -> None:
    hearing, story = topic.hearing, topic.hearing.story()
    records = story.records()
    elsewhere = next(topic_of(source) for source in topic.sources if topic_of(source) != records[0].topic)
    spoils = {**NO_FACTS, "another's topic": lambda record: record.but(topic=elsewhere)}
    rubbish = [spoil(records[0]) for spoil in spoils.values()]
    half = len(records) // 2

    sent = await topic.send([*records[:half], *rubbish, *records[half:]])

    await topic.arrived(story)
    wanted = {record.position for record in sent[half : half + len(rubbish)]}
    await eventually(lambda: _includes(hearing.kept_raw(since=0), wanted))


async def test_a_fact_whose_handler_fails_is_parked_and_the_loop_lives(topic: OnTheTopic, services: Running) -> None:
    await assert_only_its_aggregate_waits(topic, services, LookupError())


async def test_a_fact_whose_handler_leaks_a_cancellation_is_parked_and_the_loop_lives(
    topic: OnTheTopic, services: Running
) -> None:
    await assert_only_its_aggregate_waits(topic, services, asyncio.CancelledError())


async def assert_only_its_aggregate_waits(topic: OnTheTopic, services: Running, error: BaseException) -> None:
    mixed = await Mixed.of(services, topic.hearing.service.name)
    topic.hearing.troubles[mixed.bad.id] = failing_with(error)

    await topic.send(mixed.records())

    await topic.arrived(mixed.good)
    await eventually(mixed.is_set_aside)
    await mixed.assert_it_took_effect_up_to_the_bad_one()
    await topic.deliver(topic.hearing.story(subjects=1))


async def test_a_newer_version_and_an_unknown_type_stop_nobody_else(topic: OnTheTopic, services: Running) -> None:
    newer, unknown = [await Mixed.of(services, topic.hearing.service.name) for _ in range(2)]

    await topic.send([*newer.of_a_newer_version(), *unknown.of_an_unknown_type()])

    await topic.arrived(newer.good)
    await topic.arrived(unknown.good)
    await eventually(newer.is_set_aside)
    await eventually(unknown.is_passed)


async def test_what_the_topic_never_brought_is_repaired_and_counted(topic: OnTheTopic) -> None:
    hearing, story = topic.hearing, topic.hearing.story()
    before = await hearing.repaired()

    for owner in hearing.neighbours.owners.values():
        owner.confirm(story.facts, ago=timedelta(minutes=2))

    await topic.arrived(story)
    assert await hearing.repaired() - before == sum(hearing.read(story).values())


async def test_a_worker_that_stops_in_a_batch_finishes_it_and_its_successor_repeats_nothing(topic: OnTheTopic) -> None:
    hearing, story = topic.hearing, topic.hearing.story()
    reached, release = asyncio.Event(), asyncio.Event()
    first = next(fact for fact in story.facts if any(table.find(fact.type) for table in hearing.handlers))

    async def hold() -> None:
        reached.set()
        await release.wait()

    hearing.troubles[first.id] = hold
    await topic.send(story.records())
    await asyncio.wait_for(reached.wait(), 30)
    running = topic.worker
    stopping = asyncio.create_task(topic.stop())
    await eventually(running._stopping.is_set)
    release.set()
    await stopping
    assert first.id in {fact for facts in (await hearing.effects(story)).values() for fact in facts}
    later = hearing.story(subjects=1)
    await topic.send(later.records())
    await topic.start()

    await topic.arrived(story)
    await topic.arrived(later)


async def test_what_a_deleted_topic_held_comes_from_the_owners_feeds(topic: OnTheTopic) -> None:
    hearing, story = topic.hearing, topic.hearing.story()
    await topic.stop()
    await topic.send(story.records())
    for owner in hearing.neighbours.owners.values():
        owner.confirm(story.facts)

    await topic.recreate()
    await topic.start()

    await topic.arrived(story)
    await topic.deliver(hearing.story(subjects=1))


async def test_a_worker_does_not_start_on_a_wrong_topic_and_says_which(topic: OnTheTopic) -> None:
    await topic.stop()
    await topic.recreate(partitions=4)

    await topic.start(ready=False)
    await eventually(lambda: topic.hearing.failures)
    await topic.stop()

    said = topic.hearing.failures.pop(0)
    topic.hearing.failures.clear()  # relay and consumers have both refused
    for source in topic.sources:
        assert f"{source}.events: 4 partitions instead of 12; {topics.RECREATE}" in said
    await topic.recreate()
    await topic.start()
    await topic.deliver(topic.hearing.story(subjects=1))


async def _includes(found: object, wanted: set[str]) -> bool:
    return wanted <= await found
