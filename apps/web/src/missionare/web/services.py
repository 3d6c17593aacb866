"""The four services, asked in the name of whoever looks at a page.

The gateway gives the pages a token that names the services they may ask; it is passed on as it came. A visitor's
request carries none, and the services show what everybody may see.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import quote

import httpx2
from pydantic import BaseModel, ConfigDict, ValidationError

from missionare.kit import logs, metrics
from missionare.kit.callers import Language
from missionare.kit.ids import uuid7
from missionare.kit.logs import log
from missionare.kit.peers import CORRELATION_HEADER

R = TypeVar("R", bound=BaseModel)
T = TypeVar("T")

Query = Mapping[str, str | int | float | bool | Sequence[str] | None]

NAMING: Final = frozenset({"invalid_input", "invalid"})
"""Codes of refusals that say no more than which fields do not fit, and why."""
_SERVER_ERROR: Final = 500
_CLIENT_ERROR: Final = 400
_OVERLOADED: Final = frozenset({408, 425})


class Read(BaseModel):
    """Base of what the pages read of a service's answer: the fields they show, and no others."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Away(Exception):
    """A service does not answer. The page says so where its part would stand; the rest of it stands."""

    def __init__(self, service: str, reason: str = "") -> None:
        """Name the service, and for the log what happened."""
        self.service = service
        super().__init__(f"{service} is away: {reason}")


@dataclass
class Refused(Exception):
    """A service said no. Its problem document is already in the person's language."""

    service: str
    status: int
    code: str
    title: str
    text: str
    next: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    """What is wrong with which field, where that is why."""

    @classmethod
    def of(cls, service: str, response: httpx2.Response) -> Refused:
        """Read a problem document (RFC 9457)."""
        try:
            told = response.json()
        except ValueError:
            told = {}
        told = told if isinstance(told, dict) else {}
        # A refusal with words of its own stands above the form: they say more than the field that it is about.
        named = told.get("errors", ()) if told.get("code") in NAMING else ()
        wrong = {str(error["field"]): str(error["reason"]) for error in named}
        return cls(
            service=service,
            status=response.status_code,
            code=str(told.get("code", "unknown")),
            title=str(told.get("title", "")),
            text=str(told.get("detail", "")),
            next=told.get("next"),
            fields=wrong,
        )


@dataclass(frozen=True)
class Credentials:
    """In whose name a service is asked, and in which language it answers."""

    language: Language
    authorization: str | None = None


class Services:
    """The services, by name."""

    def __init__(self, client: httpx2.AsyncClient, urls: Mapping[str, str], *, seconds: float) -> None:
        """Ask the services in `urls` and wait for an answer so many seconds."""
        self._client = client
        self._urls = dict(urls)
        self._seconds = seconds

    async def send(
        self,
        method: str,
        service: str,
        path: str,
        credentials: Credentials,
        *,
        params: Query | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        """Ask, and give the answer if it is a success.

        Raises:
            Away: no answer in time, or a server error.
            Refused: the service's refusal.
        """
        sent = {**self._headers(credentials), **(headers or {})}
        given = {name: value for name, value in (params or {}).items() if value not in (None, "", ())}
        began = time.perf_counter()
        try:
            response = await self._client.request(
                method,
                self._url(service) + path,
                headers=sent,
                params=given,
                json=json,
                data=form,
                timeout=self._seconds,
            )
        except httpx2.HTTPError as error:
            self._count(service, "unavailable", began)
            log.warning("a service does not answer", peer=service, reason=type(error).__name__)
            raise Away(service, type(error).__name__) from error
        if response.status_code >= _SERVER_ERROR or response.status_code in _OVERLOADED:
            self._count(service, "unavailable", began)
            raise Away(service, f"status {response.status_code}")
        if response.status_code >= _CLIENT_ERROR:
            self._count(service, "refused", began)
            raise Refused.of(service, response)
        self._count(service, "answered", began)
        return response

    def _url(self, service: str) -> str:
        try:
            return self._urls[service]
        except KeyError:
            msg = f"MISSIONARE_PEERS does not name {service}"
            raise LookupError(msg) from None

    @staticmethod
    def _headers(credentials: Credentials) -> dict[str, str]:
        headers = {
            "Accept": "application/json",
            "Accept-Language": credentials.language,
            CORRELATION_HEADER: logs.correlation_id.get() or uuid7(),
        }
        return headers | ({"Authorization": credentials.authorization} if credentials.authorization else {})

    @staticmethod
    def _count(service: str, outcome: str, began: float) -> None:
        metrics.peer_requests.labels(peer=service, outcome=outcome).inc()
        metrics.peer_seconds.labels(peer=service).observe(time.perf_counter() - began)


class Asked:
    """The services as one person asks them: bound to their token and language."""

    def __init__(self, services: Services, credentials: Credentials) -> None:
        """Ask in this name."""
        self._services = services
        self._credentials = credentials

    async def read(self, model: type[R], service: str, path: str, **params: Any) -> R:
        """Read one thing: `await visit.ask.read(Journey, "journeys", f"/journeys/{id}")`.

        Raises:
            Away: the service does not answer, or not as it should.
            Refused: it says no, such as 404 for what this person may not see.
        """
        response = await self._services.send("GET", service, _below(service, path), self._credentials, params=params)
        try:
            return model.model_validate_json(response.content)
        except ValidationError as error:
            log.error("a service's answer is not understood", peer=service, reason=f"{error.error_count()} fields")
            raise Away(service, "its answer is not understood") from error

    async def command(
        self,
        service: str,
        path: str,
        json: Any = None,
        *,
        key: str | None = None,
        version: int | str | None = None,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        """Give a command. `key` and `version` are those that the form carries; the same key never acts twice.

        Raises:
            Away: no answer; whether it happened is unknown, and the same form may be sent again.
            Refused: it did not happen.
        """
        sent = dict(headers or {})
        if key is not None:
            sent["Idempotency-Key"] = key
        if version is not None:
            sent["If-Match"] = f'"{version}"'
        return await self._services.send(
            method, service, _below(service, path), self._credentials, json=json, headers=sent
        )

    async def act_on_link(self, service: str, token: str, act: str, form: Mapping[str, str]) -> None:
        """Send a form of a mailed link, with the key and version it was shown with.

        Raises:
            Away: no answer; the same form may be sent again.
            Refused: it did not happen.
        """
        path = _below(service, f"/links/{quote(token, safe='')}/{act}")
        await self._services.send("POST", service, path, self._credentials, form=form)


async def part(asking: Awaitable[T]) -> T | None:
    """Give what a part of a page needs, or None where its service is away: the page then says so in its place.

    Several parts are asked for at once: `journeys, entries = await together(...)`.
    """
    try:
        return await asking
    except Away:
        return None


async def together(*asking: Awaitable[Any]) -> list[Any]:
    """Ask for several parts at the same time; each that is away is None."""
    return list(await asyncio.gather(*(part(each) for each in asking)))


def _below(service: str, path: str) -> str:
    return f"/api/{service}/v1{path}"
