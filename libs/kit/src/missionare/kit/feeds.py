"""What every process answers about itself: health, metrics, public keys, its facts, the state of its streams."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Annotated, Any, Final

from fastapi import Query, Response
from fastapi.responses import JSONResponse

from missionare.kit import hops, metrics, positions
from missionare.kit.answers import Answer
from missionare.kit.forks import Forks
from missionare.kit.generations import Generations
from missionare.kit.handlers import Handlers
from missionare.kit.keys import JWKS_PATH
from missionare.kit.ledger import Ledger, Position
from missionare.kit.mongo import Database
from missionare.kit.owners import FEED_PATH, aggregate_feed_document, feed_document
from missionare.kit.parking import Parking
from missionare.kit.policy import Policy
from missionare.kit.reconcile import repaired
from missionare.kit.refusals import Invalid
from missionare.kit.routes import Reader, Routes
from missionare.kit.timers import overdue

MAX_FACTS: Final = 1_000


@cache
def process_routes(service: str) -> Routes:
    """Give the endpoints at fixed places. The gateway routes none of them."""
    routes = Routes(service, prefix="")

    @routes.get("/health/live", policy=Policy.public())
    async def live() -> Response:
        """Whether the process runs at all."""
        return JSONResponse({"status": "live"})

    @routes.get("/health/ready", policy=Policy.public())
    async def ready(reader: Reader) -> Response:
        """Whether the process can do its work now; names the parts that cannot."""
        states = await reader.health.states()
        if all(states.values()):
            return JSONResponse({"status": "ready"})
        failing = sorted(name for name, state in states.items() if not state)
        return JSONResponse({"status": "not ready", "failing": failing}, status_code=503)

    @routes.get("/metrics", policy=Policy.public())
    async def read_metrics() -> Response:
        """All measures in Prometheus' text format."""
        return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)

    @routes.get(JWKS_PATH, policy=Policy.public())
    async def public_keys(reader: Reader) -> Response:
        """The public halves of this service's signing keys (RFC 7517)."""
        return JSONResponse(reader.public_keys)

    return routes


@cache
def fact_routes(service: str) -> Routes:
    """Give the feeds by which other services catch up and repair."""
    routes = Routes(service, prefix="")

    @routes.get(FEED_PATH, policy=Policy.services())
    async def read_facts(
        reader: Reader,
        after: Annotated[str, Query(max_length=64)],
        aggregate: Annotated[str | None, Query(max_length=160)] = None,
        limit: Annotated[int, Query(ge=1, le=MAX_FACTS)] = MAX_FACTS,
    ) -> Response:
        """Facts of this service: confirmed ones after `era,n`, or one aggregate's (`type,id`) after `era.sequence`."""
        ledger = reader.ledger
        if aggregate is None:
            return JSONResponse(feed_document(await ledger.confirmed(_position(after), limit)))
        kind, subject = _pair(aggregate)
        return JSONResponse(aggregate_feed_document(await ledger.of_aggregate(kind, subject, _link(after))))

    return routes


class ConsumerState(Answer):
    """What one consumer of this service has set aside, and what had to be repaired for it."""

    consumer: str
    waiting: dict[str, int]
    """Facts set aside, by state: held, parked, queued, dead, raw."""
    repaired: int
    forks: int = 0
    """Aggregates of which an owner that was restored forgot what was applied here."""


class GroupState(Answer):
    """How far a consumer group was behind the broker when it was last measured."""

    group: str
    measured_at: datetime
    lag: int
    partitions: list[dict[str, Any]]
    """Those with records not finished: topic, partition, lag, age_seconds."""


class HopState(Answer):
    """How long the latest facts of a source took until a consumer had applied them, by server time."""

    source: str
    consumer: str
    facts: int
    p50_ms: float
    max_ms: float


class Streams(Answer):
    """Where this service's facts stand, going out and coming in."""

    service: str
    facts_pending: int
    oldest_fact_age_seconds: float
    timers_due: int
    oldest_timer_age_seconds: float
    """For how long the most overdue timer should have fired: a process that is stuck shows here."""
    consumers: list[ConsumerState]
    groups: list[GroupState]
    hops: list[HopState]


@cache
def stream_routes(service: str, operators: tuple[str, ...], handlers: tuple[Handlers, ...]) -> Routes:
    """Give the operators' look at the streams."""
    routes = Routes(service)

    @routes.get("/streams", policy=Policy.roles(*operators), answers=Streams)
    async def read_streams(reader: Reader) -> Streams:
        """Where this service's facts stand: pending, set aside, repaired."""
        pending, age = await reader.ledger.pending()
        due, overdue_seconds = await overdue(reader.ledger.database, reader.now)
        tables = await Generations(reader.ledger.database).fed(handlers)
        return Streams(
            service=service,
            facts_pending=pending,
            oldest_fact_age_seconds=age,
            timers_due=due,
            oldest_timer_age_seconds=overdue_seconds,
            consumers=[await _consumer_state(reader.ledger, table.consumer) for table in tables],
            groups=[
                GroupState(group=row["_id"], measured_at=row["at"], lag=row["lag"], partitions=row["partitions"])
                for row in await positions.latest(reader.ledger.database)
            ],
            hops=[
                HopState(**{name: row[name] for name in HopState.model_fields})
                for row in await hops.latest(reader.ledger.database)
            ],
        )

    return routes


async def _consumer_state(ledger: Ledger, consumer: str) -> ConsumerState:
    database: Database = ledger.database
    waiting = await Parking(database, consumer).waiting()
    return ConsumerState(
        consumer=consumer,
        waiting=waiting,
        repaired=await repaired(database, consumer),
        forks=await Forks(database, consumer).count(),
    )


def _position(text: str) -> Position:
    try:
        return Position.parse(text)
    except ValueError:
        raise _not_understood("after", "era,n") from None


def _link(text: str) -> str:
    era, _, sequence = text.partition(".")
    if not (era.isdecimal() and sequence.isdecimal()):
        raise _not_understood("after", "era.sequence")
    return text


def _pair(text: str) -> tuple[str, str]:
    kind, _, subject = text.partition(",")
    if not (kind and subject):
        raise _not_understood("aggregate", "type,id")
    return kind, subject


def _not_understood(field: str, wanted: str) -> Invalid:
    return Invalid(field=field, reason_de=f"erwartet wird {wanted}", reason_en=f"{wanted} is expected")
