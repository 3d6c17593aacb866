"""Peers: calls to other services of the platform, each with a 60-second assertion that we are who we are.

Facts are the usual way; a call is for what must be known at this very moment.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

import httpx2

from missionare.kit import logs, metrics
from missionare.kit.ids import uuid7
from missionare.kit.tokens import Signer

TIMEOUT_SECONDS: Final = 5.0
CORRELATION_HEADER: Final = "X-Correlation-ID"

_OVERLOADED: Final = frozenset({408, 425, 429})
"""Statuses by which a healthy peer asks to come again later."""
_SERVER_ERROR: Final = 500
_CLIENT_ERROR: Final = 400


class PeerUnavailable(Exception):
    """The peer did not answer, or not usably. Transient: the same call may succeed later."""

    def __init__(self, peer: str, reason: str) -> None:
        """Name the peer and, in fixed words, what happened."""
        self.peer = peer
        self.reason = reason
        super().__init__(f"{peer} is unavailable: {reason}")


class PeerRefused(Exception):
    """The peer understood and said no. Permanent: the same call will be refused again."""

    def __init__(self, peer: str, status: int, code: str) -> None:
        """Keep the status and the stable code of the peer's problem document."""
        self.peer = peer
        self.status = status
        self.code = code
        super().__init__(f"{peer} refused: {status} {code}")


class Peers:
    """The other services, by name."""

    def __init__(self, client: httpx2.AsyncClient, signer: Signer | None, urls: Mapping[str, str]) -> None:
        """Call the services in `urls` (name to address), signing with `signer`."""
        self._client = client
        self._signer = signer
        self._urls = dict(urls)

    async def get(
        self,
        peer: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        timeout: float = TIMEOUT_SECONDS,  # noqa: ASYNC109 - the limit of one HTTP exchange, not of a task
    ) -> Any:
        """Read from a peer and give its JSON.

        Raises:
            PeerUnavailable: no answer, a server error or an overload; try again later.
            PeerRefused: the peer's refusal, with its status and code.
        """
        return await self._exchange("GET", peer, path, timeout, params=params)

    async def post(
        self,
        peer: str,
        path: str,
        *,
        json: Any,
        idempotency_key: str | None = None,
        timeout: float = TIMEOUT_SECONDS,  # noqa: ASYNC109 - the limit of one HTTP exchange, not of a task
    ) -> Any:
        """Give a command to a peer and give back its JSON (None for an empty answer).

        Give the same `idempotency_key` again when repeating a call whose outcome is unknown.

        Raises:
            PeerUnavailable: as for `get`; whether the command happened is unknown then.
            PeerRefused: the peer's refusal; the command did not happen.
        """
        headers = {"Idempotency-Key": idempotency_key or uuid7()}
        return await self._exchange("POST", peer, path, timeout, json=json, headers=headers)

    async def _exchange(
        self, method: str, peer: str, path: str, limit: float, headers: Mapping[str, str] | None = None, **content: Any
    ) -> Any:
        url = self._url(peer) + path
        sent = {**self._headers(peer), **(headers or {})}
        began = time.perf_counter()
        try:
            response = await self._client.request(method, url, headers=sent, timeout=limit, **content)
            result = _understood(peer, response)
        except httpx2.HTTPError as error:
            _count(peer, "unavailable", began)
            raise PeerUnavailable(peer, type(error).__name__) from error
        except PeerUnavailable:
            _count(peer, "unavailable", began)
            raise
        except PeerRefused:
            _count(peer, "refused", began)
            raise
        _count(peer, "answered", began)
        return result

    def _url(self, peer: str) -> str:
        try:
            return self._urls[peer]
        except KeyError:
            msg = f"MISSIONARE_PEERS does not name {peer}"
            raise LookupError(msg) from None

    def _headers(self, peer: str) -> dict[str, str]:
        if self._signer is None:
            msg = "MISSIONARE_SIGNING_KEY_FILE is not set, so no peer can be called"
            raise LookupError(msg)
        return {
            "Authorization": f"Bearer {self._signer.assertion(peer)}",
            CORRELATION_HEADER: logs.correlation_id.get() or uuid7(),
        }


def http_client(transport: httpx2.AsyncBaseTransport | None = None) -> httpx2.AsyncClient:
    """Make the process's one HTTP client. It follows no redirect and no proxy of the environment."""
    return httpx2.AsyncClient(transport=transport, trust_env=False, follow_redirects=False, timeout=TIMEOUT_SECONDS)


async def fetch_json(client: httpx2.AsyncClient, url: str) -> Any:
    """Give the JSON at an address; raise for every other answer than a success."""
    response = await client.get(url)
    response.raise_for_status()
    return response.json()


def _understood(peer: str, response: httpx2.Response) -> Any:
    status = response.status_code
    if status >= _SERVER_ERROR or status in _OVERLOADED:
        raise PeerUnavailable(peer, f"status {status}")
    if status >= _CLIENT_ERROR:
        raise PeerRefused(peer, status, _code(response))
    if not response.is_success:
        raise PeerUnavailable(peer, f"status {status}")  # a redirect, which no service of ours sends
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError as error:
        raise PeerUnavailable(peer, "the answer is not JSON") from error


def _code(response: httpx2.Response) -> str:
    try:
        return str(response.json()["code"])
    except (ValueError, KeyError, TypeError):
        return "unknown"


def _count(peer: str, outcome: str, began: float) -> None:
    metrics.peer_requests.labels(peer=peer, outcome=outcome).inc()
    metrics.peer_seconds.labels(peer=peer).observe(time.perf_counter() - began)
