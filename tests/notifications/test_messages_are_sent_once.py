"""Mail over a real SMTP server: one per template, trigger and recipient, whatever is away in between."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from notifications.mailbox import Mailbox
from notifications.network import API, Network

from missionare.kit.peers import PeerRefused, PeerUnavailable
from missionare.notifications.calendar.domain import REGION, day_of
from missionare.notifications.message.jobs import MailServerAway
from missionare.notifications.message.store import MESSAGE_SENDING

ADDRESS = "p1@example.org"


def agreed(network: Network, goal: str = "g1", person: str = "p1") -> Any:
    return network.fact("members.GoalAgreed", "goal", goal_id=goal, person_id=person)


async def states(network: Network) -> list[tuple[str, str | None]]:
    messages = await network.items("messages", network.operator)
    return [(message["state"], message["reason"]) for message in messages]


def plain(mail: Any) -> str:
    return str(mail.get_body(("plain",)).get_content())


def wait_until(network: Network, hour: int) -> None:
    """Let it be that hour of the next day."""
    now = network.clock.now()
    then = datetime.combine(day_of(now) + timedelta(days=1), time(hour), REGION)
    network.clock.move(seconds=(then - now).total_seconds())


async def fire_one(network: Network) -> None:
    [timer] = await network.due()
    await network.fire(timer)


async def test_a_fact_becomes_one_mail_to_the_one_it_concerns(network: Network):
    network.knows("p1", given_name="Aylin", family_name="Öztürk")

    await network.tell(agreed(network))

    [mail] = network.mailbox.mails
    [message] = await network.items("messages", network.operator)
    assert network.mailbox.envelopes == [("no-reply@missionare.example", [ADDRESS])]
    assert mail["Message-ID"] == f"<{message['id']}@missionare>"
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Guten Tag Aylin Öztürk," in body.get_content()
    assert message["state"] == "sent"
    assert [fact["message_id"] for fact in await network.facts("MessageQueued")] == [message["id"]]
    assert [fact["message_id"] for fact in await network.facts("MessageSent")] == [message["id"]]


async def test_the_language_is_the_recipients_own(network: Network):
    network.knows("p1", language="en")

    await network.tell(agreed(network))

    assert network.mailbox.subjects == ["Your goal is agreed"]


async def test_a_redelivered_fact_makes_no_second_mail(network: Network):
    fact = agreed(network)

    await asyncio.gather(*(network.consumer.batch([fact]) for _ in range(6)))
    await network.settle()
    await network.consumer.batch([fact])
    await network.settle()

    assert len(network.mailbox.mails) == 1


async def test_two_facts_are_two_mails(network: Network):
    await network.tell(agreed(network, "g1"), agreed(network, "g1"), agreed(network, "g2"))

    assert len(network.mailbox.mails) == 3


async def test_while_members_is_away_the_mail_waits_and_then_goes_out_once(network: Network):
    answer = network.peers.answers["members", "/internal/recipients"]
    network.peers.away("members", "/internal/recipients")
    await network.consumer.batch([agreed(network)])

    with pytest.raises(PeerUnavailable):
        await fire_one(network)
    assert await states(network) == [("queued", None)]
    assert network.mailbox.mails == []

    network.peers.answers["members", "/internal/recipients"] = answer
    await network.settle()
    assert len(network.mailbox.mails) == 1


async def test_while_the_mail_server_is_away_the_mail_waits_and_then_goes_out_once(network: Network):
    await network.mailbox.close()
    await network.consumer.batch([agreed(network)])

    for _ in range(2):
        with pytest.raises(MailServerAway) as away:
            await fire_one(network)
        assert ADDRESS not in str(away.value)
    assert await states(network) == [("sending", None)]

    await network.mailbox.open()
    await network.settle()
    assert len(network.mailbox.mails) == 1
    assert await states(network) == [("sent", None)]


@pytest.mark.parametrize("answer", ["451 {address}: come again later", "450 greylisted"])
async def test_a_mail_server_that_asks_for_patience_gets_it(network: Network, answer):
    network.mailbox.answer_to_recipient = answer
    await network.consumer.batch([agreed(network)])
    with pytest.raises(MailServerAway) as away:
        await fire_one(network)
    assert ADDRESS not in str(away.value)
    assert away.value.__cause__ is None

    network.mailbox.answer_to_recipient = ""
    await network.settle()
    assert len(network.mailbox.mails) == 1


@pytest.mark.parametrize("where", ["answer_to_recipient", "answer_to_data"])
async def test_a_refusal_for_good_is_kept_for_the_operator_and_not_tried_again(network: Network, where):
    setattr(network.mailbox, where, "550 no such mailbox")

    await network.tell(agreed(network))

    assert await states(network) == [("failed", "refused_by_server")]
    assert len(await network.facts("MessageFailed")) == 1
    assert await network.due() == []


async def test_an_address_that_is_none_fails_without_a_word_to_the_server(network: Network):
    network.knows("p1", email="p1@example.org\r\nBcc: everybody@example.org")

    await network.tell(agreed(network))

    assert await states(network) == [("failed", "address_unusable")]
    assert network.mailbox.envelopes == []


@pytest.mark.parametrize(("known", "reason"), [({"active": False}, "recipient_inactive"), (None, "recipient_unknown")])
async def test_nobody_is_written_to_who_is_no_longer_there(network: Network, known, reason):
    if known is None:
        network.people.pop("p1")
    else:
        network.knows("p1", **known)

    await network.tell(agreed(network))

    assert await states(network) == [("suppressed", reason)]
    assert network.mailbox.mails == []
    assert [fact["reason"] for fact in await network.facts("MessageSuppressed")] == [reason]


async def test_consent_and_address_are_those_of_the_moment_of_sending(network: Network):
    await network.consumer.batch([agreed(network)])
    network.knows("p1", email="new@example.org")

    await network.settle()

    assert network.mailbox.envelopes == [("no-reply@missionare.example", ["new@example.org"])]


async def test_a_refusal_that_is_our_own_fault_is_tried_again(network: Network):
    network.peers.answers["members", "/internal/recipients"] = PeerRefused("members", 403, "forbidden")
    await network.consumer.batch([agreed(network)])

    with pytest.raises(PeerRefused):
        await fire_one(network)
    assert await states(network) == [("queued", None)]


async def test_an_operator_has_a_failed_mail_sent_again_to_the_address_there_is_by_then(network: Network):
    network.mailbox.answer_to_recipient = "550 no mailbox of that name"
    await network.tell(agreed(network))
    [failed] = await network.items("messages", network.operator)
    path = f"{API}/messages/{failed['id']}"
    network.mailbox.answer_to_recipient = ""
    network.knows("p1", email="new@example.org")

    assert (
        await network.as_person("p1", roles=["coach"]).post(f"{path}/retry", match=failed["version"])
    ).status_code == 403
    again = await network.operator.post(f"{path}/retry", match=failed["version"])
    assert (again.status_code, again.json()["state"], again.json()["reason"]) == (200, "queued", None)
    await network.settle()

    assert network.mailbox.envelopes == [("no-reply@missionare.example", ["new@example.org"])]
    sent = (await network.operator.get(path)).json()
    assert sent["state"] == "sent"
    assert (len(await network.facts("MessageQueued")), len(await network.facts("MessageSent"))) == (1, 1)
    late = await network.operator.post(f"{path}/retry", match=sent["version"])
    assert (late.status_code, late.json()["code"]) == (409, "wrong_state")
    row = await network.context.database.audit.find_one({"what": "retry_message"})
    assert (row["actor"], row["objects"]) == ("person:operator-1", [f"message:{failed['id']}"])
    assert "new@example.org" not in await everything_stored(network)


# --- links -----------------------------------------------------------------------------------------------------------


async def test_a_host_gets_the_link_to_the_visit_made_for_this_mail(network: Network):
    await network.tell(network.journey("HostRequested", stop_id="s1", organisation_id="host"))

    [mail] = network.mailbox.mails
    assert network.mailbox.subjects == ["Dürfen wir Sie mit einer Lernreise besuchen?"]
    assert ("POST", "members", "/internal/recipients", {"organisation_id": "host"}) in network.peers.calls
    wanted = {"purpose": "host_visit", "subject": "j1:s1"}
    assert ("POST", "journeys", "/internal/links", wanted) in network.peers.calls
    body = mail.get_body(("plain",))
    assert body is not None
    assert "http://127.0.0.1:8080/api/journeys/v1/links/host_visit-j1:s1-" in body.get_content()


async def test_a_link_that_is_no_longer_given_stops_the_mail(network: Network):
    network.peers.answers["journeys", "/internal/links"] = PeerRefused("journeys", 409, "visit_not_open")

    await network.tell(network.journey("HostRequested", stop_id="s1", organisation_id="host"))

    assert await states(network) == [("suppressed", "link_withdrawn")]
    assert network.mailbox.mails == []


async def test_no_token_of_a_link_is_kept(network: Network):
    network.peers.answers["journeys", "/internal/links"] = {"url": "http://127.0.0.1:8080/api/x/links/SECRET"}

    await network.tell(network.journey("HostRequested", stop_id="s1", organisation_id="host"))

    assert len(network.mailbox.mails) == 1
    assert "SECRET" not in await everything_stored(network)


# --- one mail a day, and none too late -------------------------------------------------------------------------------


async def test_a_host_is_asked_about_insights_once_a_day_for_each_visit(network: Network):
    await network.tell(
        *(network.release_requested(f"i{n}") for n in range(4)), network.release_requested("i9", stop="s2")
    )
    assert len(network.mailbox.mails) == 2

    await network.pass_days(1)
    await network.tell(network.release_requested("i10"))
    assert len(network.mailbox.mails) == 3


async def test_a_host_is_reminded_of_a_visit_once_each_time_with_a_link_made_for_that_mail(network: Network):
    await network.tell(
        *(network.release_reminded(f"i{n}") for n in range(4)),
        network.release_reminded("i9", stop="s2"),
        network.release_reminded("i0", 2),
        network.release_reminded("i1", 2),
    )

    assert len(network.mailbox.mails) == 3
    asked = [call[3]["subject"] for call in network.peers.calls if call[2] == "/internal/links"]
    assert asked == ["j1:s1", "j1:s2", "j1:s1"]
    links = {re.findall(r"http\S+/release_desk-\S+", plain(mail))[0] for mail in network.mailbox.mails}
    assert len(links) == 3


async def test_a_host_who_decided_since_is_not_reminded(network: Network):
    network.peers.answers["journeys", "/internal/links"] = PeerRefused("journeys", 404, "insight_unknown")

    await network.tell(network.release_reminded("i1"))

    assert await states(network) == [("suppressed", "link_withdrawn")]
    assert network.mailbox.mails == []


async def test_an_offer_is_not_announced_after_its_end(network: Network):
    until = network.clock.now().isoformat()
    await network.consumer.batch([network.registration("Requested")])
    await network.consumer.batch([network.registration("SeatOffered", until_at=until)])
    network.clock.move(minutes=1)

    await network.settle()

    assert await states(network) == [("suppressed", "too_late")]
    assert network.mailbox.mails == []


# --- nothing personal stays ------------------------------------------------------------------------------------------


async def everything_stored(network: Network) -> str:
    """Give all documents of the service, audit included, as one text."""
    database = network.context.database
    names = await database._main.list_collection_names()
    rows = [row for name in names for row in await database[name].find({}).to_list(None)]
    rows += await database.audit.find({}).to_list(None)
    return json.dumps(rows, default=str)


async def test_neither_address_nor_name_nor_words_are_kept_or_logged(network: Network, capfd):
    network.knows("p1", email="canary@kanarien.example", given_name="Kanaria", family_name="Vogelsang")
    network.mailbox.answer_to_recipient = "451 {address} later"
    await network.consumer.batch([agreed(network)])
    with pytest.raises(MailServerAway):
        await fire_one(network)
    network.mailbox.answer_to_recipient = ""
    await network.settle()

    assert len(network.mailbox.mails) == 1
    seen = await everything_stored(network) + "".join(capfd.readouterr())
    for personal in ("canary", "kanarien", "Kanaria", "Vogelsang", "Lernbegleitung hat Ihr Ziel"):
        assert personal not in seen


# --- a crash between the server's yes and our mark -------------------------------------------------------------------

SEND_ONE = """
import asyncio, json, sys
from missionare.kit.peers import Peers
from missionare.kit.timers import TimerLoop
from missionare.notifications.app import build
from missionare.notifications.settings import NotificationsSettings

