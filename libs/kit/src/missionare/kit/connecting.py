"""Starting a client of the broker so that nothing of it is left behind, also when whoever starts it is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

START_SECONDS: Final = 2.0


async def whole(start: Coroutine[Any, Any, None]) -> None:
    """Let a client start; whoever is cancelled meanwhile waits for that, at most two seconds.

    A client of aiokafka that is cancelled while it asks for the cluster forgets that connection and leaves it open.
    """
    starting = asyncio.ensure_future(start)
    try:
        await asyncio.shield(starting)
    except asyncio.CancelledError:
        await asyncio.wait([starting], timeout=START_SECONDS)
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        raise
