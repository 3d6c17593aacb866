"""Work: everything that one transaction does.

A command, a handler or a timer loads, decides, and adds the outcome to a Work. Kit then commits all of it at
once: aggregates by compare-and-set, their facts and outbox rows, read-model writes, timers, the idempotency
record, the guard of the stream, the audit row. What lost a race is run again from the beginning.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from pymongo import DeleteOne, ReplaceOne
from pymongo.errors import BulkWriteError, DuplicateKeyError

from missionare.kit.aggregates import Aggregate
from missionare.kit.bells import Bells
from missionare.kit.clock import Clock
from missionare.kit.crash import crash_point
from missionare.kit.facts import Fact
from missionare.kit.ids import uuid7
from missionare.kit.ledger import OUTBOX, Ledger, chained
from missionare.kit.logs import log
from missionare.kit.mongo import Database, Document, Session, to_document
from missionare.kit.store import Store, View

if TYPE_CHECKING:
    from missionare.kit.envelope import Envelope
    from missionare.kit.peers import Peers

V = TypeVar("V", bound=View)
Step = Callable[[Session], Awaitable[None]]

DUPLICATE_KEY = 11_000
TIMERS = "timers"


class LostRace(Exception):
    """Somebody else saved first. Nothing of this work happened: load, decide and commit again."""


class ReadTooEarly(LostRace):
    """Another primary has been elected since this work was begun; what it read may be older than what was told."""


@dataclass(frozen=True)
class Origin:
    """Where a chain of facts began, copied along from fact to fact."""

    actor: str
    correlation_id: str
    causation_id: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True)
class Context:
    """What every Work of a process shares."""

    service: str
    database: Database
    clock: Clock
    ledger: Ledger
    views: dict[type[View], View]
    peers: Peers | None = None
    bells: Bells = field(default_factory=Bells)


@dataclass
class _Save:
    store: Store[Any]
    aggregate: Aggregate
    facts: list[Fact] = field(default_factory=list)


class Work:
    """One unit of work. Adding to it changes nothing; `commit` does all of it or nothing."""

    def __init__(self, context: Context, origin: Origin, *, fact: Envelope | None = None, crash: str = "cmd") -> None:
        """Begin an empty work; `crash` names the crash points its commit passes (`cmd` or `cons`)."""
        self.context = context
        self.origin = origin
        self.fact = fact
        """The fact being handled: id, type, time, sequence; None in commands and timers."""
        self.now: datetime = context.clock.now()
        self.read_in = context.database.primary.proven
        """The term of the primary that everything this work decides by must have been read from."""
        self._crash = crash
        self._claims: list[Step] = []
        self._saves: dict[tuple[str, str], _Save] = {}
        self._writes: dict[str, list[Any]] = {}
        self._waited_for: set[str] = set()
        """Collections in which somebody may wait for what this work adds."""
        self._audit: list[Document] = []

    @property
    def peers(self) -> Peers:
        """Give the other services, for timers and jobs; a handler must not call them."""
        if self.context.peers is None:
            msg = "this process has no peers configured (MISSIONARE_PEERS)"
            raise RuntimeError(msg)
        return self.context.peers

    def store(self, kind: type[V]) -> V:
        """Give a store or view of this service, bound to its database."""
        return self.context.views[kind]  # type: ignore[return-value]

    def new_id(self) -> str:
        """Make an id for something new."""
        return uuid7()

    def save(self, store: Store[Any], aggregate: Aggregate, facts: Sequence[Fact] = ()) -> None:
        """Save an aggregate as it was decided, with the facts that tell of it.

        Saving the same one again replaces the state and adds the facts.

        Raises:
            ValueError: when a fact belongs to another aggregate than the one saved.
        """
        for fact in facts:
            if fact.aggregate != store.aggregate or fact.subject != aggregate.id:
                msg = f"{type(fact).__name__} does not belong to {store.aggregate} {aggregate.id}"
                raise ValueError(msg)
        save = self._saves.setdefault((store.collection, aggregate.id), _Save(store, aggregate))
        save.aggregate = aggregate
        save.facts.extend(facts)
        if save.facts:
            self._waited_for.add(OUTBOX)

    def write(self, collection: str, *operations: Any) -> None:
        """Change documents of a view with PyMongo's operations (`UpdateOne`, `ReplaceOne` ...)."""
        self._writes.setdefault(collection, []).extend(operations)
        if collection != TIMERS:
            self._waited_for.add(collection)

    def schedule(self, name: str, subject: str, *, at: datetime, payload: Document | None = None) -> None:
        """Call the timer `name` for `subject` once `at` has come; it replaces an earlier one of that pair.

        At the present moment it is a background job.
        """
        row = {
            "_id": f"{name}:{subject}",
            "name": name,
            "subject": subject,
            "due_at": at,
            "payload": to_document(payload or {}),
            "rev": uuid7(),
            "attempts": 0,
            "correlation_id": self.origin.correlation_id,
            "actor": self.origin.actor,
        }
        self.write(TIMERS, ReplaceOne({"_id": row["_id"]}, row, upsert=True))
        if at <= self.now:
            self._waited_for.add(TIMERS)

    def cancel(self, name: str, subject: str) -> None:
        """Forget a timer; one that is not there is fine."""
        self.write(TIMERS, DeleteOne({"_id": f"{name}:{subject}"}))

    def note(self, *, what: str, why: str = "", objects: Sequence[str] = (), **more: Any) -> None:
        """Add a row to the audit trail: who, what, which objects, why. Field names and ids only, never values."""
        self._audit.append({"what": what, "why": why, "objects": list(objects), **to_document(more)})

    def ignored(self, reason: str) -> None:
        """Name the outcome of doing nothing."""
        log.info("nothing to do", reason=reason, type=self.fact.type if self.fact else None)

    def claim(self, step: Step) -> None:
        """Run `step` first in the transaction: what decides whether this work may happen at all."""
        self._claims.append(step)

    @asynccontextmanager
    async def separate(self) -> AsyncIterator[Work]:
        """Commit a preliminary step in a transaction of its own, for effects that leave the platform."""
        step = Work(self.context, self.origin, crash=self._crash)
        yield step
        await step.commit()

    async def commit(self) -> None:
        """Do all of it, durably, or nothing.

        Raises:
            LostRace: an aggregate was saved by somebody else since it was loaded, or there is another primary.
            ConnectionFailure: the database is away; nothing is known of the outcome then.
        """
        await commit_together([self])


