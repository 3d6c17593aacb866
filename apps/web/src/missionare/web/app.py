"""Wiring: the pages, the endpoints every process has, and the edge around them."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import JSONResponse
from starlette.middleware import Middleware

from missionare.kit import metrics, problems
from missionare.kit.edge import Edge
from missionare.web import pages


class Readiness:
    """Whether requests should be sent here."""

    draining = False

    def drain(self) -> None:
        """Ask for no more requests: the process is about to stop."""
        self.draining = True


def build(readiness: Readiness) -> FastAPI:
    """Give the application. It loads nothing and asks nobody: it has words also when everybody else is away."""
    app = FastAPI(
        title="missionare web", openapi_url=None, docs_url=None, redoc_url=None, middleware=[Middleware(Edge)]
    )
    problems.install(app)
    app.include_router(pages.router)
    app.include_router(_process_routes(readiness))
    return app


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
