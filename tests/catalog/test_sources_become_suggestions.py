"""From facts in any order to one suggestion per source, and one proposal per journey."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from catalog.region import API, Region
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from missionare.kit.ids import uuid7
from missionare.kit.peers import PeerRefused, PeerUnavailable


async def suggestions(region: Region, **where: str) -> list[dict[str, Any]]:
    found = await region.editor.get(f"{API}/suggestions", params={"limit": 200, **where})
    return list(found.json()["items"])


async def test_an_insight_released_before_completion_waits_for_it(region: Region) -> None:
    await region.tell(region.released("i1", "j1"))
    assert await suggestions(region) == []

    await region.tell(region.completed("j1", insights=1, participations=0))

    (suggestion,) = await suggestions(region)
    assert (suggestion["source_id"], suggestion["journey_id"], suggestion["text"]) == ("i1", "j1", "Text von i1")


async def test_an_insight_released_days_after_completion_is_raised_at_once(region: Region) -> None:
    await region.tell(region.completed("j1", insights=0, participations=0))
    region.clock.move(days=9)

    await region.tell(region.released("i1", "j1"))

    assert len(await suggestions(region)) == 1
    assert len(await region.facts("catalog_update_proposed")) == 1


async def test_an_insight_of_a_cancelled_journey_never_reaches_the_catalog(region: Region) -> None:
    await region.tell(region.released("i1", "j1"))
    region.clock.move(days=400)
    await region.settle()

    assert await suggestions(region) == []
    assert region.peers.calls == []


@pytest.mark.parametrize("shared_first", [True, False])
async def test_a_shared_goal_is_raised_once_its_owner_is_back(region: Region, *, shared_first: bool) -> None:
    facts = [region.shared("g1"), region.concluded("r1", "j1", "g1")]

    await region.tell(*(facts if shared_first else reversed(facts)))

    (suggestion,) = await suggestions(region)
    assert (suggestion["source_kind"], suggestion["kind"]) == ("goal", "question")
    assert suggestion["journey_id"] == "j1"


async def test_a_goal_that_is_not_shared_is_never_asked_for(region: Region) -> None:
    await region.tell(region.concluded("r1", "j1", "g1"), region.completed("j1", insights=0, participations=1))

    assert await suggestions(region) == []
    assert region.peers.calls == []


async def test_a_goal_unshared_takes_its_wording_along_and_brings_it_back(region: Region) -> None:
    await region.tell(region.shared("g1"), region.concluded("r1", "j1", "g1"))
    await region.tell(region.unshared("g1"))
    (silent,) = await suggestions(region)
    assert silent["text"] is None

    await region.tell(region.shared("g1", wording="Wie beginnen wir?"))

    (speaking,) = await suggestions(region)
    assert (speaking["id"], speaking["text"]) == (silent["id"], "Wie beginnen wir?")
    assert len(await region.facts("suggestion_raised")) == 1


async def test_a_redaction_replaces_the_words_of_the_suggestion(region: Region) -> None:
    await region.suggestion("i1", "j1", text="Ungeschwärzt")

    await region.tell(region.redacted("i1", "j1", text="Vom Gastgeber geschwärzt"))

    (suggestion,) = await suggestions(region)
    assert suggestion["text"] == "Vom Gastgeber geschwärzt"


async def test_what_somebody_noted_becomes_a_kind_of_entry(region: Region) -> None:
    noted = {
        "practice": ("best_practice", "opportunity"),
        "success_factor": ("best_practice", "opportunity"),
        "challenge": ("question", "challenge"),
        "pitfall": ("question", "challenge"),
        "question": ("question", None),
    }

    await region.tell(*(region.released(kind, "j1", kind=kind) for kind in noted))
    await region.tell(region.completed("j1", insights=len(noted), participations=0))

    raised = {item["source_id"]: (item["kind"], item["pole"]) for item in await suggestions(region)}
    assert raised == noted


async def test_the_text_is_asked_for_with_the_owner_away_and_comes_when_it_is_back(region: Region) -> None:
    fact = region.released("i1", "j1")
    answer = region.peers.answers["journeys", "/internal/insights/i1"]
    region.peers.away("journeys", "/internal/insights/i1")
    await region.deliver([fact, region.completed("j1", insights=1, participations=0)])
    with pytest.raises(PeerUnavailable):
        await region.settle()
    assert await suggestions(region) == []

    region.peers.answers["journeys", "/internal/insights/i1"] = answer
    await region.settle()

    assert len(await suggestions(region)) == 1


async def test_a_text_its_owner_gives_no_longer_is_not_waited_for(region: Region) -> None:
    fact = region.released("i1", "j1")
    region.peers.answers["journeys", "/internal/insights/i1"] = PeerRefused("journeys", 404, "insight_unknown")

    await region.tell(fact, region.completed("j1", insights=1, participations=0))

    assert await suggestions(region) == []
    (proposal,) = await region.facts("catalog_update_proposed")
    assert proposal["suggestions"] == 0


async def test_no_handler_asks_another_service(region: Region) -> None:
    await region.deliver([region.released("i1", "j1"), region.completed("j1", insights=1, participations=0)])
    await region.deliver([region.shared("g1"), region.concluded("r1", "j1", "g1")])

    assert region.peers.calls == []


async def test_one_update_is_proposed_when_everything_announced_is_handled(region: Region) -> None:
    await region.tell(region.completed("j1", insights=2, participations=1), region.released("i1", "j1"))
    await region.tell(region.released("i2", "j1"), region.shared("g1"))
    assert await region.facts("catalog_update_proposed") == []

    await region.tell(region.concluded("r1", "j1", "g1"))

    (proposal,) = await region.facts("catalog_update_proposed")
    assert (proposal["journey_id"], proposal["revision"], proposal["suggestions"]) == ("j1", 1, 3)
    region.clock.move(minutes=11)
    await region.settle()
    assert len(await region.facts("catalog_update_proposed")) == 1


async def test_after_ten_minutes_the_update_is_proposed_from_what_is_there(region: Region) -> None:
    await region.tell(region.released("i1", "j1"), region.completed("j1", insights=2, participations=4))
    region.clock.move(minutes=9)
    await region.settle()
    assert await region.facts("catalog_update_proposed") == []

    region.clock.move(minutes=2)
    await region.settle()

    (proposal,) = await region.facts("catalog_update_proposed")
    assert proposal["suggestions"] == 1


async def test_a_proposal_counts_the_entries_it_likely_touches(region: Region) -> None:
    await region.publish(await region.draft(title="Wie verhindern wir eine Leistungskontrolle an der Anlage?"))

    await region.suggestion(text="Wie lässt sich an der Anlage eine Leistungskontrolle verhindern?")

    (proposal,) = await region.facts("catalog_update_proposed")
    assert (proposal["suggestions"], proposal["entries"]) == (1, 1)


async def test_jobs_that_run_at_the_same_moment_raise_one_suggestion(region: Region) -> None:
    await region.deliver(
        [region.released(f"i{n}", "j1") for n in range(8)] + [region.completed("j1", insights=8, participations=0)]
    )

    await asyncio.gather(*(region.settle() for _ in range(4)))
    await region.settle()

    assert len(await suggestions(region)) == 8
    assert len(await region.facts("catalog_update_proposed")) == 1


@given(data=st.data(), seed=st.integers(0, 2**32))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_order_and_duplication_ends_in_one_suggestion_per_source(
    region: Region, data: st.DataObject, seed: int
) -> None:
    # The examples share one database, so each has a journey of its own.
    journey, chaos, own = f"j-{uuid7()}", random.Random(seed), uuid7()
    insights = data.draw(st.integers(0, 3), "insights")
    goals = data.draw(st.integers(0, 3), "goals")
    shared = data.draw(st.sets(st.integers(0, goals - 1)) if goals else st.just(set()), "shared")
    facts = [region.completed(journey, insights=insights, participations=goals)]
    facts += [region.released(f"i{n}-{own}", journey) for n in range(insights)]
    facts += [region.concluded(f"r{n}-{own}", journey, f"g{n}-{own}") for n in range(goals)]
    facts += [region.shared(f"g{n}-{own}") for n in shared]

    arrivals = chaos.sample(facts, len(facts)) + chaos.choices(facts, k=3)
    while arrivals:
        size = chaos.randint(1, 4)
        batch, arrivals = arrivals[:size], arrivals[size:]
        await region.deliver(batch)
        if chaos.random() < 0.5:
            await region.settle()
    await region.settle()

    raised = [item["source_id"] for item in await suggestions(region, journey_id=journey)]
    expected = {f"i{n}-{own}" for n in range(insights)} | {f"g{n}-{own}" for n in shared}
    assert sorted(raised) == sorted(expected)
    proposals = [fact for fact in await region.facts("catalog_update_proposed") if fact["journey_id"] == journey]
    # A goal may become known as shared only after everything that the journey itself announced was handled.
    (proposed,) = (fact["suggestions"] for fact in proposals)
    assert insights <= proposed <= len(expected)


async def test_the_workshop_alone_reads_suggestions(region: Region) -> None:
    suggestion = await region.suggestion()
    for path in (f"{API}/suggestions", f"{API}/suggestions/{suggestion['id']}"):
        assert (await region.visitor.get(path)).status_code == 401
        assert (await region.platform.as_person("p", roles=["missionary", "coach"]).get(path)).status_code == 403
        for role in ("editor", "reviewer", "operator"):
            assert (await region.platform.as_person("p", roles=[role]).get(path)).status_code == 200
