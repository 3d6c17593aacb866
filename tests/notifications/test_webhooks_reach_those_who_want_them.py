"""Webhooks on real receivers: signed, in order, at least once under one id, and each for itself."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from notifications.hooks import HOOKS, act, deliveries, register, shown
from notifications.receivers import OK, Receiver, receiving
from notifications.region import ENTRY, QUALIFIED, Region
from standardwebhooks.webhooks import WebhookVerificationError
from support.waiting import eventually

from missionare.kit import outbound
from missionare.notifications.webhook.domain import PING

pytestmark = pytest.mark.thorough  # receivers that are slow, hang and die take their time


# --- what arrives ----------------------------------------------------------------------------------------------------


async def test_events_come_signed_in_order_as_the_feed_has_them(region: Region, receiver: Receiver):
    hook = await register(region, receiver.url)
    await region.tell(region.entry("e1"), region.qualified("p1"), region.entry("e2"))

    assert [post.event for post in receiver.events] == await region.seen(region.chamber)
    for post in receiver.posts:
        assert post.verified(hook["secret"]) == post.event
        assert post.id == post.event["id"]
        assert post.headers["content-type"].startswith("application/cloudevents+json")
    assert receiver.posts[0].event["type"] == PING
    assert (await shown(region, hook))["state"] == "active"


async def test_a_signature_of_another_secret_or_of_other_words_is_seen(region: Region, receiver: Receiver):
    await register(region, receiver.url)
    other = await register(region, receiver.url)
    first = receiver.posts[0]

    with pytest.raises(WebhookVerificationError):
        first.verified(other["secret"])


async def test_types_narrow_it_down_and_nothing_before_the_registration_comes(region: Region, receiver: Receiver):
    await region.tell(region.entry("before"))
    await register(region, receiver.url, QUALIFIED)
    await region.tell(region.entry("e1"), region.qualified())

    assert [post.event["type"] for post in receiver.events] == [QUALIFIED]


async def test_what_was_taken_back_before_it_was_sent_is_not_sent(region: Region, receiver: Receiver):
    await register(region, receiver.url)
    await region.deliver(region.qualified("p1"), region.qualified("p2"))
    await region.withdraw("person", "p1")
    await region.settle()

    assert len(receiver.events) == 1


async def test_a_secret_is_changed_without_a_gap(region: Region, receiver: Receiver):
    hook = await register(region, receiver.url)
    fresh = (await act(region, hook, "secret")).json()["secret"]
    assert fresh != hook["secret"]
    assert "secret" not in (await shown(region, hook)) or (await shown(region, hook))["secret"] is None

    await region.tell(region.entry("e1"))
    receiver.events[-1].verified(hook["secret"])
    receiver.events[-1].verified(fresh)

    region.clock.move(hours=24)
    await region.tell(region.entry("e2"))
    receiver.events[-1].verified(fresh)
    with pytest.raises(WebhookVerificationError):
        receiver.events[-1].verified(hook["secret"])


async def test_a_ping_can_be_asked_for_and_stands_in_the_log(region: Region, receiver: Receiver):
    hook = await register(region, receiver.url)
    assert (await act(region, hook, "ping")).status_code == 200
    await region.settle()

    assert [post.event["type"] for post in receiver.posts] == [PING, PING]
    assert receiver.posts[0].id != receiver.posts[1].id
    assert await deliveries(region, hook) == [(PING, 204, None)] * 2


# --- what goes wrong -------------------------------------------------------------------------------------------------


async def test_what_fails_is_tried_again_in_order_under_one_id(region: Region, receiver: Receiver):
    hook = await register(region, receiver.url)
    receiver.answers(500)
    await region.tell(region.entry("e1"), region.entry("e2"))
    assert len(receiver.events) == 1, "the second waits behind the first, and the first for its time"

    region.clock.move(seconds=5)
    await region.settle()
    receiver.answers(200)
    region.clock.move(minutes=5)
    await region.settle()

    assert [post.event["subject"] for post in receiver.events] == ["e1", "e1", "e1", "e2"]
    assert len({post.id for post in receiver.events[:3]}) == 1
    assert await deliveries(region, hook) == [
        (PING, 204, None),
        (ENTRY, 500, "refused"),
        (ENTRY, 500, "refused"),
        (ENTRY, 200, None),
        (ENTRY, 200, None),
    ]


async def test_after_three_days_it_is_given_up_and_a_resumption_brings_everything(region: Region, receiver: Receiver):
    hook = await register(region, receiver.url)
    receiver.answers(503)
    began = region.clock.now()
    await region.tell(region.entry("e1"))
    while (row := await region.next_timer()) is not None:
        region.clock.move(seconds=(row["due_at"] - region.clock.now()).total_seconds() + 0.001)
        await region.settle()

    assert timedelta(days=3) <= region.clock.now() - began < timedelta(days=3, minutes=1)
    disabled = await shown(region, hook)
    assert (disabled["state"], disabled["reason"]) == ("disabled", "unreached")
    assert 9 <= len(receiver.events) <= 12

    await region.tell(region.entry("e2"))
    receiver.answers(200)
    tries = len(receiver.events)
    assert (await act(region, hook, "resumption")).status_code == 200
    await region.settle()
    assert [post.event["subject"] for post in receiver.events[tries:]] == ["e1", "e2"]
    assert [fact.data()["reason"] for fact in await region.own("WebhookDisabled")] == ["unreached"]


async def test_whoever_says_gone_is_left_alone_at_once(region: Region, receiver: Receiver):
    hook = await register(region, receiver.url)
    receiver.answers(410)
    await region.tell(region.entry("e1"), region.entry("e2"))
    region.clock.move(days=1)
    await region.settle()

    assert len(receiver.events) == 1
    assert (await shown(region, hook))["reason"] == "gone"
    assert (await act(region, hook, "ping")).json()["code"] == "webhook_is_disabled"


async def test_nobody_is_sent_anything_who_has_not_taken_a_ping(region: Region, receiver: Receiver):
    receiver.answers(404)
    hook = await register(region, receiver.url)
    await region.tell(region.entry("e1"))
    assert receiver.events == []
    assert (await shown(region, hook))["state"] == "pending"

    receiver.answers(200)
    region.clock.move(seconds=5)
    await region.settle()
    assert [post.event["subject"] for post in receiver.events] == ["e1"]
    assert len({post.id for post in receiver.posts if post.event["type"] == PING}) == 1


async def test_one_that_lets_wait_hurts_only_itself(region: Region, receiver: Receiver):
    async with receiving() as slow:
        await register(region, slow.url, who=region.integration("slow"))
        await register(region, receiver.url)
        slow.answer = lambda _: None

        facts = [region.entry(f"e{number}") for number in range(5)]
        await region.deliver(*facts)
        telling = asyncio.create_task(region.fire_at_once())
        await eventually(lambda: len(receiver.events) == 5)
        assert len(slow.events) == 1, "it still holds the first"
        slow.open.set()
        await telling


async def test_a_yes_that_comes_too_late_is_none_and_the_event_comes_again_under_its_id(
    region: Region, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    hook = await register(region, receiver.url)
    monkeypatch.setattr(outbound, "LIMIT_SECONDS", 0.2)
    receiver.answer, receiver.late = lambda _: None, OK
    await region.tell(region.entry("e1"), region.entry("e2"))
    receiver.open.set()  # now it says yes to the first, and nobody listens any more
    assert (await deliveries(region, hook))[-1] == (ENTRY, None, "timeout")

    receiver.answers(200)
    region.clock.move(seconds=5)
    await region.settle()

    assert [post.event["subject"] for post in receiver.events] == ["e1", "e1", "e2"]
    assert receiver.events[0].id == receiver.events[1].id


async def test_a_redirect_is_a_failure_and_is_not_followed(region: Region, receiver: Receiver):
    async with receiving() as elsewhere:
        hook = await register(region, receiver.url)
        receiver.answers(307, f"Location: {elsewhere.url}")
        await region.tell(region.entry())

        assert elsewhere.connections == 0
        assert (await deliveries(region, hook))[-1] == (ENTRY, 307, "redirect_refused")


async def test_an_answer_without_end_is_not_listened_to(region: Region, receiver: Receiver):
    hook = await register(region, receiver.url)
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    receiver.answer = lambda _: head + b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    await region.tell(region.entry())
    assert (await deliveries(region, hook))[-1] == (ENTRY, 200, None)

    receiver.answer = lambda _: b"HTTP/1.1 200 OK\r\n" + b"X-More: " + b"x" * 300_000 + b"\r\n\r\n"
    await region.tell(region.entry("e2"))
    assert (await deliveries(region, hook))[-1] == (ENTRY, None, "no_answer")


@pytest.mark.parametrize("answer", [b"", b"\r\n", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x00" * 100])
async def test_whoever_speaks_something_else_has_not_taken_it(region: Region, receiver: Receiver, answer: bytes):
    hook = await register(region, receiver.url)
    receiver.answer = lambda _: answer
    await region.tell(region.entry())

    assert (await deliveries(region, hook))[-1] == (ENTRY, None, "no_answer")


# --- replay, and ending ----------------------------------------------------------------------------------------------


async def test_events_are_sent_again_from_a_point_under_their_own_ids(region: Region, receiver: Receiver):
    hook = await register(region, receiver.url)
    facts = [region.entry(f"e{number}") for number in range(4)]
    await region.tell(*facts)

    assert (await act(region, hook, "replay", body={"after_event": facts[1].id})).status_code == 200
    await region.settle()
    today = str(region.clock.now().date())
    assert (await act(region, hook, "replay", body={"from_day": today})).status_code == 200
    await region.settle()

    ids = [fact.id for fact in facts]
    assert [post.id for post in receiver.events] == [*ids, *ids[2:], *ids]
    for body in ({}, {"from_day": today, "after_event": ids[0]}, {"after_event": "unknown"}):
        assert (await act(region, hook, "replay", body=body)).status_code == 422


async def test_a_disabled_one_gets_nothing(region: Region, receiver: Receiver):
    hook = await register(region, receiver.url)
    assert (await act(region, hook, method="DELETE")).json()["reason"] == "asked"
    await region.tell(region.entry())

    assert receiver.events == []


async def test_an_organisation_sees_and_changes_its_own_alone_and_has_ten_at_most(region: Region, receiver: Receiver):
    hook = await register(region, receiver.url)
    stranger = region.integration("university")

    assert (await stranger.get(f"{HOOKS}/{hook['id']}")).status_code == 404
    assert (await stranger.get(f"{HOOKS}/{hook['id']}/deliveries")).status_code == 404
    assert (await stranger.send("DELETE", f"{HOOKS}/{hook['id']}", match=2)).status_code == 404
    assert (await stranger.get(HOOKS)).json()["items"] == []
    assert len((await region.operator.get(HOOKS)).json()["items"]) == 1
    for _ in range(9):
        await region.chamber.post(HOOKS, {"url": receiver.url})
    refused = await region.chamber.post(HOOKS, {"url": receiver.url})
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_webhooks")


# --- addresses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "ftp://hooks.example/",
        "https://user:secret@hooks.example/",
        "https://hooks.example/#x",
        "https://",
        "hooks.example",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[fd00::1]/",
        "https://[::ffff:10.0.0.1]/",
        "http://192.168.1.1/",
        "https://hooks.example:0/",
        "https://hooks.exa mple/",
        "https://hooks.example/\r\nX-Injected: 1",
        "https://hooks.invalid/",
    ],
)
async def test_an_address_that_points_inside_or_nowhere_is_refused_and_nothing_kept(region: Region, url: str):
    answer = await region.chamber.post(HOOKS, {"url": url})

    assert (answer.status_code, answer.json()["code"]) == (422, "destination_refused")
    assert answer.json()["next"].startswith("Geben Sie eine Adresse an")
    assert (await region.chamber.get(HOOKS)).json()["items"] == []


async def test_the_reason_for_it_comes_in_the_callers_language(region: Region):
    answer = await region.chamber.post(HOOKS, {"url": "https://10.0.0.1/"}, headers={"Accept-Language": "en"})

    assert answer.json()["code"] == "destination_refused"
    assert answer.json()["next"].startswith("Give an address")


# --- dying in between ------------------------------------------------------------------------------------------------

DYING = """
import asyncio, sys
from pathlib import Path
from missionare.kit.testing import FakePeers, settings_for
from missionare.kit.timers import TimerLoop
from missionare.notifications.app import build
from missionare.notifications.settings import NotificationsSettings

