"""Load from outside: people and programs that give commands through the gateway and keep a log of every answer.

Each client works on things of its own, one command after the other, so that what each thing must have become is known
exactly. A command that nobody answers is sent again under the same key, as a well-behaved client does.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import httpx2
from support.travel import COACH, EDITOR

from missionare.cli.demo.outside import Outsider
from missionare.cli.demo.world import World
from missionare.cli.repeating import worth_repeating

PATIENCE = 90.0
"""How long a client goes on sending a command that nobody answers."""
TIMEOUT = 15.0
AGAIN_SECONDS = 0.15
ERROR = 400
KEYS = uuid.UUID("6d1f3a52-7a3c-4a8e-9b0e-3f6f0c1d2e4b")
SERVER_ERROR = 500


Story = Callable[["Load", random.Random], Awaitable[None]]
"""What a client does with one thing, from its beginning to its end."""


class Reply(StrEnum):
    """What a client knows of its command."""

    OK = "ok"
    FAIL = "fail"
    INFO = "info"
    """Nobody has said: it may have happened or not."""


@dataclass
class Command:
    """One command, as its client has logged it."""

    name: str
    facts: tuple[str, ...]
    """The facts that it adds to its thing's chain."""
    reply: Reply = Reply.INFO
    sent: int = 0
    began: float = 0.0
    """When it was first sent, by the clock that never goes back."""
    seconds: float = 0.0
    """From then until it was answered."""
    said: str = ""


@dataclass
class Thing:
    """Something that one client made and changed."""

    service: str
    aggregate: str
    collection: str
    mark: tuple[str, str]
    """A field of its document and the value that no other one has."""
    id: str | None = None
    commands: list[Command] = field(default_factory=list)

    @property
    def version(self) -> int:
        """Give the version after all that was acknowledged; each command adds one."""
        return sum(command.reply is Reply.OK for command in self.commands)


class Ended(Exception):
    """A client cannot go on with this thing."""


class Load:
    """Clients that give commands until they are told to stop."""

    def __init__(
        self,
        world: World,
        stories: Sequence[Story],
        *,
        seed: int,
        clients: int,
        thinking: float = 0.0,
        timeout: float = TIMEOUT,
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            world: where the people of the load are known.
            stories: what each client does, one of them after the other.
            seed: repeats what is asked for.
            clients: how many work at once.
            thinking: seconds that a client takes before each command, for a load below what the platform can do.
            timeout: seconds after which a client takes a try for lost and sends the same command again.
        """
        self.world = world
        self._thinking = thinking
        self._stories = stories
        self.things: list[Thing] = []
        self.acknowledged = 0
        self.stopping = asyncio.Event()
        self._seed = seed
        self._clients = clients
        self._people = {
            "agency": _client(world, {"Authorization": f"Bearer {world.key}"}, timeout),
            "coach": _client(world, _session(world.browser_of(COACH)), timeout),
            "editor": _client(world, _session(world.browser_of(EDITOR)), timeout),
        }

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Load]:
        """Let all clients work; at the end each finishes the command it has begun."""

        async def work(number: int) -> None:
            chance = random.Random(f"{self._seed}.{number}")
            while not self.stopping.is_set():
                try:
                    await chance.choice(self._stories)(self, chance)
                except Ended:
                    await asyncio.sleep(AGAIN_SECONDS)

        tasks = [asyncio.create_task(work(number)) for number in range(self._clients)]
        try:
            yield self
        finally:
            self.stopping.set()
            await asyncio.gather(*tasks)
            for client in self._people.values():
                await client.aclose()

    async def until(self, acknowledged: int, within: float) -> None:
        """Wait until so many commands were acknowledged, or the time is over."""
        deadline = time.monotonic() + within
        while self.acknowledged < acknowledged and time.monotonic() < deadline:  # noqa: ASYNC110 - many clients count
            await asyncio.sleep(0.1)

    def begin(self, service: str, aggregate: str, collection: str, mark: tuple[str, str]) -> Thing:
        """Begin the log of something new."""
        thing = Thing(service, aggregate, collection, mark)
        self.things.append(thing)
        return thing

    async def give(
        self,
        thing: Thing,
        name: str,
        who: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        method: str = "POST",
        facts: tuple[str, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Give a command until it is answered, and log how that ended.

        Raises:
            Ended: it was refused, nobody answered, or the load is to stop.
        """
        await asyncio.sleep(self._thinking)
        if self.stopping.is_set():
            raise Ended
        command = Command(name, facts, began=time.monotonic())
        thing.commands.append(command)
        sent = {"Idempotency-Key": str(uuid.uuid5(KEYS, f"{thing.mark[1]} {len(thing.commands)}")), **(headers or {})}
        if thing.id is not None:
            sent["If-Match"] = f'"{thing.version}"'
        deadline = command.began + PATIENCE
        answer = await self._answered(command, self._people[who], method, path, body or {}, sent, deadline)
        command.seconds = time.monotonic() - command.began
        if answer is None:
            raise Ended
        if answer.status_code >= ERROR:
            command.reply, command.said = Reply.FAIL, f"{answer.status_code} {answer.text[:200]}"
            raise Ended
        command.reply = Reply.OK
        self.acknowledged += 1
        data = answer.json()
        if thing.id is None:
            thing.id = str(data["id"])
        return data

    async def _answered(
        self,
        command: Command,
        client: httpx2.AsyncClient,
        method: str,
        path: str,
        body: Mapping[str, Any],
        headers: Mapping[str, str],
        deadline: float,
    ) -> httpx2.Response | None:
        while time.monotonic() < deadline:
            command.sent += 1
            try:
                answer = await client.request(method, path, json=body, headers=headers)
            except httpx2.TransportError as error:
                command.said = type(error).__name__
            else:
                if not worth_repeating(answer) and answer.status_code != SERVER_ERROR:
                    return answer
                command.said = f"{answer.status_code} {answer.text[:200]}"
            await asyncio.sleep(AGAIN_SECONDS)
        return None

    @property
    def commands(self) -> list[Command]:
        """Give every command of every client."""
        return [command for thing in self.things for command in thing.commands]

    def figures(self) -> dict[str, float]:
        """Count the answers."""
        replies = Counter(command.reply for command in self.commands)
        answered = [command.seconds for command in self.commands if command.reply is Reply.OK]
        return {
            "commands acknowledged": replies[Reply.OK],
            "commands without an answer": replies[Reply.INFO],
            "commands refused": replies[Reply.FAIL],
            "commands sent more than once": sum(command.sent > 1 for command in self.commands),
            "longest wait for an answer in seconds": round(max(answered, default=0.0), 1),
        }


def _client(world: World, headers: Mapping[str, str], timeout: float) -> httpx2.AsyncClient:
    limits = httpx2.Limits(max_connections=100, max_keepalive_connections=50)
    return httpx2.AsyncClient(
        base_url=world.gateway, headers={"Origin": world.gateway, **headers}, timeout=timeout, limits=limits
    )


def _session(browser: Outsider) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in browser._http.cookies.items())}
