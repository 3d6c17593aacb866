"""The envelope: a fact as CloudEvents 1.0 in Kafka's binary mode, and back.

Value: the fact's plain JSON. Headers: always UTF-8, never null. Key: the aggregate's id.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from missionare.kit.mongo import Document

Headers = Sequence[tuple[str, bytes]]

SPEC_VERSION = "1.0"
_SOURCE = "/missionare/"
MAX_DEPTH = 32
MAX_BYTES = 1_048_576
LARGEST = 2**63 - 1
"""What a database can store. A larger number would fail at every delivery, and its partition with it."""


class Undecodable(ValueError):
    """A record is not one of our facts: it is kept raw for a person to look at, and blocks nothing."""


@dataclass(frozen=True)
class Envelope:
    """A fact as it came from a topic or a feed."""

    id: str
    source: str
    type: str
    aggregate: str
    subject: str
    era: int
    sequence: int
    previous: str
    time: datetime
    actor: str
    correlation_id: str
    causation_id: str | None
    traceparent: str | None
    value: str

    @property
    def stream(self) -> str:
        """The aggregate's chain within its source: `source|aggregate|subject`."""
        return f"{self.source}|{self.aggregate}|{self.subject}"

    @property
    def seen(self) -> str:
        """The chain link a consumer keeps once this fact is dealt with."""
        return f"{self.era}.{self.sequence}"

    @property
    def order(self) -> tuple[int, int]:
        """The link as numbers, for comparing."""
        return (self.era, self.sequence)

    def data(self) -> dict[str, Any]:
        """Read the value.

        Raises:
            Undecodable: not JSON, not an object, or nested beyond reason.
        """
        return _object(self.value)


def link(seen: str) -> tuple[int, int]:
    """Read `era.sequence` as numbers."""
    era, _, sequence = seen.partition(".")
    return int(era), int(sequence)


@cache
def schema_of(fact_type: str) -> str:
    """Name the schema of a fact: `x.goal_agreed.v1` is described in `contracts/x/facts/goal_agreed.v1.schema.json`."""
    source, _, name = fact_type.partition(".")
    return f"{_SOURCE}contracts/{source}/facts/{name}.schema.json"


def headers(row: Document, source: str) -> list[tuple[str, bytes]]:
    """Give the headers of a stored fact as its owner `source` sends it."""
    texts = {
        "ce_specversion": SPEC_VERSION,
        "ce_id": row["_id"],
        "ce_source": _SOURCE + source,
        "ce_type": row["type"],
        "ce_subject": row["subject"],
        "ce_time": row["time"].isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "ce_dataschema": schema_of(row["type"]),
        "ce_partitionkey": row["subject"],
        "ce_aggregatetype": row["aggregate"],
        "ce_sequence": str(row["sequence"]),
        "ce_previous": row["previous"],
        "ce_era": str(row["era"]),
        "ce_correlationid": row["correlation_id"],
        "ce_causationid": row["causation_id"] or "",
        "ce_actor": row["actor"],
        "content-type": "application/json",
        "traceparent": row["traceparent"] or "",
    }
    return [(name, text.encode()) for name, text in texts.items()]


def from_record(value: bytes | None, raw_headers: Sequence[tuple[str, bytes | None]]) -> Envelope:
    """Read a Kafka record.

    Raises:
        Undecodable: whatever is missing, oversize or not UTF-8; the message says what.
    """
    try:
        found = {name: (raw or b"").decode() for name, raw in raw_headers}
        text = _bounded(value).decode()
        return _received(found, text)
    except UnicodeDecodeError as error:
        msg = "a header or the value is not UTF-8"
        raise Undecodable(msg) from error
    except (KeyError, ValueError, OverflowError) as error:  # a time at the edge of the calendar overflows
        if isinstance(error, Undecodable):
            raise
        msg = f"a header is missing or malformed: {error}"
        raise Undecodable(msg) from error


def from_row(row: Document, source: str) -> Envelope:
    """Read a fact's stored row, as the owner's feed gives it."""
    return Envelope(
        id=row["_id"],
        source=source,
        type=row["type"],
        aggregate=row["aggregate"],
        subject=row["subject"],
        era=int(row["era"]),
        sequence=int(row["sequence"]),
        previous=row["previous"],
        time=row["time"] if isinstance(row["time"], datetime) else datetime.fromisoformat(row["time"]),
        actor=row["actor"],
        correlation_id=row["correlation_id"],
        causation_id=row["causation_id"],
        traceparent=row["traceparent"],
        value=row["value"],
    )


def _received(found: dict[str, str], text: str) -> Envelope:
    if found["ce_specversion"] != SPEC_VERSION or not found["ce_source"].startswith(_SOURCE):
        msg = "not a CloudEvents 1.0 record of this platform"
        raise Undecodable(msg)
    previous = found["ce_previous"]
    link(previous)
    _object(text)
    return Envelope(
        id=_filled(found, "ce_id"),
        source=found["ce_source"].removeprefix(_SOURCE),
        type=_filled(found, "ce_type"),
        aggregate=_filled(found, "ce_aggregatetype"),
        subject=_filled(found, "ce_subject"),
        era=_counted(found, "ce_era"),
        sequence=_counted(found, "ce_sequence"),
        previous=previous,
        time=datetime.fromisoformat(found["ce_time"]).astimezone(UTC),
        actor=found.get("ce_actor", ""),
        correlation_id=found.get("ce_correlationid", ""),
        causation_id=found.get("ce_causationid") or None,
        traceparent=found.get("traceparent") or None,
        value=text,
    )


def _filled(found: dict[str, str], name: str) -> str:
    if not found[name]:
        msg = f"the header {name} is empty"
        raise Undecodable(msg)
    return found[name]


def _counted(found: dict[str, str], name: str) -> int:
    number = int(found[name])
    if not 1 <= number <= LARGEST:
        msg = f"the header {name} counts nothing that could be stored"
        raise Undecodable(msg)
    return number


def _bounded(value: bytes | None) -> bytes:
    if value is None:
        msg = "the record has no value"
        raise Undecodable(msg)
    if len(value) > MAX_BYTES:
        msg = f"the value has {len(value)} bytes, more than {MAX_BYTES}"
        raise Undecodable(msg)
    return value


def _object(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        msg = "the value is not JSON"
        raise Undecodable(msg) from error
    # No value is deeper than it has brackets, so nearly none has to be walked through.
    deep = text.count("{") + text.count("[") > MAX_DEPTH and _depth(data) > MAX_DEPTH
    if deep or not isinstance(data, dict):
        msg = "the value is not a flat JSON object"
        raise Undecodable(msg)
    return data


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level and depth <= MAX_DEPTH:
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
        ]
        depth += 1
    return depth
