"""What every service promises about the facts it publishes, made from their classes.

For each fact its JSON Schema, one example, and golden samples: values as they were published when a shape was new.
Golden samples are kept for ever, because facts are: whoever reads a fact has to read the oldest of its kind, too. So
nothing is ever taken away here, and what a class says anew is added.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tools.contracts.examples import Examples, Schema, Value
from tools.wiring import ROOT, SERVICES

from missionare.kit.envelope import schema_of
from missionare.kit.facts import Fact

CONTRACTS = ROOT / "contracts"
GOLDEN = CONTRACTS / "golden"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

KNOWN: Final[Mapping[str, Any]] = {
    "attended_share": 0.75,
    "capacity": 20,
    "content_hash": hashlib.sha256(b"an entry").hexdigest(),
    "ends_at": "2026-05-06T15:00:00Z",
    "municipality": "05966024",
    "number": 1,
    "reach": 25,
    "reason": "recipient_unknown",
    "revision": 1,
    "sector": "C",
    "template": "goal_agreed",
}
"""What stands in an example where any number or word would fit the type but say nothing."""
EXAMPLES: Final = Examples(KNOWN)


def published() -> Iterator[type[Fact]]:
    """Give every fact that a service publishes, in the order in which it is declared."""
    for service in SERVICES:
        module = importlib.import_module(f"missionare.{service}.events")
        for declared in vars(module).values():
            if isinstance(declared, type) and issubclass(declared, Fact) and declared is not Fact:
                yield declared


def file_of(fact_type: str) -> Path:
    """Name the file of a fact's schema; its envelope (`ce_dataschema`) names the same."""
    return ROOT / schema_of(fact_type).removeprefix("/missionare/")


def schema_for(fact: type[Fact]) -> Schema:
    """Give a fact's JSON Schema, complete in itself.

    Further properties are allowed: a reader ignores what it does not know, so that an optional field may be added.
    """
    made = fact.model_json_schema(mode="validation")
    known = made.pop("$defs", {})
    properties = {name: _plain(part, known) for name, part in made["properties"].items()}
    return {
        "$schema": DIALECT,
        "$id": schema_of(fact.type),
        "title": fact.__name__,
        "description": made["description"],
        "type": "object",
        "properties": properties,
        "required": made.get("required", []),
        "x-type": fact.type,
        "x-aggregate": fact.aggregate,
        "x-audience": fact.shown_to.value,
    }


def golden(fact_type: str) -> dict[str, Value]:
    """Read the golden samples of a type, by the name of their file."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted((GOLDEN / fact_type).glob("*"))}


def new_golden(fact_type: str, schema: Schema) -> dict[Path, str]:
    """Give the samples that do not exist yet; one that exists is never written again."""
    kept = golden(fact_type)
    new: dict[Path, str] = {}
    for name, value in {"full": EXAMPLES.whole(schema), "sparse": EXAMPLES.sparse(schema)}.items():
        if value not in [*kept.values(), *map(json.loads, new.values())]:
            number = 1 + sum(stem.startswith(f"{name}-") for stem in kept)
            new[GOLDEN / fact_type / f"{name}-{number}.json"] = text(value)
    return new


def _plain(part: Any, known: Mapping[str, Any]) -> Any:
    """Put definitions where they are used, without the titles that pydantic makes of names."""
    if isinstance(part, list):
        return [_plain(inner, known) for inner in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        part = {**known[part["$ref"].rpartition("/")[2]], **{name: part[name] for name in part if name != "$ref"}}
    if "const" in part:
        part = {"enum": [part["const"]], **{name: part[name] for name in part if name != "const"}}
    return {name: _plain(inner, known) for name, inner in part.items() if name != "title"}


def text(document: Mapping[str, Any]) -> str:
    """Write a document as it is committed."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def plain(schema: Schema) -> Schema:
    """Give pydantic's schema of a model complete in itself, without the titles it makes of names."""
    known = schema.get("$defs", {})
    properties = {name: _plain(part, known) for name, part in schema["properties"].items()}
    return {"type": "object", "properties": properties, "required": schema.get("required", [])}
