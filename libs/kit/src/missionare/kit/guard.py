"""The one guard: what a consumer does with a fact, decided from the last link of its aggregate's chain.

`streams {_id: consumer|source|aggregate|subject, seen, blocked, waiting, rev}` is the only thing that makes an
effect happen once. Every transaction on a stream compares and increments `rev`; a lost race means read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pymongo import InsertOne, UpdateOne

from missionare.kit.envelope import Envelope, link
from missionare.kit.mongo import Database, Document, Session
from missionare.kit.work import LostRace, Step

NOTHING_SEEN = "0.0"


class Verdict(StrEnum):
    """What is done with a fact that has arrived."""

    DUPLICATE = "duplicate"
    FORGOTTEN_ERA = "forgotten_era"
    PURGE = "purge"
    QUEUE = "queue"
    APPLY = "apply"
    FORK = "fork"
    GAP = "gap"


@dataclass(frozen=True)
class Stream:
    """How far a consumer is with one aggregate's chain."""

    id: str
    seen: str = NOTHING_SEEN
    blocked: bool = False
    """The head of what waits cannot be applied: everything later queues up behind it."""
    waiting: bool = False
    """There are held or parked facts of this aggregate."""
    rev: int = 0

    def after(self, envelope: Envelope) -> Stream:
        """Give the stream as it is once this fact is dealt with."""
        # Written out: `replace` costs more than everything else that is decided about a fact.
        return Stream(self.id, envelope.seen, self.blocked, self.waiting, self.rev + 1)


def decide(  # noqa: PLR0911 - one answer per rule, in the order they are asked
    stream: Stream, envelope: Envelope, *, owner_era: int = 0, purging: bool = False
) -> Verdict:
    """Decide what to do with a fact; the order of the questions matters.

    Args:
        stream: how far the consumer is.
        envelope: the fact.
        owner_era: the highest era known of its owner; 0 when the fact comes from the owner's own feed.
        purging: the fact's handler jumps the queue.
    """
    seen = link(stream.seen)
    if envelope.order <= seen:
        return Verdict.DUPLICATE
    if envelope.era < owner_era:
        return Verdict.FORGOTTEN_ERA
    if purging:
        return Verdict.PURGE
    if stream.blocked:
        return Verdict.QUEUE
    if envelope.previous == stream.seen:
        return Verdict.APPLY
    if envelope.era > seen[0] and link(envelope.previous) < seen:
        return Verdict.FORK
    return Verdict.GAP


class Guard:
    """The streams of one consumer."""

    def __init__(self, database: Database, consumer: str) -> None:
        """Bind to the consumer's own database."""
        self._rows = database["streams"]
        self.consumer = consumer

    def id_of(self, envelope: Envelope) -> str:
        """Name the row of a fact's aggregate."""
        return f"{self.consumer}|{envelope.stream}"

    async def read(self, ids: Iterable[str], session: Session = None) -> dict[str, Stream]:
        """Read streams in one round trip; what has no row yet has seen nothing."""
        wanted = list(dict.fromkeys(ids))
        rows = await self._rows.find({"_id": {"$in": wanted}}, session=session).to_list(None)
        found = {row["_id"]: _stream(row) for row in rows}
        return {stream_id: found.get(stream_id, Stream(stream_id)) for stream_id in wanted}

    def move(self, *moves: tuple[Stream, Stream]) -> Step:
        """Give the step that takes streams from one state to the next, first in the transaction.

        Raises:
            LostRace: (in the transaction) somebody else moved one of them since it was read.
        """

        async def step(session: Session) -> None:
            operations = [_operation(old, new) for old, new in moves]
            result = await self._rows.bulk_write(operations, ordered=True, session=session)
            if result.inserted_count + result.matched_count != len(operations):
                raise LostRace(self.consumer)

        return step


def in_order(envelopes: Sequence[Envelope]) -> list[Envelope]:
    """Sort facts of one aggregate as its chain goes."""
    return sorted(envelopes, key=lambda envelope: envelope.order)


def _operation(old: Stream, new: Stream) -> InsertOne[Document] | UpdateOne:
    fields = {"seen": new.seen, "blocked": new.blocked, "waiting": new.waiting, "rev": old.rev + 1}
    if old.rev == 0:
        return InsertOne({"_id": old.id, **fields})
    return UpdateOne({"_id": old.id, "rev": old.rev}, {"$set": fields})


def _stream(row: Document) -> Stream:
    return Stream(row["_id"], row["seen"], bool(row["blocked"]), bool(row["waiting"]), int(row["rev"]))
