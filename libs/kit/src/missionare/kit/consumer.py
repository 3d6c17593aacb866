"""A consumer: applies the facts it reads, exactly once in effect and in order per aggregate.

What arrives is judged by the guard. Whatever happens to a fact, it ends applied, duplicate, ignored, held or
parked, in one transaction with its effect; nothing a handler does can stop another aggregate's facts.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from prometheus_client import Counter

from missionare.kit import metrics
from missionare.kit.applying import ALWAYS, YOUNG, Application, Via
from missionare.kit.envelope import Envelope, from_row, link
from missionare.kit.forks import COLLECTION as FORKS
from missionare.kit.forks import Forks
from missionare.kit.guard import Guard, Stream, Verdict, decide
from missionare.kit.handlers import Handlers
from missionare.kit.ledger import AggregateFeed, Owner
from missionare.kit.logs import log
from missionare.kit.mongo import UNREACHABLE
from missionare.kit.parking import Parked, ParkedState, Parking
from missionare.kit.together import to_the_end
from missionare.kit.work import Context, LostRace, Origin, Step, Work

COLLECTIONS = ("streams", "parked", "cursors", "counters", "hops", FORKS)
"""What consumers keep beside their effects."""
RACES = 50
LANES = 16
SHARED_LANES = 2
SHARED_FACTS = 100
LATE = YOUNG / 2
"""What the topic brings as long after it was told as this, a sweep would soon bring as well."""
MOVING_SECONDS = 30.0
"""For so long after its last fact the topic counts as bringing more."""


class Consumer:
    """One consumer of a service, with its guard, what it has set aside, and its owners' feeds."""

    def __init__(
        self, context: Context, handlers: Handlers, owners: Mapping[str, Owner], *, joined_at: datetime = ALWAYS
    ) -> None:
        """Bind a dispatch table to a service's database.

        Args:
            context: of the service.
            handlers: the table.
            owners: they answer for the sources that are read.
            joined_at: when it joined workers that were reading the topic already.
        """
        self.context = context
        self.handlers = handlers
        self.owners = owners
        self.guard = Guard(context.database, handlers.consumer)
        self.parking = Parking(context.database, handlers.consumer)
        self.forks = Forks(context.database, handlers.consumer)
        self.eras: defaultdict[str, int] = defaultdict(int)
        """The highest era known of each owner."""
        self.gaps: asyncio.Queue[str] = asyncio.Queue()
        """Streams to ask the owner about, at once; a scan finds again what is forgotten here."""
        self.application = Application(context, handlers, joined_at=joined_at)
        self.asked = asyncio.Event()
        """Set once every owner has been asked at start, whether or not it answered: one that is away must not keep
        this service from its work."""
        self.caught_up = asyncio.Event()
        """Set once every owner's feed has been read on at start; until then the feed is the expected way."""
        self.moved_at = time.monotonic()
        """When a fact that came by the topic was last dealt with: a long batch is at work as long as this moves."""
        self._told_at = datetime.now(UTC)
        """When that fact was told."""
        self._lanes = asyncio.Semaphore(LANES)
        self._shared_lanes = asyncio.Semaphore(SHARED_LANES)

    @property
    def name(self) -> str:
        """The stable name under which this consumer remembers what it has seen."""
        return self.handlers.consumer

    @property
    def late(self) -> bool:
        """Whether the topic is still bringing facts that are so old that a sweep would bring them as well."""
        moves = time.monotonic() - self.moved_at < MOVING_SECONDS
        return moves and datetime.now(UTC) - self._told_at > LATE

    async def batch(
        self, envelopes: Sequence[Envelope], via: Via = Via.TOPIC, streams: Mapping[str, Stream] | None = None
    ) -> None:
        """Deal with every fact of a batch, several aggregates at a time.

        Whoever has just read the streams of these facts may give them; one that has moved since loses its race.

        Raises:
            ConnectionFailure: the database is away; the batch may be delivered again.
        """
        queues: dict[str, list[Envelope]] = {}
        read = self.handlers.aggregates
        for envelope in envelopes:
            if (envelope.source, envelope.aggregate) in read:
                queues.setdefault(self.guard.id_of(envelope), []).append(envelope)
            else:
                self._count(metrics.ignored, envelope)
        if not queues:
            return
        streams = streams or await self.guard.read(queues)
        await self.application.recall([envelope for queue in queues.values() for envelope in queue])
        shared = {i for i, queue in queues.items() if self._may_share(streams[i], queue)}
        chunks = _chunks([(streams[i], queues[i]) for i in queues if i in shared])
        singles = [self._single(streams[i], queues[i], via) for i in queues if i not in shared]
        # Every lane runs to its end, so that what one aggregate meets never leaves another half-way.
        await to_the_end([*(self._shared(chunk, via) for chunk in chunks), *singles])

    async def deliver(self, envelope: Envelope, via: Via = Via.TOPIC, stream: Stream | None = None) -> Stream:
        """Deal with one fact; what comes back is the stream as it is then.

        A lost race means read again, never park.
        """
        for race in range(RACES):
            if stream is None:
                stream_id = self.guard.id_of(envelope)
                stream = (await self.guard.read([stream_id]))[stream_id]
            try:
                return await self._receive(stream, envelope, via)
            except LostRace:
                stream = None
                await asyncio.sleep(random.uniform(0, 0.002 * 2 ** min(race, 8)))  # noqa: S311 - jitter
        msg = f"{self.name} lost {RACES} races for one fact"
        raise TimeoutError(msg)

    async def drain(self, stream_id: str) -> None:
        """Apply in order what waits in a stream, until something is missing or fails."""
        for _ in range(10_000):
            stream = (await self.guard.read([stream_id]))[stream_id]
            head = await self.parking.head(stream_id)
            try:
                if head is None:
                    if stream.waiting or stream.blocked:
                        await self._move(stream, replace(stream, waiting=False, blocked=False))
                    return
                if not await self._drain_head(stream, head):
                    return
            except LostRace:
                await asyncio.sleep(random.uniform(0, 0.01))  # noqa: S311 - jitter

    async def repair(self, stream_id: str) -> None:
        """Ask the owner for what an aggregate's chain lacks, and apply it in order.

        Raises:
            PeerUnavailable: the owner is away; the stream stays as it is and is asked about again.
        """
        _, source, aggregate, subject = stream_id.split("|", 3)
        stream = (await self.guard.read([stream_id]))[stream_id]
        feed = await self.owners[source].of_aggregate(aggregate, subject, stream.seen)
        self.eras[source] = max(self.eras[source], feed.era)
        held = [parked.envelope for parked in await self.parking.held(stream_id)]
        facts = [from_row(row, source) for row in feed.facts]
        await self.application.recall(facts)
        for fact in facts:
            await self.deliver(fact, self._how(fact, held))
        await self._drop_unknown(stream_id, feed)
        await self._note_fork(stream_id, feed)
        await self.drain(stream_id)

    def _how(self, fact: Envelope, held: Sequence[Envelope]) -> Via:
        """Say how a fact came that its owner names; what is held came by the topic, what is behind that may do yet."""
        if fact.id in {each.id for each in held}:
            return Via.TOPIC
        if not self.caught_up.is_set():
            return Via.START
        young = datetime.now(UTC) - fact.time < YOUNG
        return Via.AHEAD if young and all(fact.order > each.order for each in held) else Via.FEED

    async def _receive(self, stream: Stream, envelope: Envelope, via: Via) -> Stream:
        handler = self.handlers.find(envelope.type)
        era = self.eras[envelope.source] if via is Via.TOPIC else 0
        verdict = decide(stream, envelope, owner_era=era, purging=bool(handler and handler.purging))
        match verdict:
            case Verdict.DUPLICATE:
                self._count(metrics.duplicate, envelope)
                return stream
            case Verdict.FORGOTTEN_ERA:
                self.gaps.put_nowait(stream.id)
                return stream
            case Verdict.QUEUE:
                return await self._set_aside(stream, envelope, ParkedState.QUEUED)
            case Verdict.GAP:
                self._count(metrics.held, envelope)
                moved = await self._set_aside(stream, envelope, ParkedState.HELD)
                self.gaps.put_nowait(stream.id)
                return moved
            case _:
                return await self._apply(stream, envelope, via, verdict)

    async def _apply(self, stream: Stream, envelope: Envelope, via: Via, verdict: Verdict) -> Stream:
        after = stream.after(envelope)
        steps: list[Step] = []
        if verdict is Verdict.PURGE:
            after = replace(after, blocked=False)
            steps.append(self.parking.purge(stream.id, envelope))
        if verdict is Verdict.FORK:
            steps.append(self.forks.note(stream.id, stream.seen, envelope.era))
        try:
            await self.application.alone(envelope, [self.guard.move((stream, after)), *steps], via)
        except (LostRace, *UNREACHABLE):
            raise
        except Exception as error:  # noqa: BLE001 - whatever a handler raises, only its own aggregate may wait
            return await self._park(stream, envelope, error)
        if verdict is Verdict.FORK:
            metrics.forked.labels(self.name, envelope.source).inc()
            log.error("the owner forgot what was applied before", aggregate_id=envelope.subject, seen=stream.seen)
        if stream.waiting or verdict is Verdict.PURGE:
            await self.drain(stream.id)
            return (await self.guard.read([stream.id]))[stream.id]
        return after

    async def _drain_head(self, stream: Stream, head: Parked) -> bool:
        """Deal with what waits first; False when it has to go on waiting."""
        envelope = head.envelope
        if head.state is ParkedState.DEAD:
            return False
        if envelope.order <= link(stream.seen):
            await self._move(stream, stream, self.parking.remove(envelope))
            return True
        verdict = decide(replace(stream, blocked=False), envelope)
        if verdict is Verdict.GAP:
            self.gaps.put_nowait(stream.id)
            return False
        await self.application.recall([envelope])
        steps = [
            self.guard.move((stream, replace(stream.after(envelope), blocked=False))),
            self.parking.remove(envelope),
            self.parking.advance(stream.id),  # were this process to die now, the next one would find it due
        ]
        if verdict is Verdict.FORK:
            steps.append(self.forks.note(stream.id, stream.seen, envelope.era))
        try:
            await self.application.alone(envelope, steps)
        except (LostRace, *UNREACHABLE):
            raise
        except Exception as error:  # noqa: BLE001 - as in _apply
            await self._move(stream, replace(stream, blocked=True), self.parking.failed(head, error))
            return False
        return True

    async def _park(self, stream: Stream, envelope: Envelope, error: Exception) -> Stream:
        self._count(metrics.parked, envelope)
        log.error("a fact is parked", fact_id=envelope.id, type=envelope.type, error=type(error).__name__)
        return await self._set_aside(stream, envelope, ParkedState.PARKED, error=error)

    async def _set_aside(
        self, stream: Stream, envelope: Envelope, state: ParkedState, *, error: Exception | None = None
    ) -> Stream:
        blocked = stream.blocked or state is ParkedState.PARKED
        aside = replace(stream, waiting=True, blocked=blocked, rev=stream.rev + 1)
        await self._move(stream, aside, self.parking.add(stream.id, envelope, state, error=error))
        return aside

    async def _move(self, old: Stream, new: Stream, *steps: Step) -> None:
        work = Work(self.context, Origin(self.name, ""), crash="cons")
        work.claim(self.guard.move((old, new)))
        for step in steps:
            work.claim(step)
        await work.commit()

    async def _single(self, stream: Stream, queue: Sequence[Envelope], via: Via) -> None:
        async with self._lanes:
            for envelope in queue:
                stream = await self.deliver(envelope, via, stream)
                self._moved(via, envelope)

    async def _shared(self, chunk: Sequence[tuple[Stream, list[Envelope]]], via: Via) -> None:
        """Apply a chunk in one transaction; if that fails, every aggregate by itself."""
        async with self._shared_lanes:
            try:
                await self._apply_together(chunk, via)
            except UNREACHABLE:
                raise
            except Exception as error:  # noqa: BLE001 - only a key that fails alone is parked
                log.info("a shared transaction is split", error=type(error).__name__, count=len(chunk))
            else:
                self._moved(via, chunk[-1][1][-1])
                return
        for stream, queue in chunk:
            await self._single(stream, queue, via)

    async def _apply_together(self, chunk: Sequence[tuple[Stream, list[Envelope]]], via: Via) -> None:
        applied: list[Envelope] = []
        moves: list[tuple[Stream, Stream]] = []
        for stream, queue in chunk:
            fresh = _each_once(stream, queue)
            applied += fresh
            if fresh:
                moves.append((stream, stream.after(fresh[-1])))
            if len(fresh) < len(queue):
                metrics.duplicate.labels(self.name, queue[0].source).inc(len(queue) - len(fresh))
        if applied:
            await self.application.together(applied, self.guard.move(*moves), via)

    def _may_share(self, stream: Stream, queue: Sequence[Envelope]) -> bool:
        """Whether all of an aggregate's facts apply straight on, with handlers that allow company."""
        for envelope in queue:
            handler = self.handlers.find(envelope.type)
            if stream.waiting or (handler is not None and (not handler.together or handler.purging)):
                return False
            match decide(stream, envelope, owner_era=self.eras[envelope.source]):
                case Verdict.APPLY:
                    stream = stream.after(envelope)
                case Verdict.DUPLICATE:
                    continue
                case _:
                    return False
        return True

    async def _drop_unknown(self, stream_id: str, feed: AggregateFeed) -> None:
        """Forget held facts of an older era that a restored owner does not know any more."""
        known = {row["_id"] for row in feed.facts}
        for parked in await self.parking.held(stream_id):
            if parked.envelope.era < feed.era and parked.envelope.id not in known:
                stream = (await self.guard.read([stream_id]))[stream_id]
                if parked.envelope.order > link(stream.seen):
                    log.error("a held fact is dropped: its owner forgot it", fact_id=parked.envelope.id)
                    self._count(metrics.dropped, parked.envelope)
                await self._move(stream, stream, self.parking.remove(parked.envelope))

    async def _note_fork(self, stream_id: str, feed: AggregateFeed) -> None:
        """Write down that a restored owner ends before what was applied, also where it says nothing more of it."""
        stream = (await self.guard.read([stream_id]))[stream_id]
        if link(feed.head) >= (seen := link(stream.seen)) or seen[0] >= feed.era:
            return
        if await self.forks.keep(stream_id, stream.seen, feed.era):
            _, source, _, subject = stream_id.split("|", 3)
            metrics.forked.labels(self.name, source).inc()
            log.error("the owner forgot what was applied before", aggregate_id=subject, seen=stream.seen)

    def _moved(self, via: Via, envelope: Envelope) -> None:
        if via is Via.TOPIC:
            self.moved_at = time.monotonic()
            self._told_at = envelope.time

    def _count(self, counter: Counter, envelope: Envelope) -> None:
        counter.labels(self.name, envelope.source).inc()


def _each_once(stream: Stream, queue: Sequence[Envelope]) -> list[Envelope]:
    """Leave out what was seen, and what comes a second time in this very batch, as after a relay's sudden end."""
    fresh: list[Envelope] = []
    for envelope in queue:
        if envelope.order > (fresh[-1].order if fresh else link(stream.seen)):
            fresh.append(envelope)
    return fresh


def _chunks(queues: Sequence[tuple[Stream, list[Envelope]]]) -> list[list[tuple[Stream, list[Envelope]]]]:
    """Split aggregates into groups of at most 100 facts; one aggregate's facts stay together."""
    chunks: list[list[tuple[Stream, list[Envelope]]]] = []
    size = SHARED_FACTS
    for stream, queue in queues:
        if size + len(queue) > SHARED_FACTS:
            chunks.append([])
            size = 0
        chunks[-1].append((stream, queue))
        size += len(queue)
    return chunks
