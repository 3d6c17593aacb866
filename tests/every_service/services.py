"""The four services as they are wired: their routes, and all of them running in the tests' own process."""

from __future__ import annotations

import importlib
import uuid
from collections.abc import Iterator
from contextlib import AsyncExitStack
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_type_hints

import pytest
from every_service.hearing import Hearing
from every_service.neighbours import Neighbourhood
from every_service.tree import SERVICES

from missionare.kit.routes import Route
from missionare.kit.service import Service
from missionare.kit.testing import FakePeers, MovableClock, Platform, running, settings_for


def built(service: str, folder: Path, mongo_url: str = "mongodb://127.0.0.1/nothing") -> Service:
    """Wire a service as its process does, in the role that answers requests."""
    build = importlib.import_module(f"missionare.{service}.app").build
    kind = get_type_hints(build)["settings"]
    others = set(SERVICES) - {service}
    made: Service = build(settings_for(service, mongo_url, folder, kind=kind, peers=others, issuer="members"))
    return made


@cache
def routes_of(service: str) -> tuple[Route, ...]:
    """Every route of a service, those that kit gives it included."""
    with TemporaryDirectory() as folder:
        return tuple(built(service, Path(folder)).declared_routes())


def every_route() -> Iterator[Route]:
    """Every route of every service."""
    for service in SERVICES:
        yield from routes_of(service)


def named(route: Route) -> str:
    """Say which route a test is about."""
    return f"{route.service} {route.operation}"


def each(routes: list[Route]) -> pytest.MarkDecorator:
    """Run a test once for each of these routes."""
    return pytest.mark.parametrize("route", routes, ids=named)


def commands() -> list[Route]:
    """Every command that a service declares itself; the forms of mailed links are kit's own and tested there."""
    return [route for route in every_route() if route.is_command and route.endpoint is None]


class Running:
    """The services, each started on a database of its own when it is first asked for, and then kept."""

    def __init__(self, mongod: str, folder: Path, stack: AsyncExitStack) -> None:
        self._mongod, self._folder, self._stack = mongod, folder, stack
        self._platforms: dict[str, Platform] = {}
        self.clocks: dict[str, MovableClock] = {}
        self.peers: dict[str, FakePeers] = {}
        self._hearings: dict[str, Hearing] = {}

    async def of(self, service: str) -> Platform:
        """Give a running service."""
        if service not in self._platforms:
            self._platforms[service] = await self.start(built(service, self._folder, self._address(service)))
        return self._platforms[service]

    async def start(self, service: Service) -> Platform:
        """Run a service until the end of all these tests."""
        clock = self.clocks[service.name] = MovableClock()
        peers = self.peers[service.name] = FakePeers()
        platform = await self._stack.enter_async_context(running(service, clock=clock, peers=peers))
        service.site.closing.set()  # an answer that would go on is complete at once
        return platform

    async def listening(self, service: str) -> Hearing:
        """Give a service that listens to its neighbours, on a database that nothing else touches."""
        if service not in self._hearings:
            listener = built(service, self._folder, self._address(f"listening_{service}"))
            platform = await self._stack.enter_async_context(running(listener, peers=Neighbourhood()))
            self._hearings[service] = await Hearing.of(platform)
        return self._hearings[service]

    def twin(self, service: str) -> Service:
        """Wire a service once more, with a database of its own, to be sabotaged before it starts."""
        return built(service, self._folder, self._address(f"twin_of_{service}"))

    def _address(self, name: str) -> str:
        return f"{self._mongod}/every_{name}_{uuid.uuid4().hex[:8]}?replicaSet=test"


async def fingerprint(platform: Platform) -> dict[str, Any]:
    """Give a hash of every collection, audit trail included, by which any change shows."""
    database = platform.service.database
    hashes = {
        name: (await database.client[name].command("dbHash"))["collections"]
        for name in (database.name, f"{database.name}_audit")
    }
    return {f"{name}.{collection}": digest for name, found in hashes.items() for collection, digest in found.items()}
