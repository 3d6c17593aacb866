"""Several things at the same time, each of them to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Any


async def to_the_end(works: Iterable[Awaitable[Any]]) -> list[Any]:
    """Await all of them at the same time and give what they gave; none is left half-way because another one failed.

    Raises:
        BaseException: what the first of those that failed, in the order given, raised.
    """
    ends = await asyncio.gather(*works, return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException):
            raise end
    return ends
