"""The edge of a process: what happens around every request, whatever it asks for.

Each one has a correlation id, is counted and timed under its route's template, leaves one log line without path or
address, and ends in a problem document even when the code behind it fails.
"""

from __future__ import annotations

import time
import uuid
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from missionare.kit import logs, metrics, problems
from missionare.kit.callers import preferred_language
from missionare.kit.ids import uuid7
from missionare.kit.peers import CORRELATION_HEADER
from missionare.kit.problems import Unexpected

UNMATCHED: Final = "(none)"
"""Route of a request to an address that does not exist: its path is the caller's and stays out of metrics."""
QUIET: Final = frozenset({"/health/live", "/health/ready", "/metrics"})
GONE: Final = 499
"""Status under which a request is counted whose caller hung up; the value is nginx's custom."""
_SERVER_ERROR: Final = 500

SAFETY: Final = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
"""Headers of every answer that does not set them itself."""


class Edge:
    """An ASGI middleware; the outermost one."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; other kinds of connections pass through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        with logs.correlated(_correlation(headers.get(CORRELATION_HEADER))):
            await _Exchange(self._app, scope, receive, send, headers).serve()


class _Exchange:
    """One request and its answer."""

    def __init__(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        self._app = app
        self._scope = scope
        self._receive = receive
        self._send = send
        self._headers = headers
        self._status: int | None = None

    async def serve(self) -> None:
        began = time.perf_counter()
        try:
            await self._app(self._scope, self._receive, self._answer)
        except ClientDisconnect:
            self._status = GONE
        except Exception as error:
            logs.log.error("request failed unexpectedly", route=self._route(), exc_info=error)
            if self._status is not None:
                raise  # the answer has begun; only cutting the connection still tells the caller
            language = preferred_language(self._headers.get("accept-language"))
            response = problems.answer(Unexpected(), language)
            await response(self._scope, self._receive, self._answer)
        finally:
            self._record(time.perf_counter() - began)

    async def _answer(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = MutableHeaders(scope=message)
            headers[CORRELATION_HEADER] = logs.correlation_id.get()
            for name, value in SAFETY.items():
                headers.setdefault(name, value)
        await self._send(message)

    def _route(self) -> str:
        route: Any = self._scope.get("route")
        return getattr(route, "path", UNMATCHED)

    def _record(self, seconds: float) -> None:
        method, route, status = self._scope["method"], self._route(), self._status or GONE
        metrics.http_requests.labels(method=method, route=route, status=status).inc()
        metrics.http_seconds.labels(method=method, route=route).observe(seconds)
        if route in QUIET and status < _SERVER_ERROR:
            return
        caller = self._scope.get("state", {}).get("caller")
        logs.log.info(
            "request answered",
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1_000, 2),
            caller=caller.actor if caller else None,
        )


def _correlation(given: str | None) -> str:
    """Keep a correlation id that another process of the platform sent on, if it is one; else begin a new one."""
    try:
        return str(uuid.UUID(given)) if given else uuid7()
    except ValueError:
        return uuid7()
