"""Platforms for tests: the real supervisor with the real bundled servers, and stand-ins for the services."""

import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from missionare.cli.running import Running

STANDIN_UP = (sys.executable, str(Path(__file__).with_name("standin_up.py")), "up")


@pytest.fixture(scope="session")
def start(tmp_path_factory):
    """Start a platform with stand-ins for the services: `with start(data=..., port=...) as platform`."""

    @contextmanager
    def started(data=None, **options):
        with Running.start(data or tmp_path_factory.mktemp("data"), command=STANDIN_UP, **options) as running:
            yield running

    return started


@pytest.fixture(scope="session")
def shared(start):
    """A platform for tests that leave it as it was."""
    with start() as running:
        yield running
