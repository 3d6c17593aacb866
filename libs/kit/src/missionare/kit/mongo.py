"""The one place that knows the MongoDB driver.

Motor is the default; `pymongo` selects PyMongo's own asynchronous client. The three calls in which they differ
(transactions, aggregation, change streams) are wrapped here, so that nothing else has to know which one runs.
"""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from contextvars import copy_context
from datetime import UTC, date, datetime
from enum import Enum
from itertools import islice
from secrets import token_hex
from typing import Any, Generic, Literal, TypeVar, cast
from urllib.parse import urlsplit

from bson.codec_options import CodecOptions
from bson.timestamp import Timestamp
from pymongo import AsyncMongoClient, MongoClient, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.errors import AutoReconnect, CollectionInvalid, ConnectionFailure, OperationFailure, WriteConcernError
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference

from missionare.kit.primary import Primary
from missionare.kit.together import to_the_end

Driver = Literal["motor", "pymongo"]
Document = dict[str, Any]
Filter = Mapping[str, Any]
Session = Any
"""A driver's session; opaque everywhere but here."""

T = TypeVar("T")

UNREACHABLE = (AutoReconnect, ConnectionFailure, WriteConcernError)
"""What the driver raises while the database is away, elects or cannot reach a majority: wait, do not give up.

A primary that steps down while a write waits for the majority says so by a WriteConcernError of its own.
"""

NAMESPACE_EXISTS = 48
THREADS = 64
"""How many transactions of a process are under way at once, where the driver works in threads."""
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
}
_TRANSACTION: dict[str, Any] = {
    "read_concern": ReadConcern("snapshot"),
    "write_concern": WriteConcern(w="majority", j=True),
    "read_preference": ReadPreference.PRIMARY,
    "max_commit_time_ms": 20_000,
}


class Database:
    """One service's database, with its audit trail beside it.

    Every write waits for a majority with journal; every read sees only what a majority has.
    """

    def __init__(self, url: str, driver: Driver = "motor") -> None:
        """Prepare a client for `url`, which names the database; nothing is connected yet."""
        self.driver = driver
        self._url = url
        self._family = f"missionare-{urlsplit(url).path.strip('/')}-"
        self.appname = self._family + token_hex(4)
        """Tells the connections of this process from those of others."""
        self.client: Any = _client(url, driver, self.appname)
        options: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)
        self.name: str = self.client.get_default_database().name
        self._main = self.client.get_default_database().with_options(codec_options=options)
        self._audit = self.client[f"{self.name}_audit"].with_options(codec_options=options)
        self._threads = ThreadPoolExecutor(THREADS, "transaction") if driver == "motor" else None
        self.primary = Primary(self.client.delegate if driver == "motor" else self.client, self._main["leases"])

    def __getitem__(self, collection: str) -> Any:
        """Give a collection of the service's own database."""
        return self._collection(self._main[collection])

    @property
    def audit(self) -> Any:
        """Give the audit trail. The service's user may insert and find there, and nothing else."""
        return self._collection(self._audit["audit"])

    async def ping(self) -> None:
        """Ask the primary for a sign of life.

        Raises:
            ConnectionFailure: when there is no primary within five seconds.
        """
        await self._main.command("ping", read_preference=ReadPreference.PRIMARY)

    def plain(self) -> MongoClient[Document]:
        """Give a client that waits for each of its calls, for what handles a whole database, outside the event loop."""
        return MongoClient(self._url, appname=self.appname, **_OPTIONS)

    async def others(self) -> list[str]:
        """Name other processes of ours that have this database open at this moment, idle ones included."""
        family = {"$regex": f"^{re.escape(self._family)}", "$ne": self.appname}
        pipeline = [
            {"$currentOp": {"allUsers": False, "idleConnections": True}},
            {"$match": {"appName": family, "client": {"$type": "string"}}},
        ]
        rows = await self.client.admin.command("aggregate", 1, pipeline=pipeline, cursor={"batchSize": 10_000})
        return sorted(
            {f"{row['appName']} ({row['client'].rpartition(':')[0]})" for row in rows["cursor"]["firstBatch"]}
        )

    async def ensure_collections(self, names: Sequence[str]) -> None:
        """Create what is missing. It happens at start: creating one inside a transaction conflicts."""
        present = set(await self._main.list_collection_names())
        await to_the_end(self._ensure(name) for name in sorted(set(names) - present))

    async def _ensure(self, collection: str) -> None:
        try:
            await self._main.create_collection(collection)
        except CollectionInvalid:
            return  # another process of this service was faster, and the driver noticed
        except OperationFailure as error:
            if error.code != NAMESPACE_EXISTS:  # the same, noticed by the server
                raise

    async def transaction(self, steps: Callable[[Session], Awaitable[T]]) -> T:
        """Run database steps in one transaction, durable on a majority when this returns.

        `steps` may run several times (write conflicts, elections), so it does nothing but database calls.
        """
        if self._threads is not None:
            within = copy_context().run
            return await asyncio.get_running_loop().run_in_executor(self._threads, within, self._in_one_go, steps)
        async with self.client.start_session() as session:
            result: T = await session.with_transaction(steps, **_TRANSACTION)
            return result

    def _in_one_go(self, steps: Callable[[Session], Awaitable[T]]) -> T:
        """Run a transaction from its beginning to its end on this thread."""
        with self.client.delegate.start_session() as session:
            result: T = session.with_transaction(lambda session: completed(steps(session)), **_TRANSACTION)
            return result

    def _collection(self, collection: Any) -> Any:
        return collection if self._threads is None else Collection(collection)

    async def aggregate(self, collection: str, pipeline: Sequence[Filter], **options: Any) -> list[Document]:
        """Run an aggregation and give all its documents."""
        cursor = self[collection].aggregate(list(pipeline), **options)
        if inspect.iscoroutine(cursor):
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
        majority = self._main.with_options(read_concern=ReadConcern("majority"))  # of anything else there is no stream
        stream = majority.watch(list(pipeline), max_await_time_ms=max_await_ms, start_at_operation_time=beginning)
        if inspect.isawaitable(stream):
            stream = await stream
        try:
            yield stream
        finally:
            await stream.close()

    async def close(self) -> None:
        """Close every connection."""
        if self._threads is not None:
            await asyncio.get_running_loop().run_in_executor(None, self._threads.shutdown)
        closing = self.client.close()
        if inspect.isawaitable(closing):
            await closing


