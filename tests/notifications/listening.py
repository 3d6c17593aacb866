"""Whoever hears events as they happen: over a real connection, as far as one test reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from notifications.region import API, Region

from missionare.kit.main import Server, listening_socket, server_for

STREAM = f"{API}/events/stream"
WITHIN = 10.0


@dataclass
class Heard:
    """An open stream."""

    response: httpx2.Response
    lines: AsyncIterator[str]
    last_id: str = ""
    comments: list[str] = field(default_factory=list)

    async def next(self) -> dict[str, str]:
        """Give the next event: its `id`, `event` and `data`. What has no data only moves `last_id` on."""
        frame: dict[str, str] = {}
        async with asyncio.timeout(WITHIN):
            while True:
                line = await anext(self.lines)
                if line.startswith(":"):
                    self.comments.append(line)
                elif line:
                    name, _, value = line.partition(": ")
                    frame[name] = value
                else:
                    self.last_id = frame.get("id", self.last_id)
                    if "data" in frame:
                        return frame
                    frame = {}

    async def opened(self) -> None:
        """Read how it begins."""
        async with asyncio.timeout(WITHIN):
            while line := await anext(self.lines):
                if line.startswith("id: "):
                    self.last_id = line.removeprefix("id: ")

    async def rest(self) -> list[str]:
        """Read until the other side ends it."""
        async with asyncio.timeout(WITHIN):
            return [line async for line in self.lines]


@dataclass
class Open:
    """The service at a real port."""

    server: Server
    client: httpx2.AsyncClient
    region: Region

    @asynccontextmanager
    async def stream(
        self, organisation: str = "chamber", *, last_id: str = "", lifetime: int = 60, **query: Any
    ) -> AsyncIterator[Heard]:
        """Open a stream with an organisation's key."""
        headers = {"Authorization": f"Bearer {self.token(organisation, lifetime)}"}
        headers |= {"Last-Event-ID": last_id} if last_id else {}
        async with self.client.stream("GET", STREAM, headers=headers, params=query) as response:
            if response.status_code != 200:
                await response.aread()
            heard = Heard(response, response.aiter_lines())
            if response.status_code == 200:
                await heard.opened()
            yield heard

    def token(self, organisation: str, lifetime: int = 60) -> str:
        claims: Mapping[str, Any] = {"roles": ["integration"], "organisation_id": organisation, "lifetime": lifetime}
        return self.region.platform.token("key-1", kind="key", **claims)


@asynccontextmanager
async def listening(region: Region) -> AsyncIterator[Open]:
    """Serve the region's service at a port of this machine."""
    service = region.platform.service
    settings = service.settings.model_copy(update={"http_port": 0})
    listener = listening_socket(settings)
    server = server_for(service.app, settings)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        async with httpx2.AsyncClient(base_url=url, timeout=WITHIN) as client:
            yield Open(server, client, region)
    finally:
        service.drain()
        server.stop()
        await serving
        listener.close()
