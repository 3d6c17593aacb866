import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from support.things.service import build

from missionare.kit import logs
from missionare.kit.settings import Settings
from missionare.kit.testing import MovableClock, Platform, running, settings_for


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def things(mongo_url: str, tmp_path: Path, clock: MovableClock) -> AsyncIterator[Platform]:
    """The imaginary service, running in this process on a real database."""
    settings = settings_for("things", mongo_url, tmp_path, kind=Settings, peers=["friend", "stranger"])
    async with running(build(settings), clock=clock) as platform:
        yield platform


@pytest.fixture(autouse=True)
def json_logs() -> Iterator[None]:
    """Log as a process does; pytest shows the lines of a test that fails."""
    handlers, level = logging.root.handlers, logging.root.level
    logs.configure(level="debug", service="test")
    yield
    structlog.reset_defaults()
    logging.root.handlers, logging.root.level = handlers, level
