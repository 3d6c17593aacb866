"""Journeys on a real database, with everybody it deals with played by the tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from journeys.region import Region

from missionare.journeys.app import build
from missionare.journeys.settings import JourneysSettings
from missionare.kit.testing import FakePeers, MovableClock, running, settings_for
from missionare.kit.worker import COLLECTIONS


@pytest.fixture
async def region(mongo_url: str, tmp_path: Path) -> AsyncIterator[Region]:
    """A region with active hosts, where no journey is planned yet."""
    others = ("members", "catalog", "notifications")
    settings = settings_for("journeys", mongo_url, tmp_path, kind=JourneysSettings, peers=others)
    clock = MovableClock()
    service = build(cast("JourneysSettings", settings))
    async with running(service, clock=clock, peers=FakePeers()) as platform:
        await service.database.ensure_collections(COLLECTIONS)
        region = Region(platform, clock)
        for host in ("host-1", "host-2", "host-3"):
            await region.activate(host)
        yield region
