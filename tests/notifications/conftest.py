"""Notifications on a real database and with a real mail server, everybody else played by the tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from notifications.mailbox import Mailbox, open_mailbox
from notifications.network import Network
from notifications.receivers import Receiver, receiving
from notifications.region import Region

from missionare.kit.testing import FakePeers, MovableClock, running, settings_for
from missionare.kit.worker import COLLECTIONS
from missionare.notifications.app import build
from missionare.notifications.settings import NotificationsSettings


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    async with open_mailbox() as mailbox:
        yield mailbox


@pytest.fixture
async def network(
    mongo_url: str, tmp_path: Path, mailbox: Mailbox, request: pytest.FixtureRequest
) -> AsyncIterator[Network]:
    """A network in which nothing has happened yet; members knows p1, p2 and the host's contact.

    A test that names hours of mail gets a network that keeps them; all others send at any hour.
    """
    hours = {"mail_hours": request.param} if hasattr(request, "param") else {}
    settings = settings_for(
        "notifications",
        mongo_url,
        tmp_path,
        kind=NotificationsSettings,
        peers=("members", "journeys", "catalog"),
        smtp_port=mailbox.port,
        mail_from="Regionalagentur <no-reply@missionare.example>",
        **hours,
    )
    peers, clock = FakePeers(), MovableClock()
    service = build(settings)
    async with running(service, clock=clock, peers=peers) as platform:
        await service.database.ensure_collections(COLLECTIONS)
        network = Network(platform, peers, clock, mailbox)
        for someone in ("p1", "p2", "host"):
            network.knows(someone)
        yield network


@pytest.fixture
async def region(mongo_url: str, tmp_path: Path) -> AsyncIterator[Region]:
    """Notifications as readers outside see it, with everybody else's facts in the tests' hands."""
    peers = ("members", "journeys", "catalog")
    settings = settings_for(
        "notifications", mongo_url, tmp_path, kind=NotificationsSettings, peers=peers, webhook_loopback=True
    )
    async with running(build(settings), clock=MovableClock(), peers=FakePeers()) as platform:
        yield Region(platform)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver
