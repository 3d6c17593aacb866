"""Catalog on a real database, with everybody it deals with played by the tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from catalog.region import Region

from missionare.catalog.app import build
from missionare.catalog.settings import CatalogSettings
from missionare.kit.testing import FakePeers, MovableClock, running, settings_for
from missionare.kit.worker import COLLECTIONS


@pytest.fixture
async def region(mongo_url: str, tmp_path: Path) -> AsyncIterator[Region]:
    """A region whose catalog is empty."""
    settings = settings_for(
        "catalog", mongo_url, tmp_path, kind=CatalogSettings, peers=("members", "journeys", "notifications")
    )
    peers, clock = FakePeers(), MovableClock()
    service = build(settings)
    async with running(service, clock=clock, peers=peers) as platform:
        await service.database.ensure_collections(COLLECTIONS)
        yield Region(platform, peers, clock)