async def main(url, folder):
    settings = settings_for("notifications", url, Path(folder), kind=NotificationsSettings, webhook_loopback=True)
    service = build(settings)
    await service.open()
    object.__setattr__(service.context, "peers", FakePeers({("members", "/internal/keys"): {"opens": True}}))
    timers = TimerLoop(service.context, service.timers)
    while (row := await service.database["timers"].find_one({})) is not None:
        await timers.fire(row)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_who_dies_between_the_receivers_yes_and_the_mark_sends_it_again_under_the_same_id(
    region: Region, receiver: Receiver, mongo_url: str, tmp_path: Path
):
    await register(region, receiver.url)
    await region.deliver(region.entry("e1"))
    environment = {**os.environ, "MISSIONARE_CRASH_AT": "hook.posted_before_mark"}
    command = [sys.executable, "-c", DYING, mongo_url, str(tmp_path)]

    dead = await asyncio.to_thread(subprocess.run, command, env=environment, capture_output=True, check=False)
    assert dead.returncode == 137, dead.stderr.decode()
    await region.settle()

    assert [post.event["subject"] for post in receiver.events] == ["e1", "e1"]
    assert len({post.id for post in receiver.events}) == 1
    await region.tell(region.entry("e2"))
    assert receiver.events[-1].event["subject"] == "e2"


async def test_many_that_let_wait_leave_room_for_other_timers(region: Region):
    async with AsyncExitStack() as stack:
        slow = await stack.enter_async_context(receiving())
        for number in range(12):
            await register(region, slow.url, who=region.integration(f"o{number}"))
        slow.answer = lambda _: None
        await region.deliver(region.entry())
        posting = asyncio.create_task(region.fire_at_once())
        await eventually(lambda: len(slow.events) == 8)
        waiting = await region.context.database["timers"].count_documents({"name": "webhook_delivery"})
        assert (len(slow.events), waiting) == (8, 12), "the others are set anew and hold nothing up"
        slow.open.set()
        await posting
