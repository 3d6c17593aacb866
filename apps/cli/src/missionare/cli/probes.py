"""Probes: how the supervisor asks a process whether it is there. Each answers True or False and never raises."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

Probe = Callable[[], Awaitable[bool]]

PROBE_SECONDS = 2.0


def http(url: str) -> Probe:
    """Ask an address; yes is status 200."""
    address = urlsplit(url)
    host, port, path = str(address.hostname), address.port or 80, address.path or "/"
    request = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode("ascii")

    async def answers() -> bool:
        status_line = await _asked(host, port, request)
        return status_line.split(b" ", 2)[1:2] == [b"200"]

    return answers


def tcp(host: str, port: int) -> Probe:
    """Ask whether somebody listens."""

    async def answers() -> bool:
        return bool(await _asked(host, port, None))

    return answers


async def _asked(host: str, port: int, request: bytes | None) -> bytes:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            return await _first_line(host, port, request)
    except (OSError, TimeoutError):
        return b""


async def _first_line(host: str, port: int, request: bytes | None) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        if request is None:
            return b"connected"
        writer.write(request)
        return await reader.readline()
    finally:
        writer.close()
