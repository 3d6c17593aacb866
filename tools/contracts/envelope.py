"""What stands around a fact on its topic: the headers of `missionare.kit.envelope`, described."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

EXAMPLE: Final[Mapping[str, str]] = {
    "ce_specversion": "1.0",
    "ce_id": "019b8d2b-8c00-7000-8000-000000000000",
    "ce_source": "/missionare/members",
    "ce_type": "members.goal_agreed.v1",
    "ce_subject": "019b8d2b-8c00-7000-8000-000000000001",
    "ce_time": "2026-01-05T08:00:00.000000Z",
    "ce_dataschema": "/missionare/contracts/members/facts/goal_agreed.v1.schema.json",
    "ce_partitionkey": "019b8d2b-8c00-7000-8000-000000000001",
    "ce_aggregatetype": "goal",
    "ce_sequence": "2",
    "ce_previous": "1.1",
    "ce_era": "1",
    "ce_correlationid": "019b8d2b-8c00-7000-8000-000000000002",
    "ce_causationid": "",
    "ce_actor": "person:019b8d2b-8c00-7000-8000-000000000003",
    "content-type": "application/json",
    "traceparent": "",
}
TOLD: Final[Mapping[str, str]] = {
    "ce_specversion": "of CloudEvents",
    "ce_id": "of this fact; the same again when it is sent again",
    "ce_source": "the service that publishes it",
    "ce_type": "the fact's name on the wire, with its version",
    "ce_subject": "the id of the aggregate",
    "ce_time": "when it was decided",
    "ce_dataschema": "where its JSON Schema stands below `contracts/`",
    "ce_partitionkey": "the record's key: facts of one aggregate are in one partition",
    "ce_aggregatetype": "whose chain of facts this is",
    "ce_sequence": "its place in that chain, from 1 without gaps",
    "ce_previous": "era and sequence of the fact before; `0.0` before the first",
    "ce_era": "counts restores of the publisher's database",
    "ce_correlationid": "what it all began with",
    "ce_causationid": "the fact that caused this one, or empty",
    "ce_actor": "who acted, by kind and id",
    "content-type": "of the value",
    "traceparent": "W3C Trace Context, or empty",
}
HEADERS: Final[dict[str, Any]] = {
    "type": "object",
    "description": "CloudEvents 1.0 in Kafka's binary mode. Every header is there; what does not apply is empty.",
    "properties": {name: {"type": "string", "description": told} for name, told in TOLD.items()},
    "required": sorted(TOLD),
}
