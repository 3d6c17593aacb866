"""All four services in one process and one event loop, started once for all tests that ask for them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
import structlog
from every_service.services import Running

from missionare.kit import logs


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def services(mongod: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """The four services; tests that use it run in the session's loop: `pytest.mark.asyncio(loop_scope="session")`."""
    async with AsyncExitStack() as stack:
        yield Running(mongod, tmp_path_factory.mktemp("services"), stack)


@pytest.fixture(autouse=True)
def quiet_logs() -> Iterator[None]:
    """Log as a process does, but only what went wrong: thousands of requests are refused here on purpose."""
    handlers, level = logging.root.handlers, logging.root.level
    logs.configure(level="error", service="test")
    yield
    structlog.reset_defaults()
    logging.root.handlers, logging.root.level = handlers, level
