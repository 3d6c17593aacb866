"""Whoever looks at the pages of a running platform: without a gateway in between, with a token where one signs in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from urllib.parse import quote

from pymongo import MongoClient

from bench.http_load import get, send_all
from missionare.cli.running import Running
from missionare.kit.ids import uuid7
from missionare.kit.tokens import Signer, SigningKeys

SERVICES: Final = ("members", "journeys", "catalog", "notifications")
HEADERS: Final = {"Accept": "text/html", "Accept-Encoding": "gzip", "Accept-Language": "de"}


class Visitors:
    """Everybody who looks at pages, one after the other, over a connection that is kept."""

    def __init__(self, platform: Running) -> None:
        """Made by `visitors`."""
        self.port: int = platform.state["ports"]["web"]
        self._signer = Signer("members", SigningKeys.load(platform.folder.signing_key("members")))
        self._person = uuid7()

    def credentials(self, *roles: str) -> dict[str, str]:
        """Give the header that the gateway puts before a request of somebody with these roles, good for a minute."""
        token = self._signer.mint("web", self._person, kind="person", roles=roles, calls=SERVICES)
        return {"Authorization": f"Bearer {token}"}

    async def look(self, paths: Sequence[str], *roles: str) -> list[float]:
        """Look at these pages, one after the other; give the seconds until each answer is there as a whole."""
        headers = {**HEADERS, **(self.credentials(*roles) if roles else {})}
        return await send_all(self.port, [get(path, headers) for path in paths], clients=1)


def address(path: str, **query: str | int) -> str:
    """Give the address of a page."""
    given = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in query.items())
    return f"{path}?{given}" if given else path


@contextmanager
def databases(platform: Running) -> Iterator[Mapping[str, Any]]:
    """Open the services' databases."""
    with ExitStack() as stack:
        clients = {
            service: stack.enter_context(MongoClient[dict[str, Any]](platform.mongo_url(service), tz_aware=True))
            for service in SERVICES
        }
        yield {service: client.get_default_database() for service, client in clients.items()}
