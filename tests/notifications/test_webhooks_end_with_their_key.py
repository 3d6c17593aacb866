"""A webhook is sent to as long as the key opens something that answers for it; ten of an organisation are kept."""

from __future__ import annotations

import asyncio

import pytest
from notifications.hooks import HOOKS, act, deliveries, register, shown
from notifications.receivers import Receiver
from notifications.region import ENTRY, Region

from missionare.kit.peers import PeerUnavailable

pytestmark = pytest.mark.thorough  # receivers are real


async def test_of_many_registered_at_once_ten_are_kept(region: Region, receiver: Receiver):
    answers = await asyncio.gather(*(region.chamber.post(HOOKS, {"url": receiver.url}) for _ in range(14)))

    assert sorted(answer.status_code for answer in answers) == [201] * 10 + [409] * 4
    hooks = (await region.chamber.get(HOOKS)).json()["items"]
    assert len(hooks) == 10

    await act(region, hooks[0], method="DELETE")
    again = await asyncio.gather(act(region, hooks[0], "resumption"), region.chamber.post(HOOKS, {"url": receiver.url}))
    assert sorted(answer.status_code for answer in again)[1] == 409
    assert (
        len([hook for hook in (await region.chamber.get(HOOKS)).json()["items"] if hook["state"] != "disabled"]) == 10
    )


async def test_when_its_key_has_ended_nothing_more_is_sent_and_the_log_says_why(region: Region, receiver: Receiver):
    hook = await register(region, receiver.url)
    await region.tell(region.entry("e1"))
    region.ended.add("chamber-key-1")

    await region.tell(region.entry("e2"), region.entry("e3"))

    assert [post.event["subject"] for post in receiver.events] == ["e1"]
    disabled = await shown(region, hook)
    assert (disabled["state"], disabled["reason"]) == ("disabled", "key_ended")
    assert (await deliveries(region, hook))[-2:] == [(ENTRY, 204, None), (ENTRY, None, "key_ended")]
    assert [fact.data()["webhook_id"] for fact in await region.own("WebhookKeyEnded")] == [hook["id"]]

    heir = region.integration("chamber", "key-2")
    resumed = await heir.post(f"{HOOKS}/{hook['id']}/resumption", match=disabled["version"])
    assert resumed.status_code == 200
    await region.settle()
    assert [post.event["subject"] for post in receiver.events] == ["e1", "e2", "e3"]


async def test_a_secret_that_is_changed_with_the_next_key_lets_the_old_one_end_without_a_gap(
    region: Region, receiver: Receiver
):
    hook = await register(region, receiver.url)
    heir = region.integration("chamber", "key-2")
    now = await shown(region, hook)
    assert (await heir.post(f"{HOOKS}/{hook['id']}/secret", match=now["version"])).status_code == 200
    region.ended.add("chamber-key-1")

    await region.tell(region.entry("e1"))

    assert [post.event["subject"] for post in receiver.events] == ["e1"]
    assert (await shown(region, hook))["state"] == "active"


async def test_neither_the_first_ping_nor_one_that_is_asked_for_is_sent_for_a_key_that_has_ended(
    region: Region, receiver: Receiver
):
    active = await register(region, receiver.url)
    region.ended.add("chamber-key-1")

    waiting = await register(region, receiver.url)
    assert (await act(region, active, "ping")).status_code == 200
    await region.settle()

    assert len(receiver.posts) == 1, "the first ping of the first one, while its key was good"
    assert [(await shown(region, hook))["reason"] for hook in (active, waiting)] == ["key_ended"] * 2


async def test_while_nobody_can_say_whether_the_key_is_good_events_wait(region: Region, receiver: Receiver):
    await register(region, receiver.url)
    answer = region.peers.answers["members", "/internal/keys"]
    region.peers.away("members", "/internal/keys")

    with pytest.raises(PeerUnavailable):
        await region.tell(region.entry("e1"))
    assert receiver.events == []

    region.peers.answers["members", "/internal/keys"] = answer
    await region.settle()
    assert [post.event["subject"] for post in receiver.events] == ["e1"]
