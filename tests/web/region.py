"""A small network for the tests of the pages: real services without workers, and a browser without a window."""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
from pymongo import AsyncMongoClient
from starlette.datastructures import MutableHeaders
from starlette.requests import cookie_parser

from missionare.catalog.app import build as build_catalog
from missionare.catalog.settings import CatalogSettings
from missionare.journeys.app import build as build_journeys
from missionare.journeys.settings import JourneysSettings
from missionare.kit.testing import PUBLIC_URL, FakePeers, MovableClock, Platform, running, settings_for
from missionare.kit.tokens import Signer, SigningKeys
from missionare.members.app import build as build_members
from missionare.members.settings import MembersSettings
from missionare.notifications.app import build as build_notifications
from missionare.notifications.settings import NotificationsSettings
from missionare.web.app import Readiness, build
from missionare.web.settings import WebSettings

SERVICES: Mapping[str, tuple[Callable[[Any], Any], Any]] = {
    "members": (build_members, MembersSettings),
    "journeys": (build_journeys, JourneysSettings),
    "catalog": (build_catalog, CatalogSettings),
    "notifications": (build_notifications, NotificationsSettings),
}
PEERS = {name: f"http://{name}.localhost" for name in (*SERVICES, "issuer")}


class Streets(httpx2.AsyncBaseTransport):
    """Brings a request to the service that its host names; one that is not there does not answer."""

    def __init__(self) -> None:
        self.houses: dict[str, httpx2.AsyncBaseTransport] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        name = request.url.host.partition(".")[0]
        if name not in self.houses:
            raise httpx2.ConnectError(f"{name} is away")
        return await self.houses[name].handle_async_request(request)


class Gateway:
    """Stands before the pages: whoever comes with the cookie of a sign-in brings a fresh token, as with the real one.

    Only the sign-in itself is left out: who a cookie belongs to is laid down by `admit`.
    """

    COOKIE = "signed_in"

    def __init__(self, app: Any) -> None:
        self.app = app
        self.issuer = Signer("issuer", SigningKeys.generate())
        self._people: dict[str, dict[str, Any]] = {}

    def admit(self, person_id: str, **claims: Any) -> dict[str, str]:
        """Give the cookie of somebody who has signed in with these claims."""
        self._people[person_id] = claims
        return {self.COOKIE: person_id}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            headers = MutableHeaders(scope=scope)
            person_id = cookie_parser(headers.get("cookie", "")).get(self.COOKIE, "")
            if person_id in self._people:
                claims = {"calls": list(SERVICES), **self._people[person_id]}
                headers["authorization"] = f"Bearer {self.issuer.mint('web', person_id, kind='person', **claims)}"
        await self.app(scope, receive, send)

    def keys(self, request: httpx2.Request) -> httpx2.Response:
        """Serve the issuer's public keys."""
        del request
        return httpx2.Response(200, json=self.issuer.keys.public())


class Page(HTMLParser):
    """What a browser would see of an answer: headings, links, forms with their hidden fields."""

    def __init__(self, answer: httpx2.Response) -> None:
        super().__init__()
        self.answer = answer
        self.status = answer.status_code
        self.text = answer.text
        self.headings: list[tuple[str, str]] = []
        self.links: dict[str, str] = {}
        self.fields: dict[str, str] = {}
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._open: list[tuple[str, str]] = []
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in {"h1", "h2", "h3", "a"}:
            self._open.append((tag, given.get("href", "")))
            self._said = ""
        if tag == "form":
            self.forms.append((given.get("action", ""), {}))
        if tag == "input" and given.get("name"):
            self.fields[given["name"]] = given.get("value", "")
            if self.forms and given.get("type") not in {"checkbox", "radio"}:
                self.forms[-1][1][given["name"]] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._open:
            self._said += data

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1][0] == tag:
            kind, href = self._open.pop()
            said = re.sub(r"\s+", " ", self._said).strip()
            if kind == "a":
                self.links[said] = href
                return
            self.headings.append((kind, said))

    @property
    def title(self) -> str:
        return next(said for kind, said in self.headings if kind == "h1")

    def form(self, action: str) -> dict[str, str]:
        """Give what the form with this action carries in its fields, the hidden ones included."""
        return next(fields for address, fields in self.forms if address == action)

    def __contains__(self, words: str) -> bool:
        return words in re.sub(r"\s+", " ", self.text)


