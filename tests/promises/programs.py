"""Programs that use the platform from outside, many at once: each sends a request until somebody answers it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from missionare.cli.demo.world import World
from missionare.cli.repeating import worth_repeating
from missionare.kit.ids import uuid7

PATIENCE = 300.0
TIMEOUT = 60.0
AGAIN_SECONDS = 0.2
CONNECTIONS = 500
"""So many requests may be under way at once."""
STALE = 412
ERROR = 400
SERVER_ERROR = 500


class Unanswered(Exception):
    """Nobody has answered a request in all that time."""


class Program:
    """A client of the gateway, with a key or a session."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        """Use `program`."""
        self._http = http
        self.repeated = 0
        """How often a request was sent once more because nobody had answered it."""

    async def read(self, path: str, **params: str | int) -> httpx2.Response:
        """Ask for something."""
        return await self._answered("GET", path, params=params)

    async def give(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        method: str = "POST",
        match: str | None = None,
        behalf: str | None = None,
    ) -> httpx2.Response:
        """Give a command, under one key however often it is sent.

        Args:
            path: of the thing or of what shall be done with it.
            body: what the command says.
            method: of HTTP.
            match: the entity tag of the state that the command was decided on.
            behalf: the person who has asked for it by telephone.
        """
        headers = {"Idempotency-Key": uuid7()}
        if match is not None:
            headers["If-Match"] = match
        if behalf is not None:
            headers |= {"On-Behalf-Of": behalf, "On-Behalf-Channel": "telephone", "On-Behalf-Why": "Anruf"}
        return await self._answered(method, path, json=body or {}, headers=headers)

    async def _answered(self, method: str, path: str, **request: Any) -> httpx2.Response:
        """Send until somebody answers.

        Raises:
            Unanswered: patience is over.
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                answer = await self._http.request(method, path, **request)
            except httpx2.TransportError as error:
                said = type(error).__name__
            else:
                if not worth_repeating(answer) and answer.status_code < SERVER_ERROR:
                    return answer
                said = f"{answer.status_code} {answer.text[:200]}"
            if time.monotonic() > deadline:
                raise Unanswered(f"{method} {path}: {said}")
            self.repeated += 1
            await asyncio.sleep(AGAIN_SECONDS)


@asynccontextmanager
async def program(world: World, *, session_of: str | None = None) -> AsyncIterator[Program]:
    """Give a program with the agency's key, or with the session of somebody who has signed in."""
    if session_of is None:
        who = {"Authorization": f"Bearer {world.key}"}
    else:
        cookies = world.known[session_of]._http.cookies
        who = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    limits = httpx2.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    headers = {"Origin": world.gateway, **who}
    async with httpx2.AsyncClient(base_url=world.gateway, headers=headers, timeout=TIMEOUT, limits=limits) as http:
        yield Program(http)