class Collection:
    """A collection of Motor's, of which the calls inside a transaction are done at once, on the transaction's thread.

    Motor hands each call to a thread and comes back to the event loop. Between its calls a transaction holds locks,
    so it goes through all of them on one thread instead: nothing else has to come first, and it is sooner done.
    """

    def __init__(self, collection: Any) -> None:
        """Stand before a collection of Motor's."""
        self._motor = collection

    def __getattr__(self, name: str) -> Any:
        """Give a method of the collection; it looks whether it is called inside a transaction."""
        outside, inside = getattr(self._motor, name), getattr(self._motor.delegate, name)
        if not callable(inside):
            return outside

        def call(*values: Any, **options: Any) -> Any:
            if isinstance(options.get("session"), ClientSession):
                return Known(inside(*values, **options))
            return outside(*values, **options)

        setattr(self, name, call)
        return call


class Known(Generic[T]):
    """What is there already, for whoever awaits it; of a cursor, all its documents."""

    def __init__(self, value: T) -> None:
        """Hold an answer of the database."""
        self._value = value

    def __await__(self) -> Generator[Any, Any, T]:
        """Give it without waiting."""
        return self._value
        yield  # what makes this an iterator, as `await` wants it

    async def to_list(self, length: int | None) -> list[Any]:
        """Give the documents of a cursor, at most `length`."""
        return list(islice(cast("Iterable[Any]", self._value), length))


def completed(steps: Awaitable[T]) -> T:
    """Run steps that wait for nothing but a transaction's own calls, and give their result.

    Raises:
        RuntimeError: they wait for something else.
    """
    running = steps.__await__()
    try:
        next(running)
    except StopIteration as end:
        return cast("T", end.value)
    running.close()
    msg = "the steps of a transaction wait for something that is not one of its calls"
    raise RuntimeError(msg)


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


def _client(url: str, driver: Driver, appname: str) -> Any:
    if driver == "pymongo":
        return AsyncMongoClient(url, appname=appname, **_OPTIONS)
    from motor.motor_asyncio import AsyncIOMotorClient  # noqa: PLC0415 - only one of the two drivers is loaded

    return AsyncIOMotorClient(url, appname=appname, **_OPTIONS)
