"""What is published: the files under `contracts/`, the facts in the code, and whoever reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from every_service.services import built
from every_service.tree import SERVICES
from tools.contracts import facts
from tools.contracts.examples import spellings
from tools.contracts.facts import EXAMPLES

from missionare.kit.envelope import Envelope
from missionare.kit.facts import Fact
from missionare.kit.handlers import Handler

Value = dict[str, Any]

FACTS: dict[str, type[Fact]] = {fact.type: fact for fact in facts.published()}
"""Every fact that the code publishes today, by its name on the wire."""
SCHEMAS: dict[str, Value] = {
    schema["x-type"]: schema
    for schema in map(json.loads, (path.read_text() for path in sorted(facts.CONTRACTS.glob("*/facts/*.schema.json"))))
}
"""Every schema that was ever published, by the name on the wire of its fact."""


def handlers() -> Iterator[tuple[str, Handler]]:
    """Give every handler of every consumer of every service, with the consumer's name."""
    with TemporaryDirectory() as folder:
        for service in SERVICES:
            for table in built(service, Path(folder)).handlers:
                yield from ((table.consumer, handler) for handler in table.table.values())


def samples(fact_type: str) -> dict[str, Value]:
    """Give every value of a type that a reader must be able to read, with what it is called in a failure."""
    schema = SCHEMAS[fact_type]
    words = {f"spelling {number}": value for number, value in enumerate(spellings(EXAMPLES, schema))}
    return {"example": EXAMPLES.whole(schema), **facts.golden(fact_type), **words}


def enveloped(fact_type: str, value: Value) -> Envelope:
    """Give a sample as it arrives."""
    schema = SCHEMAS.get(fact_type, {"x-aggregate": "unknown"})
    subject = str(value.get(f"{schema['x-aggregate']}_id", "unknown"))
    return replace(_ENVELOPE, type=fact_type, aggregate=schema["x-aggregate"], subject=subject, value=json.dumps(value))


_ENVELOPE = Envelope(
    id="019b8d2b-8c00-7000-8000-000000000000",
    source="nobody",
    type="",
    aggregate="",
    subject="",
    era=0,
    sequence=1,
    previous="0.0",
    time=datetime(2026, 1, 5, 8, tzinfo=UTC),
    actor="person:x",
    correlation_id="c",
    causation_id=None,
    traceparent=None,
    value="{}",
)