async def answer(self, peer, path, **_):
    return {"email": "p1@example.org", "given_name": "Kim", "family_name": "Klee", "language": "de", "active": True}

Peers.post = answer

async def main():
    service = build(NotificationsSettings(**json.loads(sys.argv[1])))
    await service.open()
    loop = TimerLoop(service.context, service.timers)
    for row in await service.database["timers"].find({}).to_list(None):
        await loop.fire(row)
    await service.stop()

asyncio.run(main())
"""


async def send_in_another_process(mongo_url: str, mailbox: Mailbox, *, crash_at: str = "") -> int:
    chosen = {
        "role": "api",
        "mongo_url": mongo_url,
        "smtp_port": mailbox.port,
        "mail_from": "no-reply@missionare.example",
        "temporary_data": True,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SEND_ONE,
        json.dumps(chosen),
        env={**os.environ, "MISSIONARE_CRASH_AT": crash_at},
        stderr=subprocess.PIPE,
    )
    _, said = await process.communicate()
    assert process.returncode in {0, 137}, said.decode()
    return process.returncode


@pytest.mark.parametrize("network", ["8-18"], indirect=True)
async def test_at_night_what_can_wait_waits_for_the_morning(network: Network):
    wait_until(network, 22)
    morning = datetime.combine(day_of(network.clock.now()) + timedelta(days=1), time(8), REGION)
    too_soon = (morning - timedelta(minutes=30)).isoformat()
    asked = {"stop_id": "s1", "organisation_id": "host"}

    await network.tell(
        agreed(network),
        network.registration("Waitlisted"),
        network.registration("SeatOffered", "p2", until_at=too_soon),
        network.journey("HostRequested", **asked),
        network.journey("HostLinkRequested", opens="host_visit", **asked),
    )

    now, wanted = "Sie stehen auf der Warteliste der Lernreise", "Dürfen wir Sie mit einer Lernreise besuchen?"
    assert network.mailbox.subjects == [now, "Ein Platz auf der Lernreise ist für Sie frei", wanted]
    timers = await network.context.database["timers"].find({"name": MESSAGE_SENDING}).to_list(None)
    assert [timer["due_at"] for timer in timers] == [morning, morning]

    await network.pass_days(0.5)
    assert sorted(network.mailbox.subjects[3:]) == [wanted, "Ihr Ziel ist vereinbart"]


@pytest.mark.parametrize("network", ["8-18"], indirect=True)
async def test_what_could_not_go_out_by_the_evening_does_not_go_out_at_night(network: Network):
    answer = network.peers.answers["members", "/internal/recipients"]
    network.peers.away("members", "/internal/recipients")
    wait_until(network, 17)
    await network.consumer.batch([agreed(network)])
    with pytest.raises(PeerUnavailable):
        await fire_one(network)

    network.peers.answers["members", "/internal/recipients"] = answer
    network.clock.move(hours=3)
    await network.settle()
    assert network.mailbox.mails == []
    await network.pass_days(0.75)
    assert len(network.mailbox.mails) == 1


async def test_after_a_crash_the_mail_goes_out_again_with_the_same_message_id(
    network: Network, mongo_url: str, mailbox: Mailbox
):
    await network.consumer.batch([agreed(network)])

    killed = await send_in_another_process(mongo_url, mailbox, crash_at="mail.accepted_before_mark:1")
    assert killed == 137
    assert await states(network) == [("sending", None)]

    assert await send_in_another_process(mongo_url, mailbox) == 0
    assert await states(network) == [("sent", None)]
    first, second = mailbox.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert first.as_bytes().replace(b"\r\n", b"\n").split(b"\n\n")[0].count(b"Message-ID") == 1
    assert first["Date"] == second["Date"]
    assert len(await network.facts("MessageSent")) == 1
    assert await network.due() == []
