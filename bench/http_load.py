"""HTTP clients that cost as little as possible: prepared bytes over kept connections, in a closed or an open loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence

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
    try:
        for request in waiting:
            began = time.perf_counter()  # the loop's own clock counts whole milliseconds
            await _exchange(reader, writer, request)
            seconds.append(time.perf_counter() - began)
    finally:
        writer.close()


async def answer_all(port: int, due: asyncio.Queue[Callable[[], bytes]]) -> None:
    """Send what is put into a queue, each when the answer to the one before is there; ends when it is cancelled.

    A request is written when its turn comes: a token in it is good for a minute, and it may wait longer.

    Raises:
        AssertionError: an answer is not 2xx.
    """
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        while True:
            await _exchange(reader, writer, (await due.get())())
    finally:
        writer.close()


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> None:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.readexactly(_length(head))
    if not head.startswith(b"HTTP/1.1 2"):
        raise AssertionError((head + body).decode(errors="replace"))


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


def post(path: str, headers: dict[str, str]) -> bytes:
    """Give the bytes of a POST without a body."""
    return _request("POST", path, {"Content-Length": "0", **headers})


def get(path: str, headers: dict[str, str]) -> bytes:
    """Give the bytes of a GET."""
    return _request("GET", path, headers)


def _request(method: str, path: str, headers: dict[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
