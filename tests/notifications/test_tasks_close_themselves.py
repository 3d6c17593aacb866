"""Activities and their tasks: reminded of once, closed by themselves, never escalated."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from notifications.network import API, Network

REMINDER = "Erinnerung an Ihre Transferaktivität"


@pytest.fixture
async def accepted(network: Network) -> list[dict[str, Any]]:
    """p1 has accepted a plan; gives the three activities in the order of their days."""
    await network.tell(network.qualified("p1"))
    activities = await network.accept("p1")
    network.mailbox.mails.clear()
    return activities


def report(network: Network, **changes: Any) -> dict[str, Any]:
    today = network.clock.now().date().isoformat()
    return {"kind": "talk", "done_on": today, "reach": 25, **changes}


async def tasks(network: Network) -> dict[str, str]:
    """Give the state of each task by its activity."""
    found = await network.items("follow-up-tasks", network.as_person("p1"))
    return {task["outreach_activity_id"]: task["state"] for task in found}


async def test_each_activity_is_reminded_of_once_on_its_day(network: Network, accepted):
    arrived = []
    for day in range(1, 121):
        await network.pass_days(1)
        arrived += [day] * (len(network.mailbox.mails) - len(arrived))

    assert len(arrived) == 3
    for day, planned in zip(arrived, (14, 45, 90), strict=True):
        assert planned <= day <= planned + 1
    assert set(network.mailbox.subjects) == {REMINDER}
    assert set((await tasks(network)).values()) == {"lapsed"}


async def test_a_recorded_activity_is_not_reminded_of(network: Network, accepted):
    first = accepted[0]
    who = network.as_person("p1")

    answer = await who.post(
        f"{API}/outreach-activities/{first['id']}/record", report(network, note="20 Leute"), match=first["version"]
    )
    await network.pass_days(40)

    assert answer.status_code == 200
    assert answer.json()["note"] == "20 Leute"
    assert (await tasks(network))[first["id"]] == "done"
    assert network.mailbox.subjects == []
    [fact] = await network.facts("OutreachActivityRecorded")
    assert (fact["kind"], fact["reach"], fact["outreach_activity_id"]) == ("talk", 25, first["id"])
    assert "20 Leute" not in str(fact)


async def test_a_skipped_activity_is_not_reminded_of(network: Network, accepted):
    first = accepted[0]

    answer = await network.as_person("p1").post(f"{API}/outreach-activities/{first['id']}/skip", match=first["version"])
    await network.pass_days(40)

    assert answer.json()["state"] == "skipped"
    assert (await tasks(network))[first["id"]] == "dismissed"
    assert network.mailbox.subjects == []


async def test_an_accepted_invitation_closes_the_task_of_its_activity_by_itself(network: Network, accepted):
    first, second, third = accepted

    await network.tell(network.invitation_accepted(second["id"]))

    assert await tasks(network) == {first["id"]: "open", second["id"]: "done", third["id"]: "open"}
    [fact] = await network.facts("FollowUpTaskCompleted")
    assert fact["outreach_activity_id"] == second["id"]
    activity = await network.read(f"outreach-activities/{second['id']}", network.as_person("p1"))
    assert (activity["conversions"], activity["state"]) == (1, "planned")


async def test_a_second_conversion_counts_and_closes_nothing_again(network: Network, accepted):
    first = accepted[0]

    await network.tell(
        network.invitation_accepted(first["id"], invitation="i1"),
        network.invitation_accepted(first["id"], invitation="i2"),
    )

    activity = await network.read(f"outreach-activities/{first['id']}", network.as_person("p1"))
    assert activity["conversions"] == 2
    assert len(await network.facts("FollowUpTaskCompleted")) == 1


async def test_an_invitation_of_somebody_else_does_not_count(network: Network, accepted):
    await network.tell(
        network.invitation_accepted(accepted[0]["id"], issuer="p2", invitation="i1"),
        network.invitation_accepted("no-such-activity", invitation="i2"),
    )

    assert set((await tasks(network)).values()) == {"open"}
    assert await network.parked() == 0


async def test_a_lapsed_task_leaves_the_activity_open(network: Network, accepted):
    await network.pass_days(40)
    first = await network.read(f"outreach-activities/{accepted[0]['id']}", network.as_person("p1"))

    answer = await network.as_person("p1").post(
        f"{API}/outreach-activities/{first['id']}/record", report(network), match=first["version"]
    )

    assert (await tasks(network))[first["id"]] == "lapsed"
    assert answer.json()["state"] == "done"


async def test_recording_and_converting_at_once_close_the_task_once(network: Network, accepted):
    first, who = accepted[0], network.as_person("p1")

    answers = await asyncio.gather(
        who.post(f"{API}/outreach-activities/{first['id']}/record", report(network), match=first["version"]),
        *(network.consumer.batch([network.invitation_accepted(first["id"], invitation=f"i{n}")]) for n in range(6)),
    )
    await network.settle()

    activity = await network.read(f"outreach-activities/{first['id']}", who)
    assert activity["conversions"] == 6
    assert activity["state"] == ("done" if answers[0].status_code == 200 else "planned")
    assert len(await network.facts("FollowUpTaskCompleted")) == 1
    assert await network.parked() == 0
