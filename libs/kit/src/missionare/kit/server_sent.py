"""Server-sent events: an answer that goes on, until its reader, its token or this process comes to an end.

The reader comes back by itself with `Last-Event-ID`, is proved anew, and misses nothing.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar, Final

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from missionare.kit.readers import Reader
from missionare.kit.refusals import Refusal, Text

MEDIA_TYPE: Final = "text/event-stream"
RETRY_MS: Final = 1_000
LONGEST_SECONDS: Final = 60.0
"""For a caller without a token; with one, a stream ends when the token does."""
FRESH_SECONDS: Final = 1.0
"""What was looked up longer ago is looked up anew: a slow reader is sent nothing that was taken back meanwhile."""
GRACE_SECONDS: Final = 1.0
"""For so long after its end a stream waits for a reader to take what was sent before."""
HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class TooManyStreams(Refusal):
    """This client has as many streams open here as one may have."""

    status = 429
    title: ClassVar[Text] = {"de": "Zu viele offene Ströme", "en": "Too many open streams"}
    text: ClassVar[Text] = {
        "de": "Hier sind schon {limit} Ströme für Sie offen. Schließen Sie einen, bevor Sie einen neuen öffnen.",
        "en": "You have {limit} streams open here already. Close one before you open another.",
    }


@dataclass(frozen=True)
class Sent:
    """One event: `id` is what the reader comes back with."""

    id: str
    event: str
    data: str

    def frame(self) -> bytes:
        """Write it as it goes over the wire; a line break in the data becomes a further line."""
        lines = "".join(f"data: {line}\n" for line in self.data.split("\n"))
        return f"id: {self.id}\nevent: {self.event}\n{lines}\n".encode()


class Bell:
    """Wakes everybody who waits. Ask for `next_ring` before you look, so that no ring falls between."""

    def __init__(self) -> None:
        """Begin silent."""
        self._next = asyncio.Event()

    @property
    def next_ring(self) -> asyncio.Event:
        """What is set by the next ring."""
        return self._next

    def ring(self) -> None:
        """Wake them."""
        rung, self._next = self._next, asyncio.Event()
        rung.set()


class OpenStreams:
    """How many streams each client has open in this process."""

    def __init__(self) -> None:
        """Begin with none."""
        self._open: Counter[str] = Counter()

    @property
    def open_now(self) -> int:
        """How many there are in all."""
        return self._open.total()

    def of(self, client: str) -> int:
        """How many this client has."""
        return self._open[client]

    def add(self, client: str, count: int) -> None:
        """Count on or off."""
        self._open[client] += count
        if not self._open[client]:
            del self._open[client]


def opened(streams: OpenStreams, client: str, limit: int) -> Callable[[], None]:
    """Count one more stream of a client, and give what counts it off.

    Raises:
        TooManyStreams: it would be more than `limit`.
    """
    if streams.of(client) >= limit:
        raise TooManyStreams(limit=limit)
    streams.add(client, 1)
    return partial(streams.add, client, -1)


@dataclass(frozen=True)
class Following:
    """What a stream tells."""

    more: Callable[[str], Awaitable[Sequence[Sent]]]
    """Gives the next events behind the one with this id."""
    bell: Bell
    """Rings when there may be more."""
    begins_at: str
    """What the reader comes back with before anything was told."""
    heartbeat_seconds: float


class EventStream(StreamingResponse):
    """The answer."""

    def __init__(self, following: Following, reader: Reader, close: Callable[[], None]) -> None:
        """Tell what follows; `close` is called when it is over, however it ends."""
        seconds = _seconds_left(reader.caller.until)
        super().__init__(_frames(following, reader, seconds), media_type=MEDIA_TYPE, headers=HEADERS)
        self._seconds, self._close = seconds + GRACE_SECONDS, close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and count off whatever happens. Who stopped reading holds the stream no longer than its time."""
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await super().__call__(scope, receive, send)
        finally:
            self._close()


async def _frames(following: Following, reader: Reader, seconds: float) -> AsyncIterator[bytes]:
    clock = asyncio.get_running_loop().time
    until, place = clock() + seconds, following.begins_at
    yield f"retry: {RETRY_MS}\nid: {place}\n\n".encode()
    while not reader.closing.is_set() and clock() < until:
        ring, fresh_until = following.bell.next_ring, clock() + FRESH_SECONDS
        told = await following.more(place)
        for sent in told:
            yield sent.frame()
            place = sent.id
            if clock() > min(until, fresh_until):  # the reader let us wait
                break
        heard = told or await _first(until - clock(), following.heartbeat_seconds, ring, reader.closing)
        if not heard and clock() < until:
            yield b": still here\n\n"


def _seconds_left(until: datetime | None) -> float:
    return LONGEST_SECONDS if until is None else (until - datetime.now(UTC)).total_seconds()


async def _first(left: float, patience: float, *events: asyncio.Event) -> bool:
    """Wait until one of these is set; False when nothing was within the time."""
    waiting: list[asyncio.Task[Any]] = [asyncio.create_task(event.wait()) for event in events]
    try:
        done, _ = await asyncio.wait(
            waiting, timeout=max(0.0, min(left, patience)), return_when=asyncio.FIRST_COMPLETED
        )
    finally:
        for task in waiting:
            task.cancel()
    return bool(done)
