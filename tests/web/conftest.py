"""The pages on real services: each service's own application on a real database, reached without a network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from web.region import Region, open_region


@pytest.fixture
async def region(mongo_url: str, tmp_path: Path) -> AsyncIterator[Region]:
    """A network with its four services and the pages in front of them; nothing is in it yet."""
    async with open_region(mongo_url, tmp_path) as region:
        yield region
