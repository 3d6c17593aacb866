"""A closed loop of HTTP clients that costs as little as possible: prepared bytes over kept connections."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from missionare.cli.ports import HOST


async def send_all(port: int, requests: Sequence[bytes], *, clients: int) -> list[float]:
    """Send every request once, each client its next one when it has its answer; give the seconds of each.

    Raises:
        AssertionError: an answer is not 2xx.
    """
    waiting = iter(requests)
    seconds: list[float] = []
    await asyncio.gather(*(_client(port, waiting, seconds) for _ in range(clients)))
    return seconds


async def _client(port: int, waiting: Iterator[bytes], seconds: list[float]) -> None:
    reader, writer = await asyncio.open_connection(HOST, port)
    clock = asyncio.get_running_loop().time
    try:
        for request in waiting:
            began = clock()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(_length(head))
            seconds.append(clock() - began)
            if not head.startswith(b"HTTP/1.1 2"):
                raise AssertionError((head + body).decode(errors="replace"))
    finally:
        writer.close()


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


def post(path: str, headers: dict[str, str]) -> bytes:
    """Give the bytes of a POST without a body."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {HOST}", "Content-Length: 0"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