async def commit_together(works: Sequence[Work], first: Sequence[Step] = ()) -> None:
    """Commit several works in one transaction: all of them or none.

    Args:
        works: of one context; the first one's crash points are passed.
        first: steps to run before everything else, such as the guard's.

    Raises:
        LostRace: as `Work.commit`; also when two of the works saved the same aggregate.
    """
    context, point = works[0].context, works[0]._crash  # noqa: SLF001 - the works are taken apart here
    crash_point("cmd.before_txn" if point == "cmd" else "cons.received_before_txn")

    primary = context.database.primary
    await primary.prove_once()

    async def steps(session: Session) -> None:
        if any(work.read_in != primary.term for work in works):
            raise ReadTooEarly
        for step in [*first, *(claim for work in works for claim in work._claims)]:  # noqa: SLF001
            await step(session)
        await _save_aggregates(session, context, works)
        await _write_views(session, context, works)
        await _append_audit(session, context, works)
        crash_point(f"{point}.in_txn")

    try:
        await context.database.transaction(steps)
    except (DuplicateKeyError, BulkWriteError) as error:
        if _is_duplicate(error):
            raise LostRace(str(error)) from error
        raise
    context.bells.ring({collection for work in works for collection in work._waited_for})  # noqa: SLF001
    crash_point("cmd.committed_before_reply" if point == "cmd" else "cons.committed_before_offset")


async def _save_aggregates(session: Session, context: Context, works: Sequence[Work]) -> None:
    saves = [(work, save) for work in works for save in work._saves.values()]  # noqa: SLF001
    era = await context.ledger.era(session) if any(save.facts for _, save in saves) else 0
    rows: list[Document] = []
    changed: dict[Store[Any], list[Aggregate]] = {}
    for work, save in saves:
        chain, new_rows = chained(save.aggregate.chain, save.facts, era=era, origin=work.origin)
        rows.extend(new_rows)
        changed.setdefault(save.store, []).append(save.aggregate.model_copy(update={"chain": chain}))
    for store, aggregates in changed.items():
        await _compare_and_set(session, store, aggregates)
    if rows:
        await context.ledger.append(session, rows)


async def _compare_and_set(session: Session, store: Store[Any], aggregates: Sequence[Aggregate]) -> None:
    """Write a store's aggregates at once, each in the place of the version that was loaded."""
    new = [each for each in aggregates if each.version == 0]
    known = [each for each in aggregates if each.version > 0]
    if known:
        replace = [ReplaceOne({"_id": each.id, "version": each.version}, _next(store, each)) for each in known]
        result = await store.rows.bulk_write(replace, session=session)
        if result.matched_count != len(known):
            raise LostRace(store.collection, *(each.id for each in known))
    if new:  # after the others, which may have given up what has to be unique
        await store.rows.insert_many([_next(store, each) for each in new], session=session)


def _next(store: Store[Any], aggregate: Aggregate) -> Document:
    return store.stored(aggregate.model_copy(update={"version": aggregate.version + 1}))


async def _write_views(session: Session, context: Context, works: Sequence[Work]) -> None:
    writes: dict[str, list[Any]] = {}
    for work in works:
        for collection, operations in work._writes.items():  # noqa: SLF001
            writes.setdefault(collection, []).extend(operations)
    for collection, operations in writes.items():
        await context.database[collection].bulk_write(operations, ordered=True, session=session)


async def _append_audit(session: Session, context: Context, works: Sequence[Work]) -> None:
    rows = [
        {
            "_id": uuid7(),
            "at": work.now,
            "actor": work.origin.actor,
            "correlation_id": work.origin.correlation_id,
            **row,
        }
        for work in works
        for row in work._audit  # noqa: SLF001
    ]
    if rows:
        await context.database.audit.insert_many(rows, session=session)


def _is_duplicate(error: DuplicateKeyError | BulkWriteError) -> bool:
    if isinstance(error, DuplicateKeyError):
        return True
    failures = (error.details or {}).get("writeErrors", [])
    return any(failure.get("code") == DUPLICATE_KEY for failure in failures)


def caused_by(origin: Origin, fact_id: str) -> Origin:
    """Give the origin of what a fact brings about: the same chain, one link further."""
    return replace(origin, causation_id=fact_id)
