"""Records made by hand, for aggregates that no owner knows: as a relay of another version, or of nobody, would send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from aiokafka.partitioner import DefaultPartitioner
from promises.topics import Record

from missionare.kit.envelope import headers
from missionare.kit.ids import uuid7
from missionare.kit.ledger import FIRST_ERA
from missionare.kit.topics import PARTITIONS, topic_of

_PARTITIONS: Final = list(range(PARTITIONS))
_partition_of: Final = DefaultPartitioner()


def record(
    fact_type: str, aggregate: str, subject: str, value: Mapping[str, Any], *, sequence: int = 1, fact_id: str = ""
) -> Record:
    """Give a fact of an aggregate's chain as its owner's relay sends it."""
    source = fact_type.partition(".")[0]
    row = {
        "_id": fact_id or uuid7(),
        "type": fact_type,
        "subject": subject,
        "time": datetime.now(UTC),
        "aggregate": aggregate,
        "sequence": sequence,
        "previous": "0.0" if sequence == 1 else f"{FIRST_ERA}.{sequence - 1}",
        "era": FIRST_ERA,
        "correlation_id": "promises",
        "causation_id": None,
        "actor": "promises",
        "traceparent": None,
    }
    key = subject.encode()
    partition = _partition_of(key, _PARTITIONS, _PARTITIONS)
    return Record(topic_of(source), partition, key, json.dumps(value).encode(), tuple(headers(row, source)))
