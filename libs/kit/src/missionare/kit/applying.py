"""Applying: one fact's handler and its transaction, tried again where that may help.

What a handler decides is committed together with whatever the consumer has to say about the stream.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from bson.errors import BSONError
from pydantic import ValidationError
from pymongo import UpdateOne

from missionare.kit import metrics
from missionare.kit.decisions import Decided, Decision, Decisions, Kind
from missionare.kit.envelope import Envelope
from missionare.kit.handlers import Handler, Handlers, version_of
from missionare.kit.hops import Hops
from missionare.kit.logs import log
from missionare.kit.mongo import UNREACHABLE
from missionare.kit.read_models import ReadModel
from missionare.kit.refusals import Refusal
from missionare.kit.work import Context, LostRace, Origin, Step, Work, commit_together

TRIES: Final = 5
LONGEST_PAUSE: Final = 30.0
YOUNG: Final = timedelta(seconds=60)
"""A fact told this short ago may still be on its way by the topic."""
ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
"""When a consumer joined that was there before its workers read anything."""


class Via(StrEnum):
    """How a fact came."""

    TOPIC = "topic"
    START = "start"
    """From the owner's feed while catching up at start: expected, and not a repair."""
    AHEAD = "ahead"
    """From the owner's feed, though the topic may be bringing it at this moment: not a repair."""
    FEED = "feed"
    """From the owner's feed because the topic did not bring it: a repair, unless it was told before the consumer
    joined workers that were reading the topic already. Then it may have gone by, its owner not yet knowing that."""


class NewerVersion(Exception):
    """The fact's version is newer than this consumer knows: it waits until the consumer is rolled out."""


class LeakedCancellation(Exception):
    """A handler raised CancelledError though nobody cancelled it; passed on, it would end the consume loop."""


PERMANENT = (
    *(Refusal, ValidationError, NewerVersion, LeakedCancellation),
    *(ArithmeticError, AssertionError, AttributeError, LookupError, NameError, RuntimeError, TypeError, ValueError),
    BSONError,
)
"""Trying again at once cannot help, be it a fact or a handler that is wrong: the fact is parked."""


class Application:
    """Applies facts for one consumer. It knows what handlers do and nothing of order: that is the guard's."""

    def __init__(self, context: Context, handlers: Handlers, *, joined_at: datetime = ALWAYS) -> None:
        """Bind a dispatch table to a service's database; `joined_at` as the consumer has it."""
        self.hops = Hops(handlers.consumer)
        self._context = context
        self._handlers = handlers
        self._joined_at = joined_at
        self._decisions = Decisions(context.database, handlers.consumer)
        self._decided: dict[str, Decision] = {}
        """What people decided about facts that came here, by the fact's id: few, and only of read models."""

    async def recall(self, envelopes: Sequence[Envelope]) -> None:
        """Look up what people decided about these facts: a generation that is built anew does the same with them."""
        if isinstance(self._handlers, ReadModel):
            self._decided.update(await self._decisions.about(envelopes))

    async def alone(self, envelope: Envelope, steps: Sequence[Step], via: Via = Via.TOPIC) -> None:
        """Apply one fact in a transaction of its own, after `steps`; what may pass by itself is tried again in place.

        Raises:
            LostRace: one of the steps says that the stream has moved.
            Exception: what the handler raised; trying again did not help, or could not.
        """
        handler = self._handlers.find(envelope.type)
        for attempt in range(1, TRIES + 1):
            work = self._work(envelope, via)
            for step in steps:
                work.claim(step)
            try:
                with metrics.apply_seconds.labels(self._handlers.consumer).time():
                    await self._handle(envelope, handler, work)
                    await work.commit()
            except (LostRace, *PERMANENT, *UNREACHABLE):
                raise
            except Exception as error:
                if attempt == TRIES:
                    raise
                log.warning("a fact is tried again", fact_id=envelope.id, error=type(error).__name__, attempt=attempt)
                await asyncio.sleep(random.uniform(0, min(LONGEST_PAUSE, 0.1 * 4**attempt)))  # noqa: S311 - jitter
            else:
                self._note([envelope], via)
                return

    async def together(self, envelopes: Sequence[Envelope], first: Step, via: Via) -> None:
        """Apply several facts in one transaction, after `first`: all of them or none, and tried once.

        Raises:
            Exception: what the first handler that failed raised, or LostRace.
        """
        works: list[Work] = []
        for envelope in envelopes:
            works.append(self._work(envelope, via))
            await self._handle(envelope, self._handlers.find(envelope.type), works[-1])
        with metrics.apply_seconds.labels(self._handlers.consumer).time():
            await commit_together(works, first=[first])
        self._note(envelopes, via)

    async def _handle(self, envelope: Envelope, handler: Handler | None, work: Work) -> None:
        if handler is None:
            metrics.ignored.labels(self._handlers.consumer, envelope.source).inc()
            return
        if (decision := self._decided.get(envelope.id)) is not None:
            work.write(Decided.collection, self._decisions.obeyed(decision))
            if decision.kind is Kind.DISCARD:
                work.ignored("somebody decided to discard this fact")
                return
            envelope = decision.edited(envelope)
        if version_of(envelope.type) > handler.model.version:
            raise NewerVersion(envelope.type)
        try:
            await handler.handle(handler.model.read(envelope), self._handlers.given(work))
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise LeakedCancellation from error

    def _work(self, envelope: Envelope, via: Via) -> Work:
        origin = Origin(envelope.actor, envelope.correlation_id, envelope.id, envelope.traceparent)
        work = Work(self._context, origin, fact=envelope, crash="cons")
        if self._is_repair(envelope, via):
            work.write(
                "counters", UpdateOne({"_id": f"{self._handlers.consumer}:repaired"}, {"$inc": {"n": 1}}, upsert=True)
            )
        return work

    def _is_repair(self, envelope: Envelope, via: Via) -> bool:
        return via is Via.FEED and envelope.time >= self._joined_at

    def _note(self, envelopes: Sequence[Envelope], via: Via) -> None:
        by_source: dict[str, list[Envelope]] = {}
        for envelope in envelopes:
            by_source.setdefault(envelope.source, []).append(envelope)
        for source, applied in by_source.items():
            metrics.applied.labels(self._handlers.consumer, source).inc(len(applied))
            if via is Via.TOPIC:
                self.hops.note(source, applied)
            repaired = sum(self._is_repair(envelope, via) for envelope in applied)
            if repaired:
                metrics.repaired.labels(self._handlers.consumer, source).inc(repaired)
