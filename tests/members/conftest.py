"""Members on a real database and with a real mail server, everybody else played by the tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from members.agency import Agency
from members.mailbox import Mailbox, open_mailbox

from missionare.kit.testing import MovableClock, running, settings_for
from missionare.kit.worker import COLLECTIONS
from missionare.members.app import build
from missionare.members.settings import MembersSettings


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    async with open_mailbox() as mailbox:
        yield mailbox


@pytest.fixture
async def agency(mongo_url: str, tmp_path: Path, mailbox: Mailbox) -> AsyncIterator[Agency]:
    """An agency with one operator and nobody else."""
    settings = settings_for(
        "members",
        mongo_url,
        tmp_path,
        kind=MembersSettings,
        peers=("journeys", "catalog", "notifications"),
        issuer="members",
        smtp_port=mailbox.port,
    )
    clock = MovableClock()
    service = build(settings)
    async with running(service, clock=clock) as platform:
        await service.database.ensure_collections(COLLECTIONS)
        agency = Agency(platform, clock, mailbox)
        await agency.open()
        yield agency
        await agency.close()
