"""Readers: what a route is given to look at things, and what all routes of a process share."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from missionare.kit.callers import Caller, Language
from missionare.kit.health import Health
from missionare.kit.ledger import Ledger
from missionare.kit.peers import Peers
from missionare.kit.settings import ProcessSettings
from missionare.kit.store import Scope, View
from missionare.kit.tokens import Signer, Verifier
from missionare.kit.work import Context

V = TypeVar("V", bound=View)


@dataclass(frozen=True)
class Site:
    """What the routes of one process share."""

    service: str
    settings: ProcessSettings
    context: Context
    verifier: Verifier
    signer: Signer | None = None
    health: Health = field(default_factory=Health)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the process is about to stop: an answer that goes on comes to its end."""

    @property
    def signing(self) -> Signer:
        """Give the signer.

        Raises:
            LookupError: no key is configured.
        """
        if self.signer is None:
            msg = "MISSIONARE_SIGNING_KEY_FILE is not set, so nothing can be signed"
            raise LookupError(msg)
        return self.signer


class Reader:
    """A caller's view of the service: everything a read needs, and nothing that writes."""

    def __init__(self, site: Site, caller: Caller) -> None:
        """Look on behalf of `caller`."""
        self._site = site
        self.caller = caller
        self.scope = Scope(caller)
        self.now: datetime = site.context.clock.now()

    @property
    def language(self) -> Language:
        """The language the caller prefers."""
        return self.caller.language

    @property
    def signer(self) -> Signer:
        """Give the signer of this service's tokens."""
        return self._site.signing

    @property
    def public_keys(self) -> dict[str, Any]:
        """Give the public halves of this service's signing keys (RFC 7517)."""
        signer = self._site.signer
        return signer.keys.public() if signer else {"keys": []}

    @property
    def health(self) -> Health:
        """Give the health of the process."""
        return self._site.health

    @property
    def settings(self) -> ProcessSettings:
        """Give the settings of the process."""
        return self._site.settings

    @property
    def closing(self) -> asyncio.Event:
        """Give what is set when the process is about to stop."""
        return self._site.closing

    @property
    def peers(self) -> Peers:
        """Give the other services."""
        peers = self._site.context.peers
        if peers is None:
            msg = "this process has no peers configured (MISSIONARE_PEERS)"
            raise LookupError(msg)
        return peers

    @property
    def views(self) -> Mapping[type[View], View]:
        """Give all stores and views of the service."""
        return self._site.context.views

    @property
    def ledger(self) -> Ledger:
        """Give the service's own facts."""
        return self._site.context.ledger

    def store(self, kind: type[V]) -> V:
        """Give a store or view of this service, bound to its database."""
        return self._site.context.views[kind]  # type: ignore[return-value]
