"""Several things at the same time: each comes to its end, and the first failure is told."""

from __future__ import annotations

import asyncio

import pytest

from missionare.kit.together import to_the_end


async def test_what_fails_leaves_nothing_half_way() -> None:
    ended: list[str] = []

    async def work(name: str, *, fails: bool) -> None:
        if fails:
            raise ValueError(name)
        await asyncio.sleep(0)
        ended.append(name)

    with pytest.raises(ValueError, match="first"):
        await to_the_end([work("first", fails=True), work("slow", fails=False), work("second", fails=True)])

    assert ended == ["slow"]
