"""Wiring: the pages of every subject, what they share, the endpoints every process has, and the edge around them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import JSONResponse
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from missionare.kit import metrics
from missionare.kit.clock import Clock
from missionare.kit.edge import Edge
from missionare.kit.keys import KeyDirectory
from missionare.kit.peers import fetch_json, http_client
from missionare.kit.tokens import Verifier
from missionare.web import member, saying_no
from missionare.web.assets import assets
from missionare.web.catalog import pages as catalog
from missionare.web.certificates import pages as certificates
from missionare.web.console.subjects import SUBJECTS as CONSOLE
from missionare.web.forms import FormTokens
from missionare.web.gateway import pages as gateway
from missionare.web.host import pages as host
from missionare.web.interest import pages as interest
from missionare.web.journeys import pages as journeys
from missionare.web.legal import pages as legal
from missionare.web.membership import pages as membership
from missionare.web.reference import pages as reference
from missionare.web.registration import pages as registration
from missionare.web.routing import LanguageFirst, Pages
from missionare.web.services import Services
from missionare.web.session import pages as session
from missionare.web.settings import WebSettings
from missionare.web.start import pages as start
from missionare.web.visits import Site

NAME = "web"
WORTH_COMPRESSING = 1_000
"""Bytes; below that the header costs more than compression saves."""

SUBJECTS: tuple[Pages, ...] = (
    start.pages,
    journeys.pages,
    registration.pages,
    interest.pages,
    host.pages,
    catalog.pages,
    certificates.pages,
    membership.pages,
    session.pages,
    legal.pages,
    *member.PAGES,
    reference.pages,
    *CONSOLE,
)
"""Every subject's pages. A new subject is one folder with `pages.py`, one folder of templates, and one line here."""


class Readiness:
    """Whether requests should be sent here."""

    draining = False

    def drain(self) -> None:
        """Ask for no more requests: the process is about to stop."""
        self.draining = True


def build(settings: WebSettings, readiness: Readiness, *, client: Any = None, clock: Clock | None = None) -> FastAPI:
    """Give the application.

    Args:
        settings: where the services are and what the pages say about the agency.
        readiness: says when no more requests are wanted.
        client: asks the services; tests give one that reaches theirs.
        clock: tells the time; the platform's own unless given.
    """
    app = FastAPI(
        title="missionare web",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[
            Middleware(Edge),
            Middleware(GZipMiddleware, minimum_size=WORTH_COMPRESSING, compresslevel=6),
            Middleware(LanguageFirst),
        ],
    )
    app.state.site = site_of(settings, client or http_client(), clock or Clock(settings.clock_file))
    saying_no.install(app)
    for subject in SUBJECTS:
        app.include_router(subject.router)
    app.include_router(gateway.router)
    app.include_router(app.state.site.assets.router())
    app.include_router(_process_routes(readiness))
    return app


def site_of(settings: WebSettings, client: Any, clock: Clock) -> Site:
    """Give what all visits share. Nobody is asked yet: the pages have words also when everybody else is away."""

    async def fetch(url: str) -> Any:
        return await fetch_json(client, url)

    return Site(
        settings=settings,
        services=Services(client, settings.peers, seconds=settings.service_seconds),
        verifier=Verifier(NAME, settings.issuer, KeyDirectory(fetch, settings.peers)),
        tokens=FormTokens.from_key_file(settings.signing_key_file),
        assets=assets(),
        clock=clock,
    )


def _process_routes(readiness: Readiness) -> APIRouter:
    router = APIRouter()

    @router.get("/health/live")
    async def live() -> Response:
        return JSONResponse({"status": "live"})

    @router.get("/health/ready")
    async def ready() -> Response:
        state, status = ("draining", 503) if readiness.draining else ("ready", 200)
        return JSONResponse({"status": state}, status_code=status)

    @router.get("/metrics")
    async def read_metrics() -> Response:
        return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)

    return router
