"""Service: everything one service consists of, wired in one place, and its way from start to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType
from typing import Any, Final

import httpx2
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pymongo.errors import PyMongoError
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from missionare.kit import endpoints, problems
from missionare.kit.clock import Clock
from missionare.kit.commands import Commands
from missionare.kit.dead_letter_routes import dead_letter_routes
from missionare.kit.dead_letters import DeadLetterActs, DeadLetters
from missionare.kit.decisions import Decided
from missionare.kit.edge import Edge
from missionare.kit.eras import restore_is_under_way
from missionare.kit.feeds import fact_routes, process_routes, stream_routes
from missionare.kit.generations import COLLECTION as READ_MODELS
from missionare.kit.generations import Binding
from missionare.kit.handlers import Handlers
from missionare.kit.health import Health
from missionare.kit.idempotency import CommandRecords
from missionare.kit.keys import KeyDirectory
from missionare.kit.ledger import Ledger
from missionare.kit.link_routes import link_routes
from missionare.kit.links import Links, LinkTokens
from missionare.kit.live import LiveView
from missionare.kit.logs import log
from missionare.kit.mongo import UNREACHABLE, Database
from missionare.kit.outlets import Outlet
from missionare.kit.peers import Peers, fetch_json, http_client
from missionare.kit.readers import Site
from missionare.kit.routes import Route, Routes, check_unique
from missionare.kit.settings import PREFIX, BrokenSettings, Settings
from missionare.kit.store import IndexDiffers, View
from missionare.kit.timers import Timers
from missionare.kit.together import to_the_end
from missionare.kit.tokens import KeyFile, Signer, SigningKeys, Verifier
from missionare.kit.work import Context

HTTP_SHARE: Final = 1 / 6
WORKER_SHARE: Final = 5 / 6
"""How the time for an orderly stop is divided: answers that have begun, then the batch, the relay and the timers."""

KIT_VIEWS: Final[tuple[type[View], ...]] = (CommandRecords, LinkTokens, Decided, DeadLetters, DeadLetterActs)


class CannotStart(Exception):
    """The process cannot do its work here and now; the message says what is missing and what to do."""


class NoPolicy(Exception):
    """A route without a policy: the process does not start."""


@dataclass
class Service:
    """One service: what it stores, answers, hears and does by itself.

    Declaring it opens nothing. `start` connects and creates what is missing in the database; `stop` ends in the
    order in which nothing is lost.
    """

    name: str
    settings: Settings
    facts: ModuleType | None = None
    """The module `events` with the facts this service publishes."""
    stores: Sequence[type[View]] = ()
    views: Sequence[type[View]] = ()
    routes: Sequence[Routes] = ()
    links: Sequence[Links] = ()
    handlers: Sequence[Handlers] = ()
    timers: Timers = field(default_factory=Timers)
    outlets: Sequence[Outlet] = ()
    """Topics beside the one of the service's facts."""
    operators: tuple[str, ...] = ("operator",)
    """The roles that may look at the streams."""
    transport: httpx2.AsyncBaseTransport | None = None
    """For tests: what carries requests to other services instead of the network."""

    def __post_init__(self) -> None:
        """Begin idle."""
        self.health = Health()
        self.failed = asyncio.Event()
        self._worker: Any = None
        self._following: list[asyncio.Task[None]] = []

    @cached_property
    def database(self) -> Database:
        """The service's database; connected on first use."""
        return Database(self.settings.mongo_url, self.settings.mongo_driver)

    @cached_property
    def client(self) -> httpx2.AsyncClient:
        """The process's one HTTP client."""
        return http_client(self.transport)

    @cached_property
    def signer(self) -> Signer | None:
        """What signs in this service's name, or None where no key is configured.

        Raises:
            BrokenSettings: the key file cannot be used.
        """
        path = self.settings.signing_key_file
        if path is None:
            return None
        try:
            return Signer(self.name, SigningKeys.load(path))
        except KeyFile as error:
            wanted = type(self.settings).model_fields["signing_key_file"].description
            raise BrokenSettings([f"{PREFIX}SIGNING_KEY_FILE: {error}; wanted: {wanted}"]) from error

    @cached_property
    def verifier(self) -> Verifier:
        """What believes or refuses the tokens that arrive.

        Raises:
            BrokenSettings: nobody knows where the issuer's keys are, so no token could ever be believed.
        """
        issuer = self.settings.issuer
        if issuer != self.name and issuer not in self.settings.peers:
            raise BrokenSettings(
                [f"{PREFIX}PEERS: does not name {issuer}; wanted: the address of the issuer of tokens"]
            )
        own = {self.name: self.signer.keys} if self.signer else {}

        async def fetch(url: str) -> Any:
            return await fetch_json(self.client, url)

        return Verifier(self.name, issuer, KeyDirectory(fetch, self.settings.peers, own=own))

    @cached_property
    def context(self) -> Context:
        """What every work of this process shares."""
        kinds = (*self.stores, *self.views, *KIT_VIEWS)
        return Context(
            service=self.name,
            database=self.database,
            clock=Clock(self.settings.clock_file),
            ledger=Ledger(self.database),
            views={kind: kind(self.database) for kind in kinds},
            peers=Peers(self.client, self.signer, self.settings.peers),
        )

    @cached_property
    def site(self) -> Site:
        """What the routes share."""
        return Site(self.name, self.settings, self.context, self.verifier, self.signer, self.health)

    @cached_property
    def binding(self) -> Binding:
        """What keeps the views of read models where their serving generation is."""
        return Binding(self.database, self.handlers, self.context.views)

    def declared_routes(self, *, serving: bool = True) -> list[Route]:
        """Give every route of this service, kit's own included; without `serving` those that a mere worker has, too.

        Raises:
            Misdeclared: two share an operation id or an address.
        """
        groups = [process_routes(self.name), *(self._service_groups() if serving else [])]
        routes = [route for group in groups for route in group.declared]
        check_unique(routes)
        return routes

    @cached_property
    def app(self) -> FastAPI:
        """The ASGI application.

        Raises:
            NoPolicy: a route was added that names no policy.
        """
        app = FastAPI(
            title=self.name,
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
            middleware=[Middleware(Edge)],
        )
        problems.install(app)
        app.state.commands = Commands(self.site)
        routes = self.declared_routes(serving=self.settings.role.serves)
        app.router.routes += [endpoints.mounted(route) for route in routes]
        check_policies(app.router.routes)
        return app

    def _service_groups(self) -> list[Routes]:
        handlers = tuple(self.handlers)
        kit = [
            fact_routes(self.name),
            stream_routes(self.name, self.operators, handlers),
            dead_letter_routes(self.name, self.operators, handlers),
        ]
        return [*kit, *self.routes, *link_routes(self.name, tuple(self.links))]

    async def open(self) -> None:
        """Reach the database and create collections and indexes that are missing.

        Raises:
            CannotStart: the database cannot be reached, holds an index in another form, or is being restored.
        """
        await self.reach()
        try:
            await self._prepare()
        except UNREACHABLE as error:
            raise self._does_not_answer(error) from error
        except IndexDiffers as error:
            msg = (
                f"the database {self.name} was made by another version of this service: {error}. "
                "Run the version that made it, or drop that index and start again."
            )
            raise CannotStart(msg) from error

    async def reach(self) -> None:
        """Reach the database, and create nothing.

        Raises:
            CannotStart: it does not answer, or refuses us.
        """
        try:
            await self.database.ping()
            await self.database.primary.prove()
        except UNREACHABLE as error:
            raise self._does_not_answer(error) from error
        except PyMongoError as error:
            msg = (
                f"{PREFIX}MONGO_URL: the database {self.name} refuses us ({type(error).__name__}). "
                "Correct user, password and options in the address, or create the user."
            )
            raise CannotStart(msg) from error

    async def _prepare(self) -> None:
        if await restore_is_under_way(self.database):
            msg = (
                f"the database {self.name} is being restored from a backup, or a restore was interrupted. "
                f"Wait for its end, or repeat the command: missionare restore {self.name} --from <folder>."
            )
            raise CannotStart(msg)
        await self.context.ledger.ensure()
        own = [view.collection for view in self.context.views if not view.of_the_trail]
        await self.database.ensure_collections([READ_MODELS, *own])
        await self.binding.look()
        await to_the_end(view.ensure_indexes() for view in self.context.views.values())

    def _does_not_answer(self, error: Exception) -> CannotStart:
        return CannotStart(
            f"{PREFIX}MONGO_URL: the database {self.name} does not answer ({type(error).__name__}). "
            "Start MongoDB, wait until it has a primary, or correct the address."
        )

    async def start(self) -> None:
        """Open the database and, in a worker, begin to move facts, hear them and fire timers.

        Raises:
            CannotStart: something that is needed cannot be reached.
        """
        await self.open()
        self.health.checks["mongo"] = self._mongo_answers
        self._following.append(asyncio.create_task(self.binding.follow(), name="read models"))
        if self.settings.role.serves:
            self._follow_live_views()
        if self.settings.role.works:
            from missionare.kit.worker import Worker  # noqa: PLC0415 - the api role never loads the Kafka client

            self._worker = Worker(
                self.context,
                self.settings,
                handlers=self.handlers,
                timers=self.timers,
                fail=self.give_up,
                outlets=self.outlets,
            )
            await self._worker.start()
            self.health.checks["worker"] = self._worker.ready
        log.info("service started", role=self.settings.role.value, port=self.settings.http_port)

    async def stop(self) -> None:
        """Stop the worker, then close what it used. HTTP has been drained before."""
        self.health.draining = True
        for following in self._following:
            following.cancel()
        if self._worker is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.settings.shutdown_seconds * WORKER_SHARE):
                    await self._worker.stop()
        await self.client.aclose()
        await self.database.close()
        log.info("service stopped")

    def drain(self) -> None:
        """Say that no new request should be sent here; those that come are still answered, and streams end."""
        self.health.draining = True
        self.site.closing.set()

    def give_up(self, reason: str) -> None:
        """End the process with an error, because a part of it can no longer do its work."""
        log.error("process gives up", reason=reason)
        self.failed.set()

    def _follow_live_views(self) -> None:
        for view in self.context.views.values():
            if isinstance(view, LiveView):
                self.health.checks[view.name] = view.is_built
                following = asyncio.create_task(view.follow(), name=view.name)
                following.add_done_callback(self._no_longer_followed)
                self._following.append(following)

    def _no_longer_followed(self, following: asyncio.Task[None]) -> None:
        if not following.cancelled() and (error := following.exception()) is not None:
            self.give_up(f"{following.get_name()} is no longer kept up: {type(error).__name__}")

    async def _mongo_answers(self) -> bool:
        await self.database.ping()
        return True


def check_policies(routes: Sequence[BaseRoute]) -> None:
    """Refuse an application in which any route was added past `Routes`, and so without a policy.

    Raises:
        NoPolicy: naming the route.
    """
    for route in routes:
        if not (isinstance(route, APIRoute) and (route.openapi_extra or {}).get("x-policy")):
            msg = f"{getattr(route, 'path', route)} has no policy: declare it with missionare.kit.routes.Routes"
            raise NoPolicy(msg)
