"""Health: whether a process should be sent requests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from missionare.kit.logs import log

CHECK_SECONDS: Final = 2.0

Check = Callable[[], Awaitable[bool]]
"""Says whether one part of the process works."""


@dataclass
class Health:
    """Whether this process should be sent requests. Parts of it add their checks."""

    checks: dict[str, Check] = field(default_factory=dict)
    draining: bool = False
    """Set before an orderly stop, so that no new request is sent here."""

    async def states(self) -> dict[str, bool]:
        """Ask every part, all at once, each for two seconds at most."""
        answers = await asyncio.gather(*(_asked(name, check) for name, check in self.checks.items()))
        return dict(zip(self.checks, answers, strict=True)) | ({"draining": False} if self.draining else {})


async def _asked(name: str, check: Check) -> bool:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check()
    except Exception as error:  # noqa: BLE001 - whatever goes wrong, the part does not work
        log.warning("health check failed", name=name, exc_info=error)
        return False
