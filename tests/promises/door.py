"""A door between the platform and a server: closed, the server is away, though it lives on and forgets nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

HOST: Final = "127.0.0.1"
CHUNK: Final = 65_536
CALL_SECONDS: Final = 10.0


class Door:
    """Passes connections on to a port of this machine while it is open. It works in a thread of its own."""

    def __init__(self, port: int, behind: int) -> None:
        """Listen at `port` for the server at `behind`; begins open."""
        self._port = port
        self._behind = behind
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._passages: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="door", daemon=True)
        self._thread.start()
        self.open()

    def open(self) -> None:
        """Let everybody through."""
        self._call(self._open())

    def close(self) -> None:
        """Cut every connection and let nobody through: whoever knocks is refused."""
        self._call(self._close())

    def remove(self) -> None:
        """Close it for good."""
        self.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_SECONDS)

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._pass, HOST, self._port)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in self._passages:
            writer.transport.abort()
        while self._passages:  # noqa: ASYNC110 - each ends by itself now, and tells nobody
            await asyncio.sleep(0.01)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._passages.add(writer)
        with suppress(OSError):
            inner_reader, inner_writer = await asyncio.open_connection(HOST, self._behind)
            self._passages.add(inner_writer)
            await asyncio.gather(_pour(reader, inner_writer), _pour(inner_reader, writer))
            self._passages.discard(inner_writer)
        self._passages.discard(writer)


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    writer.close()
