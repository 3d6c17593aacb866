"""The services that others listen to: real facts of their own declaration, as records and in both of their feeds."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka.partitioner import DefaultPartitioner
from every_service.requests import fitting

from missionare.kit.aggregates import Chain
from missionare.kit.envelope import headers
from missionare.kit.facts import Fact
from missionare.kit.handlers import Handlers
from missionare.kit.ledger import AggregateFeed, Confirmation, Feed, Position, chained
from missionare.kit.mongo import Document
from missionare.kit.owners import FEED_PATH, aggregate_feed_document, feed_document
from missionare.kit.peers import PeerUnavailable
from missionare.kit.testing import FakePeers
from missionare.kit.topics import PARTITIONS, topic_of
from missionare.kit.work import Origin

ALSO_CALLED = {
    "contact_person_id": "person",
    "issuer_person_id": "person",
    "activity_id": "outreach_activity",
    "plan_id": "outreach_plan",
}
"""Ids under another name, so that the facts of one mark are about the same person and the same activity."""
UNHEARD = {"members": {"notifications.outreach_plan_accepted"}}
"""Facts that cannot be applied to an empty database: this one needs a missionary, whom members makes itself."""

_partitioner = DefaultPartitioner()


@dataclass(frozen=True)
class Record:
    """A record as the broker hands it over."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    offset: int = 0

    @property
    def partition(self) -> int:
        """Where the owner's relay would have put it."""
        return int(_partitioner(self.key or b"", range(PARTITIONS), range(PARTITIONS)))

    @property
    def position(self) -> str:
        """Name its place, as raw records are kept under it."""
        return f"{self.topic}-{self.partition}-{self.offset}"

    def but(self, **changes: Any) -> Record:
        """Give the record with something about it changed."""
        return replace(self, **changes)

    def with_header(self, name: str, value: bytes | None) -> Record:
        """Give the record with another value of one header."""
        return replace(self, headers=(*((n, raw) for n, raw in self.headers if n != name), (name, value)))


@dataclass(frozen=True)
class Told:
    """A fact that a neighbour has told."""

    source: str
    row: Document

    @property
    def id(self) -> str:
        return str(self.row["_id"])

    @property
    def type(self) -> str:
        return str(self.row["type"])

    @property
    def stream(self) -> str:
        return f"{self.source}|{self.row['aggregate']}|{self.row['subject']}"

    @property
    def link(self) -> str:
        return f"{self.row['era']}.{self.row['sequence']}"

    def record(self) -> Record:
        """Give the record that its owner's relay sends."""
        sent = tuple(headers(self.row, self.source))
        return Record(topic_of(self.source), self.row["subject"].encode(), self.row["value"].encode(), sent)


class Neighbour:
    """One owner of facts: what it has told, and the two feeds by which others catch up and repair."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._chains: dict[tuple[str, str], Chain] = {}
        self._rows: dict[tuple[str, str], list[Document]] = {}
        self._confirmations: list[Confirmation] = []

    def tell(self, fact: Fact) -> Told:
        """Save a fact, at the end of its aggregate's chain."""
        key = (fact.aggregate, fact.subject)
        chain, [row] = chained(self._chains.get(key, Chain()), [fact], era=1, origin=Origin("test", "c-1"))
        self._chains[key] = chain
        self._rows.setdefault(key, []).append(row)
        return Told(self.source, row)

    def confirm(self, told: Iterable[Told], *, ago: timedelta = timedelta()) -> None:
        """Confirm facts as the relay does once the broker has them, this long ago."""
        position = Position(1, len(self._confirmations) + 1)
        rows = [fact.row for fact in told if fact.source == self.source]
        self._confirmations.append(Confirmation(position, datetime.now(UTC) - ago, rows))

    async def confirmed(self, after: Position, limit: int = 1_000) -> Feed:
        """Give the confirmations after a position."""
        later = [confirmation for confirmation in self._confirmations if confirmation.position > after]
        return Feed(later[: max(1, limit)], Position(1, len(self._confirmations)), 1, datetime.now(UTC))

    async def of_aggregate(self, aggregate: str, subject: str, after: str) -> AggregateFeed:
        """Give one aggregate's facts after `era.sequence`."""
        rows = self._rows.get((aggregate, subject), [])
        sequence = int(after.partition(".")[2])
        head = f"1.{len(rows)}" if rows else "0.0"
        return AggregateFeed([row for row in rows if row["sequence"] > sequence], head, 1)


class Neighbourhood(FakePeers):
    """All owners, reached as peers are: their feeds answer, and everything else finds them away."""

    def __init__(self) -> None:
        super().__init__()
        self.owners: dict[str, Neighbour] = {}

    def owner(self, source: str) -> Neighbour:
        """Give the owner of a source's facts."""
        return self.owners.setdefault(source, Neighbour(source))

    async def get(self, peer: str, path: str, **options: Any) -> Any:
        """Answer what is asked of a feed, in the form it has on the wire."""
        if path != FEED_PATH:
            raise PeerUnavailable(peer, "away")
        owner, asked = self.owner(peer), options["params"]
        if "aggregate" not in asked:
            return feed_document(await owner.confirmed(Position.parse(asked["after"]), asked["limit"]))
        aggregate, _, subject = asked["aggregate"].partition(",")
        return aggregate_feed_document(await owner.of_aggregate(aggregate, subject, asked["after"]))

    async def post(self, peer: str, path: str, *, json: Any, **_options: Any) -> Any:
        """Be away."""
        raise PeerUnavailable(peer, "away")


def facts_of(source: str) -> list[type[Fact]]:
    """Every fact that a service declares, in the order of its file."""
    declared = vars(importlib.import_module(f"missionare.{source}.events")).values()
    return [kind for kind in declared if isinstance(kind, type) and issubclass(kind, Fact) and kind is not Fact]


def example(fact: type[Fact], mark: str) -> Fact:
    """Give a fact with every field filled in; facts of one mark are about the same things."""
    ids = {name: _id(name, mark) for name in fact.model_fields if name.endswith("_id")}
    return fact.model_validate({**fitting(fact), **ids})


def heard_by(service: str, handlers: Iterable[Handlers], mark: str) -> Iterator[tuple[str, Fact]]:
    """Give examples of what a service listens to, aggregate by aggregate: also those facts that it has no handler for.

    Each aggregate's facts come in the order in which its owner declares them.
    """
    tables = list(handlers)
    for source in sorted({source for table in tables for source in table.sources}):
        for fact in facts_of(source):
            wanted = any(table.reads(source, fact.aggregate) for table in tables)
            if wanted and fact.type.rpartition(".")[0] not in UNHEARD.get(service, set()):
                yield source, example(fact, mark)


def _id(name: str, mark: str) -> str:
    return f"{ALSO_CALLED.get(name, name.removesuffix('_id'))}-{mark}"
