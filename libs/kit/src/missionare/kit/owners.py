"""Owners: where a source's facts are asked for, and how its two feeds look on the wire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from missionare.kit.handlers import Handlers
from missionare.kit.ledger import AggregateFeed, Confirmation, Feed, Ledger, Owner, Position
from missionare.kit.mongo import Document
from missionare.kit.peers import Peers
from missionare.kit.work import Context

FEED_PATH = "/internal/facts"
FEED_SECONDS = 30.0


class RemoteOwner:
    """Another service, asked over HTTP with a service assertion."""

    def __init__(self, peers: Peers, source: str) -> None:
        """Bind to a peer by its service's name."""
        self._peers = peers
        self._source = source

    async def confirmed(self, after: Position, limit: int = 1_000) -> Feed:
        """Give the confirmations after a position.

        Raises:
            PeerUnavailable: the owner is away.
        """
        params: dict[str, str | int] = {"after": str(after), "limit": limit}
        return read_feed(await self._peers.get(self._source, FEED_PATH, params=params, timeout=FEED_SECONDS))

    async def of_aggregate(self, aggregate: str, subject: str, after: str) -> AggregateFeed:
        """Give one aggregate's facts after `era.sequence`, pending ones included.

        Raises:
            PeerUnavailable: the owner is away.
        """
        params = {"aggregate": f"{aggregate},{subject}", "after": after}
        answer = await self._peers.get(self._source, FEED_PATH, params=params, timeout=FEED_SECONDS)
        return read_aggregate_feed(answer)


def owners_of(context: Context, handlers: Iterable[Handlers]) -> Mapping[str, Owner]:
    """Say who answers for each source that is read: the service's own ledger, or a peer."""
    owners: dict[str, Owner] = {}
    for source in {source for table in handlers for source in table.sources}:
        if source == context.service:
            owners[source] = Ledger(context.database)
        elif context.peers is not None:
            owners[source] = RemoteOwner(context.peers, source)
    return owners


def feed_document(feed: Feed) -> dict[str, Any]:
    """Write a feed of confirmations as JSON-able data."""
    return {
        "confirmations": [
            {"position": str(c.position), "at": c.at.isoformat(), "facts": [_fact_document(row) for row in c.facts]}
            for c in feed.confirmations
        ],
        "head": str(feed.head),
        "era": feed.era,
        "server_time": feed.server_time.isoformat(),
    }


def read_feed(data: dict[str, Any]) -> Feed:
    """Read what `feed_document` wrote."""
    confirmations = [
        Confirmation(Position.parse(c["position"]), datetime.fromisoformat(c["at"]), c["facts"])
        for c in data["confirmations"]
    ]
    return Feed(confirmations, Position.parse(data["head"]), data["era"], datetime.fromisoformat(data["server_time"]))


def aggregate_feed_document(feed: AggregateFeed) -> dict[str, Any]:
    """Write one aggregate's feed as JSON-able data."""
    return {"facts": [_fact_document(row) for row in feed.facts], "head": feed.head, "era": feed.era}


def read_aggregate_feed(data: dict[str, Any]) -> AggregateFeed:
    """Read what `aggregate_feed_document` wrote."""
    return AggregateFeed(data["facts"], data["head"], data["era"])


def _fact_document(row: Document) -> Document:
    return {**row, "time": row["time"].isoformat()}
