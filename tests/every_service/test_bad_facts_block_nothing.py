"""One bad fact in a batch of many partitions ends where it can be looked at, and the good ones take effect."""

from __future__ import annotations

import asyncio

import pytest
from every_service.hearing import failing_with
from every_service.neighbours import Record
from every_service.services import Running
from every_service.spoilt import NO_FACTS, POISON, UNFIT, Mixed, Spoil
from every_service.tree import SERVICES

from missionare.kit.topics import topic_of

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.thorough]

each_service = pytest.mark.parametrize("service", SERVICES)

AT_ONCE = 20.0
"""Less than the tries in place of an error that may pass."""


@each_service
async def test_what_is_no_fact_is_kept_raw_and_the_others_take_effect(services: Running, service: str) -> None:
    hearing = await services.listening(service)
    story = hearing.story()
    records = story.records()
    start = next(hearing.offsets)
    spoilt = {name: spoil(records[-1]).but(offset=next(hearing.offsets)) for name, spoil in NO_FACTS.items()}
    for place, record in enumerate(spoilt.values()):
        records.insert(2 * place, record)

    await hearing.receive(records)

    assert await hearing.effects(story) == hearing.owed(story)
    assert await hearing.positions(story) == hearing.heads(story)
    kept = await hearing.kept_raw(since=start)
    assert [name for name, record in spoilt.items() if record.position not in kept] == []
    assert len(kept) == len(NO_FACTS)


@each_service
async def test_a_fact_that_came_as_rubbish_is_fetched_from_its_owner(services: Running, service: str) -> None:
    mixed = await Mixed.of(services, service)
    hearing = mixed.hearing

    await hearing.receive(mixed.records(lambda record: record.but(value=None, offset=next(hearing.offsets))))
    await mixed.assert_the_good_ones_took_effect()
    await hearing.fill_gaps()

    assert await hearing.effects(mixed.met) == hearing.owed(mixed.met)
    assert await hearing.waiting(mixed.met) == {}


@each_service
@pytest.mark.parametrize("spoil", UNFIT.values(), ids=UNFIT)
async def test_a_fact_that_does_not_fit_is_parked_and_the_others_take_effect(
    services: Running, service: str, spoil: Spoil
) -> None:
    mixed = await Mixed.of(services, service)

    await mixed.hearing.receive(mixed.records(spoil))

    await mixed.assert_the_good_ones_took_effect()
    await mixed.assert_it_took_effect_up_to_the_bad_one()


@each_service
@pytest.mark.parametrize("error", POISON, ids=lambda error: type(error).__name__)
async def test_a_fact_whose_handler_fails_is_parked_and_the_others_take_effect(
    services: Running, service: str, error: BaseException
) -> None:
    mixed = await Mixed.of(services, service)
    mixed.hearing.troubles[mixed.bad.id] = failing_with(error)

    await asyncio.wait_for(mixed.hearing.receive(mixed.records()), timeout=AT_ONCE)

    await mixed.assert_the_good_ones_took_effect()
    await mixed.assert_it_took_effect_up_to_the_bad_one()


@each_service
async def test_what_waits_behind_a_parked_fact_follows_in_order(services: Running, service: str) -> None:
    mixed = await Mixed.of(services, service)
    hearing = mixed.hearing
    hearing.troubles[mixed.bad.id] = failing_with(LookupError())
    await hearing.receive(mixed.records())

    del hearing.troubles[mixed.bad.id]
    for consumer in hearing.worker.consumers:
        await consumer.drain(f"{consumer.name}|{mixed.bad.stream}")

    assert await hearing.effects(mixed.met) == hearing.owed(mixed.met)
    assert await hearing.positions(mixed.met) == hearing.heads(mixed.met)
    assert await hearing.waiting(mixed.met) == {}


@each_service
async def test_a_fact_delivered_again_while_it_is_parked_is_parked_once(services: Running, service: str) -> None:
    mixed = await Mixed.of(services, service)
    mixed.hearing.troubles[mixed.bad.id] = failing_with(LookupError())

    for _ in range(3):
        await mixed.hearing.receive(mixed.records())

    await mixed.assert_the_good_ones_took_effect()
    await mixed.assert_it_took_effect_up_to_the_bad_one()


@each_service
async def test_a_fact_of_a_type_nobody_knows_is_passed_over(services: Running, service: str) -> None:
    mixed = await Mixed.of(services, service)
    hearing = mixed.hearing

    await hearing.receive(mixed.of_an_unknown_type())

    await mixed.assert_the_good_ones_took_effect()
    owed = {name: [fact for fact in facts if fact != mixed.bad.id] for name, facts in hearing.owed(mixed.met).items()}
    assert await hearing.effects(mixed.met) == {name: facts for name, facts in owed.items() if facts}
    assert await mixed.is_passed()


@each_service
async def test_a_batch_of_nothing_but_rubbish_blocks_nothing(services: Running, service: str) -> None:
    hearing = await services.listening(service)
    story = hearing.story(subjects=1)
    rubbish = [Record(topic_of("members"), b"k", b"\x00", (), next(hearing.offsets)) for _ in range(200)]

    await hearing.receive(rubbish)
    await hearing.receive(story.records())

    assert await hearing.effects(story) == hearing.owed(story)
