"""The feed as a stream: what happens is told at once, and whoever comes back misses nothing."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from notifications.listening import STREAM, Open, listening
from notifications.region import ENTRY, PUBLISHED, Region
from support.waiting import eventually

from missionare.kit import server_sent
from missionare.notifications.integration.views import Arrivals


@pytest.fixture
async def outside(region: Region) -> AsyncIterator[Open]:
    async with listening(region) as opened:
        yield opened


async def test_an_event_is_told_as_it_happens_as_the_feed_has_it(region: Region, outside: Open):
    await region.deliver(region.entry("before"))

    async with outside.stream() as heard:
        await region.deliver(region.qualified())
        event = await heard.next()

    [_, shown] = await region.seen(region.chamber)
    assert event["event"] == shown["type"]
    assert json.loads(event["data"]) == shown
    assert heard.response.headers["content-type"].startswith("text/event-stream")
    assert heard.response.headers["cache-control"] == "no-store"


async def test_whoever_comes_back_hears_what_was_missed_and_nothing_twice(region: Region, outside: Open):
    async with outside.stream() as heard:
        await region.deliver(region.entry("first"))
        last_id = (await heard.next())["id"]
    await region.deliver(region.entry("second"))
    await region.deliver(region.entry("third"))

    async with outside.stream(last_id=last_id) as heard:
        missed = [json.loads((await heard.next())["data"])["subject"] for _ in range(2)]
        await region.deliver(region.entry("fourth"))
        live = json.loads((await heard.next())["data"])["subject"]

    assert [*missed, live] == ["second", "third", "fourth"]


async def test_coming_back_before_anything_was_told_misses_nothing_either(region: Region, outside: Open):
    async with outside.stream() as heard:
        pass
    await region.deliver(region.entry("meanwhile"))

    async with outside.stream(last_id=heard.last_id) as again:
        assert json.loads((await again.next())["data"])["subject"] == "meanwhile"


async def test_a_stream_may_begin_at_a_day_or_a_cursor_of_the_feed_and_with_some_types(region: Region, outside: Open):
    await region.deliver(region.entry("e1"), region.journey())
    today = str(region.clock.now().date())

    async with outside.stream(types=PUBLISHED, since=today) as heard:
        assert (await heard.next())["event"] == PUBLISHED
    page = await region.page(region.chamber, limit=1)
    async with outside.stream(cursor=page["next_cursor"]) as heard:
        assert (await heard.next())["event"] != page["items"][0]["type"]


async def test_a_silent_stream_says_that_it_is_still_there(region: Region, outside: Open):
    object.__setattr__(region.platform.service.settings, "stream_heartbeat_seconds", 0.02)

    async with outside.stream() as heard:
        assert await anext(heard.lines) == ": still here"


async def test_one_integration_has_so_many_streams_and_no_other_suffers(region: Region, outside: Open):
    streams = region.context.views[Arrivals].streams
    async with AsyncExitStack() as stack:
        for _ in range(5):
            await stack.enter_async_context(outside.stream())
        async with outside.stream() as refused:
            assert refused.response.status_code == 429
            assert refused.response.json()["code"] == "too_many_streams"
        async with outside.stream("university") as theirs:
            assert theirs.response.status_code == 200

    await eventually(lambda: not streams.open_now)
    async with outside.stream() as heard:
        assert heard.response.status_code == 200


async def test_when_the_process_stops_its_streams_end_in_order(region: Region, outside: Open):
    async with outside.stream() as heard:
        await region.deliver(region.entry())
        await heard.next()
        region.platform.service.drain()

        assert await heard.rest() == []


async def test_a_stream_ends_with_the_token_that_opened_it(outside: Open):
    async with outside.stream(lifetime=1) as heard:
        assert await heard.rest() == []


async def many(region: Region, count: int, size: int) -> None:
    """Open large events, so that they do not all fit between the service and whoever does not read them."""
    await region.deliver(region.entry("e0"))
    rows = region.context.database["open_events"]
    [model] = await rows.find({}).to_list(None)
    fields = {"topics": ["x" * size], "kind": "question", "number": 1, "pole": None}
    await rows.insert_many(
        {
            **model,
            "_id": f"fact-{number}",
            "position": model["position"] + number,
            "subject": f"e{number}",
            "about": [f"entry:e{number}"],
            "data": {"entry_id": f"e{number}", **fields},
        }
        for number in range(1, count + 1)
    )


async def unread(outside: Open, **query: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Ask for a stream from today on over a connection that takes little at a time; nothing of it is read yet."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    connection.setblocking(False)
    host, port = outside.client.base_url.host, outside.client.base_url.port
    await asyncio.get_running_loop().sock_connect(connection, (host, port))
    reader, writer = await asyncio.open_connection(sock=connection, limit=1_000_000)
    day, token = outside.region.clock.now().date(), outside.token("chamber", **query)
    writer.write(f"GET {STREAM}?since={day} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    return reader, writer


async def test_what_is_taken_back_while_a_reader_lets_wait_is_not_sent_to_it(
    region: Region, outside: Open, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(server_sent, "FRESH_SECONDS", 0.001)
    await many(region, 99, 100_000)
    reader, writer = await unread(outside)
    await eventually(lambda: region.context.views[Arrivals].streams.open_now)

    await region.withdraw("entry", "e98")
    heard: list[str] = []
    async with asyncio.timeout(20):
        while heard[-1:] != ["e99"]:
            line = await reader.readline()
            if line.startswith(b"data: "):
                heard.append(json.loads(line.removeprefix(b"data: "))["subject"])
    writer.close()

    assert heard == [f"e{number}" for number in range(100) if number != 98]


@pytest.mark.thorough
async def test_who_does_not_read_holds_a_stream_no_longer_than_its_token(region: Region, outside: Open):
    await many(region, 99, 100_000)
    streams = region.context.views[Arrivals].streams

    _, writer = await unread(outside, lifetime=1)
    await eventually(lambda: streams.open_now)
    await eventually(lambda: not streams.open_now)
    writer.transport.abort()


async def test_a_stream_needs_a_key_and_a_cursor_of_its_own(region: Region, outside: Open):
    assert (await outside.client.get(STREAM)).status_code == 401
    cursor = (await region.page(region.chamber, types=ENTRY))["next_cursor"]

    async with outside.stream(last_id=cursor) as heard:
        assert heard.response.status_code == 422
        assert heard.response.json()["code"] == "cursor_of_another_choice"
    assert not region.context.views[Arrivals].streams.open_now
