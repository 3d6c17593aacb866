"""The one place that knows the MongoDB driver.

Motor is the default; `pymongo` selects PyMongo's own asynchronous client. The three calls in which they differ
(sessions, aggregation, change streams) are wrapped here, so that nothing else has to know which one runs.
"""

from __future__ import annotations

import inspect
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, Literal, TypeVar

from bson.codec_options import CodecOptions
from bson.timestamp import Timestamp
from pymongo import AsyncMongoClient, WriteConcern
from pymongo.errors import (
    AutoReconnect,
    CollectionInvalid,
    ConnectionFailure,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference

Driver = Literal["motor", "pymongo"]
Document = dict[str, Any]
Filter = Mapping[str, Any]
Session = Any
"""A driver's session; opaque everywhere but here."""

T = TypeVar("T")

UNREACHABLE = (AutoReconnect, ConnectionFailure, WTimeoutError)
"""What the driver raises while the database is away, elects or cannot reach a majority: wait, do not give up."""

NAMESPACE_EXISTS = 48
MOTOR_THREADS = 64
"""How many calls Motor has under way at once; by itself it takes five for each core.

A write outside a transaction waits in the database for the transaction that has changed the same document, and its
thread with it. Were there as many such writes as threads, that transaction could never go on to its end.
"""
MAX_TIME_EXPIRED = 50
TRANSACTION_SECONDS = 120.0
"""How long a transaction is tried again after errors that say that it may be; as in MongoDB's specification."""
_DURABLE = WriteConcern(w="majority", j=True)
_OPTIONS: dict[str, Any] = {
    "tz_aware": True,
    "tzinfo": UTC,
    "w": "majority",
    "journal": True,
    "readConcernLevel": "majority",
    "serverSelectionTimeoutMS": 5_000,
    "connectTimeoutMS": 5_000,
    # A primary that stands still, and does not close its connections, is given up after both of these times together;
    # until then whoever waits for its answer waits. By default that is 15 s with these 5.
    "heartbeatFrequencyMS": 2_000,
    "socketTimeoutMS": 30_000,
    "appname": "missionare",
}


class Database:
    """One service's database, with its audit trail beside it.

    Every write waits for a majority with journal; every read sees only what a majority has.
    """

    def __init__(self, url: str, driver: Driver = "motor") -> None:
        """Prepare a client for `url`, which names the database; nothing is connected yet."""
        self.driver = driver
        self.client: Any = _client(url, driver)
        options: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)
        self.name: str = self.client.get_default_database().name
        self._main = self.client.get_default_database().with_options(codec_options=options)
        self._audit = self.client[f"{self.name}_audit"].with_options(codec_options=options)

    def __getitem__(self, collection: str) -> Any:
        """Give a collection of the service's own database."""
        return self._main[collection]

    @property
    def audit(self) -> Any:
        """Give the audit trail. The service's user may insert and find there, and nothing else."""
        return self._audit["audit"]

    async def ping(self) -> None:
        """Ask the primary for a sign of life.

        Raises:
            ConnectionFailure: when there is no primary within five seconds.
        """
        await self._main.command("ping", read_preference=ReadPreference.PRIMARY)

    async def ensure_collections(self, names: Sequence[str]) -> None:
        """Create what is missing. It happens at start: creating one inside a transaction conflicts."""
        present = set(await self._main.list_collection_names())
        for name in sorted(set(names) - present):
            try:
                await self._main.create_collection(name)
            except CollectionInvalid:
                continue  # another process of this service was faster, and the driver noticed
            except OperationFailure as error:
                if error.code != NAMESPACE_EXISTS:  # the same, noticed by the server
                    raise

    async def transaction(self, steps: Callable[[Session], Awaitable[T]]) -> T:
        """Run database steps in one transaction, durable on a majority when this returns.

        `steps` may run several times (write conflicts, elections), so it does nothing but database calls.
        """
        async with self._session() as session:
            if self.driver == "motor":
                return await _motor_transaction(session, steps)
            result: T = await session.with_transaction(steps, **_durable_transaction())
            return result

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[Session]:
        session = self.client.start_session()
        if inspect.isawaitable(session):
            session = await session
        async with session:
            yield session

    async def aggregate(self, collection: str, pipeline: Sequence[Filter], **options: Any) -> list[Document]:
        """Run an aggregation and give all its documents."""
        cursor = self._main[collection].aggregate(list(pipeline), **options)
        if inspect.isawaitable(cursor):
            cursor = await cursor
        return list(await cursor.to_list(None))

    @asynccontextmanager
    async def watch(self, pipeline: Sequence[Filter], *, max_await_ms: int) -> AsyncIterator[Any]:
        """Listen to changes in the database; `await stream.try_next()` gives one, or None after `max_await_ms`.

        Whatever a majority read does not see once this has begun, the stream brings.
        """
        # Motor opens a stream only when it is first read from: without a beginning, what comes before that is missed.
        last: Timestamp = (await self.client.admin.command("hello"))["lastWrite"]["majorityOpTime"]["ts"]
        beginning = Timestamp(last.time, last.inc + 1)
        stream = self._main.watch(list(pipeline), max_await_time_ms=max_await_ms, start_at_operation_time=beginning)
        if inspect.isawaitable(stream):
            stream = await stream
        try:
            yield stream
        finally:
            await stream.close()

    async def close(self) -> None:
        """Close every connection."""
        closing = self.client.close()
        if inspect.isawaitable(closing):
            await closing


