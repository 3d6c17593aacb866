"""Public keys of the platform's services: fetched, cached and kept while their owner is away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from joserfc.jwk import ECKey

from missionare.kit import metrics
from missionare.kit.logs import log
from missionare.kit.problems import Unavailable
from missionare.kit.tokens import SigningKeys, public_keys

JWKS_PATH: Final = "/.well-known/jwks.json"
REFRESH_SECONDS: Final = 60.0
"""A set is fetched at most this often, however many unknown key ids are shown to us."""
FIRST_RETRY_SECONDS: Final = 1.0
"""Until a set has been fetched once, nothing can be verified: then it may be tried again sooner."""

Fetch = Callable[[str], Awaitable[Any]]
"""Gives the JSON at an address, or raises."""


class KeyDirectory:
    """The public keys of each issuer we know, by key id."""

    def __init__(self, fetch: Fetch, peers: Mapping[str, str], *, own: Mapping[str, SigningKeys] | None = None) -> None:
        """Know the services in `peers` (name to address), and one's own keys without asking anybody."""
        self._own = {name: public_keys(keys.public()) for name, keys in (own or {}).items()}
        self._sets = {name: _KeySet(name, url, fetch) for name, url in peers.items()}

    async def find(self, issuer: str, kid: str) -> ECKey | None:
        """Give the issuer's key of this id, or None when nobody we know has it.

        Raises:
            Unavailable: when the issuer's keys were never fetched and cannot be fetched now.
        """
        if issuer in self._own:
            return self._own[issuer].get(kid)
        known = self._sets.get(issuer)
        return None if known is None else await known.find(kid)


class _KeySet:
    """One issuer's keys. The last good set is kept for as long as no better one comes."""

    def __init__(self, issuer: str, url: str, fetch: Fetch) -> None:
        self._issuer = issuer
        self._url = url + JWKS_PATH
        self._fetch = fetch
        self._keys: dict[str, ECKey] = {}
        self._tried_at = float("-inf")
        self._refreshing: asyncio.Task[None] | None = None

    async def find(self, kid: str) -> ECKey | None:
        refreshing = self._refresh_if_due()
        if kid not in self._keys and refreshing is not None:
            # Every caller waits for the one fetch; one of them going away must not end it for the others.
            await asyncio.shield(refreshing)
        if not self._keys:
            raise Unavailable
        return self._keys.get(kid)

    def _refresh_if_due(self) -> asyncio.Task[None] | None:
        pause = REFRESH_SECONDS if self._keys else FIRST_RETRY_SECONDS
        if self._refreshing is None and time.monotonic() - self._tried_at >= pause:
            self._tried_at = time.monotonic()
            self._refreshing = asyncio.create_task(self._refresh())
        return self._refreshing

    async def _refresh(self) -> None:
        try:
            self._keys = public_keys(await self._fetch(self._url))
            metrics.key_fetches.labels(issuer=self._issuer, outcome="fetched").inc()
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the last good set stays
            metrics.key_fetches.labels(issuer=self._issuer, outcome="failed").inc()
            log.warning("public keys could not be fetched", peer=self._issuer, exc_info=error)
        finally:
            self._refreshing = None
