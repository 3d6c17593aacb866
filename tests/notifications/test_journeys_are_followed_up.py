"""After a journey its outreach is looked at on its days, in numbers."""

from __future__ import annotations

import pytest
from notifications.network import API, Network


@pytest.mark.parametrize("completion_first", [True, False])
async def test_outreach_is_counted_after_90_and_180_days(network: Network, completion_first):
    completed, qualified = network.journey("JourneyCompleted", revision=1), network.qualified("p1")
    await network.tell(*([completed, qualified] if completion_first else [qualified, completed]))
    first, *_ = await network.accept("p1")
    await network.as_person("p1").post(
        f"{API}/outreach-activities/{first['id']}/record",
        {"kind": "talk", "done_on": network.clock.now().date().isoformat(), "reach": 30},
        match=first["version"],
    )
    await network.tell(network.invitation_accepted(first["id"]))

    await network.pass_days(200)

    [summary] = await network.items("outreach-summary", network.operator)
    assert (summary["state"], summary["next_look_at"]) == ("closed", None)
    assert [look["state"] for look in summary["looks"]] == ["checking_90d", "checking_180d", "closed"]
    assert summary["looks"][0]["tally"] | {"activities": 3} == summary["looks"][0]["tally"]
    assert (summary["now"]["reach"], summary["now"]["conversions"]) == (30, 1)


async def test_a_journey_that_made_no_missionary_is_closed_at_the_first_look(network: Network):
    await network.tell(network.journey("JourneyCompleted", revision=1))

    await network.pass_days(91)

    [summary] = await network.items("outreach-summary", network.operator)
    assert summary["state"] == "closed"
    assert summary["now"]["plans"] == 0


async def test_a_clock_that_jumps_takes_every_look(network: Network):
    await network.tell(network.qualified("p1"), network.journey("JourneyCompleted", revision=1))

    network.clock.move(days=400)
    await network.settle()

    [summary] = await network.items("outreach-summary", network.operator)
    assert [look["state"] for look in summary["looks"]] == ["checking_90d", "checking_180d", "closed"]


async def test_a_second_revision_starts_nothing_anew(network: Network):
    await network.tell(network.journey("JourneyCompleted", revision=1))
    [before] = await network.items("outreach-summary", network.operator)
    await network.pass_days(3)

    await network.tell(network.journey("JourneyCompleted", revision=2))

    assert await network.items("outreach-summary", network.operator) == [before]