class Browser:
    """Somebody who looks at pages and sends forms."""

    def __init__(self, app: Any, cookies: Mapping[str, str] | None = None) -> None:
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url=PUBLIC_URL, cookies=dict(cookies or {})
        )

    async def look(self, path: str, **headers: str) -> Page:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Page(await self.client.get(path, headers={"Accept": "text/html", **named}))

    async def send(self, path: str, fields: Mapping[str, str], **headers: str) -> Page:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {
            "Accept": "text/html",
            "Origin": PUBLIC_URL,
            "Sec-Fetch-Site": "same-origin",
            "Content-Type": "application/x-www-form-urlencoded",
            **named,
        }
        return Page(await self.client.post(path, content=urlencode(fields), headers=sent))

    async def upload(self, path: str, fields: Mapping[str, str], name: str, content: bytes, **headers: str) -> Page:
        """Send a form whose field `file` holds a file."""
        sent = {"Accept": "text/html", "Origin": PUBLIC_URL, "Sec-Fetch-Site": "same-origin", **headers}
        file = {"file": (name, content)}
        return Page(await self.client.post(path, data=dict(fields), files=file, headers=sent))


class Region:
    """The network: its services by name, and the pages."""

    def __init__(
        self, streets: Streets, platforms: Mapping[str, Platform], gateway: Gateway, clock: MovableClock
    ) -> None:
        self.streets = streets
        self.platforms = platforms
        self.gateway = gateway
        self.browser = Browser(gateway)
        self.clock = clock

    def signed_in(
        self, person_id: str, *, roles: Collection[str] = ("member",), organisation_id: str | None = None
    ) -> Browser:
        """Give the browser of somebody who has signed in."""
        return Browser(self.gateway, self.gateway.admit(person_id, roles=roles, organisation_id=organisation_id))

    def away(self, service: str) -> None:
        """Let a service stop answering."""
        self.streets.houses.pop(service, None)


def pages(streets: Streets, clock: MovableClock | None = None, **more: Any) -> Any:
    """Give the pages' own application."""
    given: dict[str, Any] = {
        "public_url": PUBLIC_URL,
        "peers": PEERS,
        "issuer": "issuer",
        "temporary_data": True,
        **more,
    }
    settings = WebSettings(**given)
    return build(settings, Readiness(), client=httpx2.AsyncClient(transport=streets), clock=clock)


@asynccontextmanager
async def open_region(mongod: str, name: str, folder: Path) -> AsyncIterator[Region]:
    """Run the four services, each on a database of its own whose name begins with this one, and the pages before them.

    What they leave in the databases stays there.
    """
    clock, streets = MovableClock(), Streets()
    gateway = Gateway(pages(streets, clock))
    streets.houses["issuer"] = httpx2.MockTransport(gateway.keys)
    async with AsyncExitStack() as stack:
        platforms: dict[str, Platform] = {}
        for service, (make, kind) in SERVICES.items():
            url = f"{mongod}/{name}_{service}?replicaSet=test"
            others = [peer for peer in SERVICES if peer != service]
            settings = settings_for(service, url, folder, kind=kind, peers=others)
            platforms[service] = await stack.enter_async_context(
                running(make(settings), clock=clock, peers=FakePeers(), issuer=gateway.issuer)
            )
            streets.houses[service] = httpx2.ASGITransport(platforms[service].service.app)
        yield Region(streets, platforms, gateway, clock)


@asynccontextmanager
async def region_of_its_own(mongod: str, folder: Path) -> AsyncIterator[Region]:
    """Run a region on new databases, which are dropped afterwards."""
    name = f"t{uuid.uuid4().hex[:12]}"
    try:
        async with open_region(mongod, name, folder) as region:
            yield region
    finally:
        async with AsyncMongoClient(mongod, directConnection=True) as client:
            for database in databases_of(name):
                await client.drop_database(database)


def databases_of(name: str) -> list[str]:
    """Give the databases of a region, the audit trails' included."""
    return [f"{name}_{service}{part}" for service in SERVICES for part in ("", "_audit")]
