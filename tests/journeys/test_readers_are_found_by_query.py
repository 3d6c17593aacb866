"""The query that finds readable insights and the rule that decides about one say the same."""

from __future__ import annotations

import random
from itertools import product

from journeys.examples import insight

from missionare.journeys.audience.domain import Standing
from missionare.journeys.events import Audience
from missionare.journeys.insight.domain import OPENED, Insight, InsightState, readable
from missionare.journeys.insight.store import Insights
from missionare.kit.mongo import Database

READERS = [
    Standing(person_id, True, organisation_id, frozenset(represents), frozenset(journeys))
    for person_id, organisation_id, represents, journeys in product(
        [None, "author", "other"], [None, "o1", "o2"], [(), ("o1",), ("o2", "o1")], [(), ("j1",), ("j2", "j1")]
    )
] + [Standing()]


def _every_insight() -> list[Insight]:
    noted = insight()
    return [
        noted.changed(
            id=f"i-{state.value}-{wanted.value}-{audience and audience.value}-{organisation_id}-{journey_id}",
            registration_id=f"r-{state.value}-{wanted.value}-{audience and audience.value}",
            client_id=f"{organisation_id}-{journey_id}",
            state=state,
            wanted=wanted,
            audience=audience,
            organisation_id=organisation_id,
            journey_id=journey_id,
        )
        for state in InsightState
        for wanted, audience in product(Audience, list(Audience) if state in OPENED else [None])
        for organisation_id, journey_id in product(["o1", "o9"], ["j1", "j9"])
    ]


async def test_the_query_and_the_rule_agree_about_every_insight_and_reader(database: Database) -> None:
    store, every = Insights(database), _every_insight()
    await store.rows.insert_many([store.stored(one) for one in every])

    for reader in random.Random(7).sample(READERS, 40):
        found = {one.id for one in (await store.page_for(reader, {}, cursor=None, limit=200)).items}
        allowed = sorted(one.id for one in every if readable(one, reader))
        assert found == set(allowed[:200])
        assert await store.readable_ids([one.id for one in every], reader) == set(allowed)
