"""The pages on real services: each service's own application on a real database, reached without a network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from web.region import Region, databases_of, open_region, region_of_its_own

REGIONS = frozenset({"region", "shared"})
"""What opens four services and the pages in front of them takes seconds, and a commit does not wait for it."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of a whole region as thorough."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent) and not REGIONS.isdisjoint(
            getattr(item, "fixturenames", ())
        ):
            item.add_marker(pytest.mark.thorough)


@pytest.fixture
async def region(mongod: str, emptying: Callable[[str], None], tmp_path: Path) -> AsyncIterator[Region]:
    """A network with its four services and the pages in front of them; nothing is in it yet.

    All these tests follow each other in the same databases: mongod keeps the files of what is dropped open for minutes,
    and hundreds of new databases would be more of them than a process may have.
    """
    try:
        async with open_region(mongod, "t_web", tmp_path) as region:
            yield region
    finally:
        for database in databases_of("t_web"):
            emptying(database)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(mongod: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Region]:
    """One network for a file's tests (`asyncio(loop_scope="module")`); their people keep out of each other's way."""
    async with region_of_its_own(mongod, tmp_path_factory.mktemp("shared")) as region:
        yield region
