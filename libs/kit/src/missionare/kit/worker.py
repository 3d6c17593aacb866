"""The worker role: relay, consumers with their repairs, and timers of one service."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from pymongo.errors import PyMongoError

from missionare.kit import metrics, topics
from missionare.kit.applying import ALWAYS
from missionare.kit.connecting import whole
from missionare.kit.consumer import COLLECTIONS as OF_CONSUMERS
from missionare.kit.consumer import Consumer
from missionare.kit.envelope import Envelope, Undecodable, from_record
from missionare.kit.generations import FOLLOW_SECONDS, Generations
from missionare.kit.handlers import Handlers
from missionare.kit.kafka import Records, Subscription, connect_producer
from missionare.kit.kafka_access import options_of
from missionare.kit.lease import free_all
from missionare.kit.logs import log
from missionare.kit.outlets import Outlet
from missionare.kit.owners import owners_of
from missionare.kit.parking import Parking
from missionare.kit.peers import PeerRefused, PeerUnavailable
from missionare.kit.positions import Positions
from missionare.kit.reconcile import Reconciliation, reconcile_forever
from missionare.kit.relay import Relay
from missionare.kit.settings import Settings
from missionare.kit.timers import TimerLoop, Timers
from missionare.kit.together import to_the_end
from missionare.kit.topics import PARTITIONS, TopicsWrong, topic_of
from missionare.kit.work import Context

COLLECTIONS = (*OF_CONSUMERS, "positions")
UNREACHABLE_SECONDS = 60.0
STUCK_SECONDS = 60.0
RETRY_SECONDS = 1.0
MEASURE_SECONDS = 1.0
STOP_SECONDS = 25.0


class Worker:
    """Everything a service does without being asked. `start` returns at once; `problems` says what is not up yet."""

    def __init__(
        self,
        context: Context,
        settings: Settings,
        *,
        handlers: Sequence[Handlers],
        timers: Timers,
        fail: Callable[[str], None],
        outlets: Sequence[Outlet] = (),
    ) -> None:
        """Wire a service's worker; `fail` ends the process when a part died that cannot be started again."""
        self._context = context
        self._settings = settings
        self._fail = fail
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._parts: dict[str, list[asyncio.Task[None]]] = {}
        """What runs for each consumer."""
        self._last_progress = time.monotonic()
        self._subscription: Subscription | None = None
        self._handlers = handlers
        self._owners = owners_of(context, handlers)
        self.consumers = [Consumer(context, table, self._owners) for table in handlers]
        self._needed = frozenset(consumer.name for consumer in self.consumers)
        """The consumers without which this worker is not ready; a generation that is being built is none of them."""
        self._timers = TimerLoop(context, timers)
        self._outlets = outlets
        self._relays = {
            f"relay of {owner}": Relay(
                context.database,
                source=context.service,
                topic=topic_of(owner),
                partitions=PARTITIONS,
                connect=lambda: connect_producer(settings),
                bells=context.bells,
                outlet=outlet,
            )
            for owner, outlet in [(context.service, None), *((outlet.owner, outlet) for outlet in outlets)]
        }

    async def start(self) -> None:
        """Begin all parts. Kafka may be away: it is waited for."""
        await self._context.database.ensure_collections(COLLECTIONS)
        if self._settings.alone:
            await free_all(self._context.database)
        self._begin("bells", self._context.bells.follow(self._context.database, self._context.clock))
        for name, relay in self._relays.items():
            self._begin(name, self._send(relay))
        self._begin("timers", self._timers.run(self._stopping))
        self._begin("pending", self._watch_pending())
        await self._keep_to_generations()
        self._needed = frozenset(self._parts)
        self._begin("generations", self._follow_generations())
        if self.consumers:
            self._begin("consume", self._consume())

    async def stop(self) -> None:
        """Finish the running batch, commit, leave the group; then relay and timers, which release their leases."""
        self._stopping.set()
        self._context.bells.ring_all()
        if self._subscription is not None:
            await self._subscription.stop()
        running = [task for task in self._tasks if task.get_name() in {*self._relays, "timers"}]
        if running:  # a start that failed may have begun nothing
            await asyncio.wait(running, timeout=STOP_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def ready(self) -> bool:
        """Whether everything runs, for the health check."""
        return not self.problems()

    def problems(self) -> list[str]:
        """Say what is not ready yet; empty when everything runs."""
        missing = [
            f"{consumer.name} has not caught up"
            for consumer in self.consumers
            if consumer.name in self._needed and not consumer.caught_up.is_set()
        ]
        if self.consumers and (self._subscription is None or not self._subscription.drain.assigned.is_set()):
            missing.append("no partitions are assigned yet")
        return missing + [f"{task.get_name()} has ended" for task in self._tasks if task.done()]

    async def receive(self, records: Records) -> None:
        """Deal with a batch of records; while that cannot be done, wait, then let the batch come again."""
        began = time.monotonic()
        pause = 0.1
        while True:
            try:
                envelopes = [envelope for record in records if (envelope := await self._decoded(record)) is not None]
                await to_the_end(consumer.batch(envelopes) for consumer in self.consumers)
            except Exception as error:
                # Usually the database is away. Whatever it is: raised at once, the batch would come again at once.
                log.warning("a batch cannot be dealt with now", error=type(error).__name__)
                if time.monotonic() - began > UNREACHABLE_SECONDS:
                    raise
                await asyncio.sleep(pause)
                pause = min(5.0, pause * 2)
            else:
                self._last_progress = time.monotonic()
                return

    async def _decoded(self, record: Any) -> Envelope | None:
        """Read a record; what is no fact of the topic's owner is kept raw, and blocks nothing."""
        try:
            return _belonging(record)
        except Undecodable as error:
            consumer = self.consumers[0]
            position = f"{record.topic}-{record.partition}-{record.offset}"
            if await consumer.parking.keep_raw(record.value, record.headers, position, str(error)):
                log.error("a record is no fact and is kept raw", topic=record.topic, offset=record.offset)
                metrics.parked.labels(consumer.name, record.topic).inc()
            return None

    async def _follow_generations(self) -> None:
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            try:
                await self._keep_to_generations()
            except PyMongoError as error:
                log.warning("the database is away", error=type(error).__name__)

    async def _keep_to_generations(self) -> None:
        """Have one consumer for each table and each generation of a read model that is fed, and no other."""
        fed = {table.consumer: table for table in await Generations(self._context.database).fed(self._handlers)}
        known = {consumer.name: consumer for consumer in self.consumers}
        for name in known.keys() - fed.keys():
            for task in self._parts.pop(name, []):
                task.cancel()
                self._tasks.remove(task)
        joining = fed.keys() - self._parts.keys()
        for name in joining:
            await Parking(self._context.database, name).ensure_indexes()
        # From here on nothing waits: no batch may come between the moment of joining and the joining.
        joined_at = datetime.now(UTC) if self._parts else ALWAYS
        for name in joining:
            consumer = known.setdefault(name, Consumer(self._context, fed[name], self._owners, joined_at=joined_at))
            self._parts[name] = [
                self._begin(f"reconcile {name}", self._reconcile(consumer)),
                self._begin(f"gaps {name}", self._fill_gaps(consumer)),
                self._begin(f"parked {name}", self._retry_parked(consumer)),
            ]
        self.consumers = [known[name] for name in fed]

    def _begin(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._ended)
        self._tasks.append(task)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A part that ends before its time is never silently missing: the process ends and is started anew."""
        if self._stopping.is_set() or task.cancelled():
            return
        error = task.exception()
        if isinstance(error, TopicsWrong):
            self._fail(str(error))
            return
        log.critical("a part of the worker died", task=task.get_name(), error=type(error).__name__, exc_info=error)
        self._fail(f"{task.get_name()} died")

    async def _send(self, relay: Relay) -> None:
        """Relay, once the topics are known to be right: sent to a missing one, facts might create a wrong one."""
        if await self._topics_are_right():
            await relay.run(self._stopping)

    async def _consume(self) -> None:
        """Join the group, then measure and watch it; Kafka being away is waited for."""
        names = [topic_of(source) for source in self._sources]
        while self._subscription is None and await self._topics_are_right():
            try:
                subscription = Subscription(self._settings, self._group, names)
                subscription.deliver_to(self.receive)
                await subscription.start()
                self._subscription = subscription
            except (KafkaError, OSError, TimeoutError) as error:
                log.warning("the broker is away", error=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
        if self._subscription is not None:
            positions = Positions(self._context.database, self._group, names, PARTITIONS)
            await self._measure(self._subscription, positions)

    async def _topics_are_right(self) -> bool:
        """Ask until the broker has told what its topics are; False when the worker stops before that.

        Raises:
            TopicsWrong: they are not what the code declares.
        """
        owners = {*self._sources, self._context.service, *(outlet.owner for outlet in self._outlets)}
        wanted = topics.of(owners, replicas=self._settings.topic_replicas)
        while not self._stopping.is_set():
            try:
                await topics.verify(self._settings.kafka_bootstrap_servers, wanted, access=options_of(self._settings))
            except (KafkaError, OSError, TimeoutError) as error:
                log.warning("the broker is away", error=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return True
        return False

    @property
    def _sources(self) -> list[str]:
        return sorted({source for consumer in self.consumers for source in consumer.handlers.sources})

    @property
    def _group(self) -> str:
        incarnation = self._settings.kafka_incarnation
        return f"{self._context.service}-{incarnation}" if incarnation else self._context.service

    async def _measure(self, subscription: Subscription, positions: Positions) -> None:
        admin = AIOKafkaAdminClient(
            bootstrap_servers=self._settings.kafka_bootstrap_servers, **options_of(self._settings)
        )
        started = False
        try:
            while not self._stopping.is_set():
                await asyncio.sleep(MEASURE_SECONDS)
                try:
                    if not started:
                        await whole(admin.start())
                        started = True
                    lags = await positions.measure(subscription.client, admin)
                except (KafkaError, OSError, TimeoutError, PyMongoError) as error:
                    log.warning("the lag could not be measured", error=type(error).__name__)
                    self._last_progress = time.monotonic()  # whoever comes back after long has a minute to begin again
                    continue
                own = {(tp.topic, tp.partition) for tp in subscription.drain.partitions}
                behind = [lag for lag in lags if lag.lag and (lag.topic, lag.partition) in own]
                self._watch_progress(behind=bool(behind))
        finally:
            await admin.close()

    def _watch_progress(self, *, behind: bool) -> None:
        """A consume loop that ended silently shows as lag without progress; a long batch moves fact by fact."""
        if not behind:
            self._last_progress = time.monotonic()
        moved_at = max([self._last_progress, *(consumer.moved_at for consumer in self.consumers)])
        if time.monotonic() - moved_at > STUCK_SECONDS:
            self._fail("records wait and none was finished for a minute")

    async def _reconcile(self, consumer: Consumer) -> None:
        await reconcile_forever(
            Reconciliation(self._context.database, consumer),
            consumer,
            every_seconds=self._settings.reconcile_seconds,
        )

    async def _fill_gaps(self, consumer: Consumer) -> None:
        while True:
            stream_id = await consumer.gaps.get()
            await self._repair(consumer, stream_id)

    async def _retry_parked(self, consumer: Consumer) -> None:
        """Try parked heads whose time has come, and ask again about what is still held."""
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            try:
                for stream_id in await consumer.parking.due():
                    await consumer.drain(stream_id)
                for stream_id in await consumer.parking.holding():
                    await self._repair(consumer, stream_id)
            except PyMongoError as error:
                log.warning("the database is away", error=type(error).__name__, consumer=consumer.name)

    async def _repair(self, consumer: Consumer, stream_id: str) -> None:
        try:
            await consumer.repair(stream_id)
        except (PeerUnavailable, PeerRefused, PyMongoError) as error:
            log.warning("a gap stays open for now", error=type(error).__name__, consumer=consumer.name)

    async def _watch_pending(self) -> None:
        while True:
            try:
                pending, age = await self._context.ledger.pending()
                metrics.facts_pending.set(pending)
                metrics.oldest_fact_age_seconds.set(age)
                for consumer in self.consumers:
                    await consumer.application.hops.keep(self._context.database)
                due, overdue_seconds = await self._timers.overdue()
                metrics.timers_due.set(due)
                metrics.oldest_timer_age_seconds.set(overdue_seconds)
                for consumer in self.consumers:
                    metrics.forks.labels(consumer.name).set(await consumer.forks.count())
                    for state, count in (await consumer.parking.waiting()).items():
                        metrics.waiting.labels(consumer.name, state).set(count)
            except PyMongoError as error:
                log.warning("the database is away", error=type(error).__name__)
            await asyncio.sleep(MEASURE_SECONDS)


def _belonging(record: Any) -> Envelope:
    """Read a record of this topic and key; a fact of another source cannot be slipped in."""
    envelope = from_record(record.value, record.headers)
    if record.topic != topic_of(envelope.source) or (record.key or b"") != envelope.subject.encode():
        raise Undecodable("the record does not belong to its topic or key")
    return envelope
