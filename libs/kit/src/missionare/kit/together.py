"""Several things at the same time, each of them to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Any


async def to_the_end(works: Iterable[Awaitable[Any]]) -> None:
    """Await all of them at the same time; none is left half-way because another one failed.

    Raises:
        BaseException: what the first of those that failed, in the order given, raised.
    """
    for end in await asyncio.gather(*works, return_exceptions=True):
        if isinstance(end, BaseException):
            raise end