def _durable_transaction() -> dict[str, Any]:
    return {
        "read_concern": ReadConcern("snapshot"),
        "write_concern": _DURABLE,
        "read_preference": ReadPreference.PRIMARY,
        "max_commit_time_ms": 20_000,
    }


async def _motor_transaction(session: Session, steps: Callable[[Session], Awaitable[T]]) -> T:
    """Do what `with_transaction` of MongoDB's specification does: all again, or the commit again, as the error says.

    Motor 3.7's own one commits where it looks at no error: an election at that moment would fail the work.
    """
    deadline = time.monotonic() + TRANSACTION_SECONDS
    while True:
        session.start_transaction(**_durable_transaction())
        try:
            result = await steps(session)
            await _commit(session, deadline)
        except BaseException as error:
            if session.in_transaction:
                await session.abort_transaction()
            if not _is_labelled(error, "TransientTransactionError") or time.monotonic() > deadline:
                raise
        else:
            return result


async def _commit(session: Session, deadline: float) -> None:
    while True:
        try:
            await session.commit_transaction()
        except PyMongoError as error:
            out_of_time = getattr(error, "code", None) == MAX_TIME_EXPIRED or time.monotonic() > deadline
            if out_of_time or not _is_labelled(error, "UnknownTransactionCommitResult"):
                raise
        else:
            return


def _is_labelled(error: BaseException, label: str) -> bool:
    return isinstance(error, PyMongoError) and error.has_error_label(label)


def to_document(value: Any) -> Any:  # noqa: PLR0911 - one answer per kind of value
    """Turn a model's fields into what BSON stores: enums as their value, dates as ISO text, sets sorted."""
    match value:
        case Enum():
            return value.value
        case datetime():
            return value
        case date():
            return value.isoformat()
        case dict():
            return {key: to_document(inner) for key, inner in value.items()}
        case list() | tuple():
            return [to_document(inner) for inner in value]
        case set() | frozenset():
            return sorted(to_document(inner) for inner in value)
        case _:
            return value


def _client(url: str, driver: Driver) -> Any:
    if driver == "pymongo":
        return AsyncMongoClient(url, **_OPTIONS)
    os.environ.setdefault("MOTOR_MAX_WORKERS", str(MOTOR_THREADS))  # Motor reads it once, when it is imported
    from motor.motor_asyncio import AsyncIOMotorClient  # noqa: PLC0415 - only one of the two drivers is loaded

    return AsyncIOMotorClient(url, **_OPTIONS)
