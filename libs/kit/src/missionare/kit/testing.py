"""Doubles and callers for the tests of every service: written by hand, shipped with what they stand for.

async with running(build_service(url)) as platform:
    ada = platform.as_person("p1", roles=["reviewer"])
    answer = await ada.post("/api/things/v1/things", {"size": 3})
    assert answer.status_code == 201
"""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlencode, urlsplit

import httpx2

from missionare.kit.admission import ON_BEHALF_CHANNEL, ON_BEHALF_OF, ON_BEHALF_WHY
from missionare.kit.clock import Clock
from missionare.kit.consumer import Consumer
from missionare.kit.envelope import Envelope, from_row
from missionare.kit.facts import wire_type
from missionare.kit.ids import uuid7
from missionare.kit.keys import JWKS_PATH
from missionare.kit.ledger import AggregateFeed, Feed, Position
from missionare.kit.peers import PeerRefused, PeerUnavailable
from missionare.kit.service import Service
from missionare.kit.settings import Settings
from missionare.kit.timers import TimerLoop
from missionare.kit.tokens import Signer, SigningKeys
from missionare.kit.worker import COLLECTIONS as WORKER_COLLECTIONS

S = TypeVar("S", bound=Settings)

PUBLIC_URL = "http://127.0.0.1:8080"
OBSERVERS: list[Callable[[Service, httpx2.Response], Awaitable[None]]] = []
"""Told of every answer that a service of `running` gives: what no answer may be fails the test that asked for it."""
_CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class MovableClock(Clock):
    """A clock that a test moves."""

    def __init__(self) -> None:
        """Begin at the present."""
        super().__init__()
        self._ahead = timedelta()

    def offset(self) -> timedelta:
        """Give how far the clock was moved."""
        return self._ahead

    def move(self, **span: float) -> datetime:
        """Move on by a `timedelta`'s keywords and give the new moment."""
        self._ahead += timedelta(**span)
        return self.now()


class FakePeers:
    """Stands for `kit.peers.Peers`: answers are laid down beforehand, calls are kept."""

    def __init__(self, answers: Mapping[tuple[str, str], Any] | None = None) -> None:
        """Answer `(peer, path)` with a value, an exception, or a function of the JSON that was posted."""
        self.answers: dict[tuple[str, str], Any] = dict(answers or {})
        self.calls: list[tuple[str, str, str, Any]] = []

    async def get(self, peer: str, path: str, **_options: Any) -> Any:
        """Give the answer laid down."""
        return self._answer("GET", peer, path, None)

    async def post(self, peer: str, path: str, *, json: Any, **_options: Any) -> Any:
        """Give the answer laid down."""
        return self._answer("POST", peer, path, json)

    def away(self, peer: str, path: str) -> None:
        """Let a call fail as if the peer were down."""
        self.answers[peer, path] = PeerUnavailable(peer, "away")

    def _answer(self, method: str, peer: str, path: str, sent: Any) -> Any:
        self.calls.append((method, peer, path, sent))
        answer = self.answers.get((peer, path), PeerRefused(peer, 404, "not_found"))
        if isinstance(answer, Exception):
            raise answer
        return answer(sent) if callable(answer) else answer


