"""Receivers of webhooks: real servers at a port of this machine, honest, broken and hostile."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks.webhooks import Webhook as Verifier

OK = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True)
class Posted:
    """A request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> Any:
        """Read it as the reference library does; raises where the signature is not good."""
        return Verifier(secret).verify(self.body.decode(), self.headers)


@dataclass
class Receiver:
    """Takes everything, unless it is told to answer otherwise."""

    port: int = 0
    scheme: str = "http"
    posts: list[Posted] = field(default_factory=list)
    connections: int = 0
    answer: Callable[[Posted], bytes | None] = lambda _: OK
    """Gives the bytes to answer with; None answers never."""
    open: asyncio.Event = field(default_factory=asyncio.Event)
    """For a receiver that lets wait: it goes on when this is set."""
    late: bytes = b""
    """What such a receiver answers then."""

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hooks"

    @property
    def events(self) -> list[Posted]:
        """What came besides pings."""
        return [post for post in self.posts if "webhook_ping" not in post.event["type"]]

    def answers(self, status: int, *headers: str) -> None:
        lines = "".join(f"{line}\r\n" for line in (*headers, "Content-Length: 0", "Connection: close"))
        self.answer = lambda _: f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(OSError, asyncio.IncompleteReadError):
            post = await _read(reader)
            self.posts.append(post)
            answer = self.answer(post)
            if answer is None:
                await self.open.wait()
            writer.write(self.late if answer is None else answer)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def receiving(trust: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """Open a receiver, with TLS where it has a certificate."""
    receiver = Receiver(scheme="https" if trust else "http")
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=trust)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        receiver.open.set()
        server.close()


async def _read(reader: asyncio.StreamReader) -> Posted:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Posted(first.split()[1], headers, body)
