"""Metrics: every measure of a process, declared once; the endpoint, the documentation and a test read this table.

    metrics.facts_pending.set(3)
    metrics.applied.labels(consumer="x").inc()

Labels are names from the code (routes, topics, consumers), never ids: a label's values must be few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

CONTENT_TYPE: Final[str] = CONTENT_TYPE_LATEST
PREFIX: Final = "missionare_"
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Limits of the buckets in which durations are counted."""


@dataclass(frozen=True)
class Measure:
    """One declared measure, for the documentation."""

    name: str
    kind: str
    what: str
    labels: tuple[str, ...]


REGISTRY: Final = CollectorRegistry()
TABLE: Final[list[Measure]] = []
ProcessCollector(registry=REGISTRY)


def _declared(kind: str, name: str, what: str, labels: Sequence[str]) -> str:
    TABLE.append(Measure(name, kind, what, tuple(labels)))
    return PREFIX + name


def _counter(name: str, what: str, *labels: str) -> Counter:
    return Counter(_declared("counter", name, what, labels), what, labels, registry=REGISTRY)


def _gauge(name: str, what: str, *labels: str) -> Gauge:
    return Gauge(_declared("gauge", name, what, labels), what, labels, registry=REGISTRY)


def _seconds(name: str, what: str, *labels: str) -> Histogram:
    return Histogram(_declared("histogram", name, what, labels), what, labels, registry=REGISTRY, buckets=SECONDS)


def exposition() -> bytes:
    """Give all measures in Prometheus' text format."""
    return generate_latest(REGISTRY)


http_requests = _counter("http_requests", "HTTP requests answered", "method", "route", "status")
http_seconds = _seconds("http_seconds", "time to answer an HTTP request, seconds", "method", "route")
commands = _counter("commands", "commands by outcome: done, repeated, refused, exhausted", "operation", "outcome")
races_lost = _counter("races_lost", "commands run again because somebody else saved first", "operation")
peer_requests = _counter("peer_requests", "requests to other services by outcome", "peer", "outcome")
peer_seconds = _seconds("peer_seconds", "time until another service answered, seconds", "peer")
outbound_posts = _counter("outbound_posts", "messages to receivers outside by what came of them", "outcome")
key_fetches = _counter("key_fetches", "fetches of an issuer's public keys by outcome", "issuer", "outcome")

facts_pending = _gauge("facts_pending", "facts that the broker does not have yet")
oldest_fact_age_seconds = _gauge("oldest_fact_age_seconds", "age of the oldest fact that the broker lacks, seconds")
relay_published = _counter("relay_published", "facts that the broker acknowledged")
relay_failed = _counter("relay_failed", "facts whose sending failed and is repeated")

lag = _gauge("lag", "records of a partition that the group has not finished", "group", "topic", "partition")
lag_age_seconds = _gauge(
    "lag_age_seconds", "age of the oldest record not finished, seconds", "group", "topic", "partition"
)
applied = _counter("applied", "facts applied", "consumer", "source")
duplicate = _counter("duplicate", "facts dropped because they were applied before", "consumer", "source")
ignored = _counter("ignored", "facts of types that nothing here reads", "consumer", "source")
held = _counter("held", "facts held because one before them is missing", "consumer", "source")
repaired = _counter("repaired", "facts that came by their owner's feed, not by the broker", "consumer", "source")
parked = _counter("parked", "facts set aside because they cannot be applied", "consumer", "source")
forked = _counter("forked", "facts whose owner forgot what was applied before", "consumer", "source")
forks = _gauge("forks", "aggregates of which an owner forgot what was applied here", "consumer")
dropped = _counter("dropped", "held facts dropped because their owner forgot them", "consumer", "source")
owners_set_back = _counter(
    "owners_set_back", "sweeps that found an owner set back by hand, which cannot be repaired", "consumer", "source"
)
waiting = _gauge("waiting", "facts set aside at present: held, parked, queued, dead, raw", "consumer", "state")
apply_seconds = _seconds("apply_seconds", "time of a transaction that applies facts, seconds", "consumer")
hop_seconds = _seconds("hop_seconds", "time from saving a fact to applying it, seconds", "consumer", "source")

timers_due = _gauge("timers_due", "timers whose moment has passed")
oldest_timer_age_seconds = _gauge(
    "oldest_timer_age_seconds", "for how long the moment of the most overdue timer has passed, seconds"
)
timers_fired = _counter("timers_fired", "timers by outcome: done, retried, failed", "timer", "outcome")