class As:
    """A caller: sends requests with a token of their own, and an idempotency key unless one is given."""

    def __init__(self, client: httpx2.AsyncClient, token: Callable[[], str] | None, headers: Mapping[str, str]) -> None:
        """Send through `client`; `token` makes a fresh one for each request, None sends none."""
        self._client = client
        self._token = token
        self._headers = dict(headers)

    def with_headers(self, **headers: str) -> As:
        """Give the same caller with more headers: `Accept_Language="en"`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return As(self._client, self._token, {**self._headers, **named})

    def for_somebody(self, subject_id: str, *, channel: str = "telephone", why: str = "asked on the telephone") -> As:
        """Give the same caller acting on behalf of somebody."""
        behalf = {ON_BEHALF_OF: subject_id, ON_BEHALF_CHANNEL: channel, ON_BEHALF_WHY: why}
        return As(self._client, self._token, {**self._headers, **behalf})

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        """Read."""
        return await self.send("GET", path, **options)

    async def post(
        self, path: str, body: Any = None, *, match: int | str | None = None, key: str | None = None, **options: Any
    ) -> httpx2.Response:
        """Give a command; `match` is the version decided on, or an answer's ETag."""
        return await self.send("POST", path, body=body, match=match, key=key, **options)

    async def submit(self, path: str, fields: Mapping[str, str]) -> httpx2.Response:
        """Send an HTML form, as a browser does from the page itself."""
        headers = {
            "Origin": PUBLIC_URL,
            "Sec-Fetch-Site": "same-origin",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        content = urlencode(fields)
        return await self._client.post(path, content=content, headers={**self._headers, **headers})

    async def send(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        match: int | str | None = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> httpx2.Response:
        """Send any request. `key=""` sends no idempotency key."""
        sent = dict(self._headers)
        if self._token is not None:
            sent["Authorization"] = f"Bearer {self._token()}"
        if method in _CHANGES and key != "":
            sent["Idempotency-Key"] = key or uuid7()
        if match is not None:
            sent["If-Match"] = f'"{match}"' if isinstance(match, int) else match
        if body is not None:
            options["content"] = json.dumps(body)
            sent["Content-Type"] = "application/json"
        return await self._client.request(method, path, headers={**sent, **(headers or {})}, **options)


class Platform:
    """A service running in the test's own process, with everybody who may call it."""

    def __init__(self, service: Service, client: httpx2.AsyncClient, signers: Mapping[str, Signer]) -> None:
        """Made by `running`."""
        self.service = service
        self.client = client
        self._signers = signers

    def as_visitor(self, **headers: str) -> As:
        """Somebody who is not signed in."""
        return As(self.client, None, {}).with_headers(**headers)

    def as_person(
        self, person_id: str, *, roles: Collection[str] = (), organisation_id: str | None = None, **headers: str
    ) -> As:
        """A person with these roles."""
        return self._as("person", person_id, roles, organisation_id).with_headers(**headers)

    def as_key(
        self,
        key_id: str,
        *,
        roles: Collection[str] = (),
        organisation_id: str | None = None,
        person_id: str | None = None,
    ) -> As:
        """An API key; with `person_id` it acts for a person."""
        return self._as("key", key_id, roles, organisation_id, person_id)

    def as_service(self, name: str) -> As:
        """Another service of the platform; it must be one of the peers of `running`."""
        return As(self.client, lambda: self._signers[name].assertion(self.service.name), {})

    def token(self, person_id: str = "p1", **claims: Any) -> str:
        """A token of the issuer for this service, to be tampered with."""
        return self._issuer.mint(self.service.name, person_id, **{"kind": "person", **claims})

    @property
    def _issuer(self) -> Signer:
        return self._signers[self.service.settings.issuer]

    def _as(
        self,
        kind: Literal["person", "key"],
        subject: str,
        roles: Collection[str],
        organisation_id: str | None,
        person_id: str | None = None,
    ) -> As:
        def token() -> str:
            return self._issuer.mint(
                self.service.name,
                subject,
                kind=kind,
                roles=roles,
                organisation_id=organisation_id,
                person_id=person_id,
            )

        return As(self.client, token, {})


class SilentOwner:
    """A service whose feeds tell nothing beyond the facts that were delivered."""

    async def confirmed(self, after: Position, limit: int = 1_000) -> Feed:  # noqa: ARG002 - an owner's interface
        """Nothing is confirmed."""
        return Feed([], Position(), 1, datetime.now(UTC))

    async def of_aggregate(self, aggregate: str, subject: str, after: str) -> AggregateFeed:  # noqa: ARG002
        """No aggregate has further facts."""
        return AggregateFeed([], "0.0", 1)


class Outside:
    """The other services, as far as their facts go: what they tell reaches the service's real consumers.

    The service's own facts are not delivered by themselves: pass them on with `own`.
    """

    def __init__(self, platform: Platform) -> None:
        """Tell facts to the platform's service, and fire its timers."""
        service = platform.service
        self._context = service.context
        self._timers = TimerLoop(service.context, service.timers)
        self._sequences: dict[tuple[str, str], Iterator[int]] = {}
        self.consumers = [
            Consumer(service.context, handlers, dict.fromkeys(handlers.sources, SilentOwner()))
            for handlers in service.handlers
        ]

    def fact(self, name: str, aggregate: str, *, version: int = 1, correlation_id: str = "", **data: Any) -> Envelope:
        """Make the next fact of an aggregate as its owner sends it; `name` is `service.ClassName`."""
        source, _, class_name = name.partition(".")
        subject = str(data[f"{aggregate}_id"])
        sequence = next(self._sequences.setdefault((aggregate, subject), itertools.count(1)))
        return Envelope(
            id=uuid7(),
            source=source,
            type=wire_type(source, class_name, version),
            aggregate=aggregate,
            subject=subject,
            era=1,
            sequence=sequence,
            previous=f"1.{sequence - 1}" if sequence > 1 else "0.0",
            time=self._context.clock.now(),
            actor="test",
            correlation_id=correlation_id or uuid7(),
            causation_id=None,
            traceparent=None,
            value=json.dumps(data),
        )

    async def deliver(self, *facts: Envelope) -> None:
        """Deliver facts in one batch to every consumer, and nothing more."""
        for consumer in self.consumers:
            await consumer.batch(facts)

    async def tell(self, *facts: Envelope) -> None:
        """Deliver facts one after the other, and after each let everything happen that follows by itself."""
        for fact in facts:
            await self.deliver(fact)
            await self.settle()

    async def settle(self, rounds: int = 100) -> None:
        """Fire timers until none is due.

        Raises:
            AssertionError: they do not come to an end.
        """
        rows = self._context.database["timers"]
        for _ in range(rounds):
            due = await rows.find({"due_at": {"$lte": self._context.clock.now()}}, sort=[("due_at", 1)]).to_list(None)
            if not due:
                return
            for row in due:
                await self._timers.fire(row)
        msg = f"timers do not come to an end: {[row['_id'] for row in due]}"
        raise AssertionError(msg)

    async def own(self, class_name: str = "", *, version: int = 1) -> list[Envelope]:
        """Give what the service itself has told, in order; with a class name, only facts of that type."""
        service = self._context.service
        where = {"type": wire_type(service, class_name, version)} if class_name else {}
        rows = await self._context.database["facts"].find(where, sort=[("_id", 1)]).to_list(None)
        return [from_row(row, service) for row in rows]


def settings_for(
    service: str,
    mongo_url: str,
    folder: Path,
    *,
    kind: type[S],
    peers: Collection[str] = (),
    **more: Any,
) -> S:
    """Give a service's settings for a test: api role, loopback, a fresh signing key in `folder`."""
    key_file = folder / f"{service}.pem"
    if not key_file.exists():
        SigningKeys.generate().save(key_file)
    values = {
        "role": "api",
        "mongo_url": mongo_url,
        "public_url": PUBLIC_URL,
        "signing_key_file": key_file,
        "peers": json.dumps({name: f"http://{name}.localhost" for name in {"issuer", *peers}}),
        "issuer": "issuer",
        "temporary_data": True,
    }
    return kind(**{**values, **more})


@asynccontextmanager
async def running(
    service: Service, *, clock: Clock | None = None, peers: FakePeers | None = None, issuer: Signer | None = None
) -> AsyncIterator[Platform]:
    """Run a service in this process: its own application and database, without network and without worker.

    Args:
        service: built with `settings_for`.
        clock: what time it is for the service.
        peers: answers what the service asks of others; without it every such call finds the peer away.
        issuer: signs for people instead of one made for this service, so that one token is good at several.
    """
    names = {service.settings.issuer, *service.settings.peers} - {service.name}
    signers = {name: Signer(name, SigningKeys.generate()) for name in names}
    if issuer is not None:
        signers[issuer.service] = issuer
    if service.signer is not None:
        signers[service.name] = service.signer
    service.transport = httpx2.MockTransport(_key_server(signers))
    _replace(service, clock, peers)
    await service.start()
    await service.database.ensure_collections(WORKER_COLLECTIONS)
    audit = service.database.audit.database
    if not await audit.list_collection_names():
        await audit.create_collection("audit", check_exists=False)
    client = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(service.app),
        base_url=PUBLIC_URL,
        event_hooks={"response": [partial(observe, service) for observe in OBSERVERS]},
    )
    try:
        yield Platform(service, client, signers)
    finally:
        await client.aclose()
        await service.stop()


def _replace(service: Service, clock: Clock | None, peers: FakePeers | None) -> None:
    for name, double in {"clock": clock, "peers": peers}.items():
        if double is not None:
            object.__setattr__(service.context, name, double)


def _key_server(signers: Mapping[str, Signer]) -> Callable[[httpx2.Request], httpx2.Response]:
    """Serve each peer's public keys at its address, as its own process would."""

    def serve(request: httpx2.Request) -> httpx2.Response:
        name = (urlsplit(str(request.url)).hostname or "").partition(".")[0]
        if request.url.path == JWKS_PATH and name in signers:
            return httpx2.Response(200, json=signers[name].keys.public())
        return httpx2.Response(503)

    return serve
