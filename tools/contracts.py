"""Write `contracts/`: what every service promises about the facts it publishes, made from their classes.

For each fact its JSON Schema, one example, and golden samples: values as they were published when a shape was new.
Golden samples are kept for ever, because facts are: whoever reads a fact has to read the oldest of its kind, too. So
nothing is ever taken away here, and what a class says anew is added.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, get_args

from missionare.kit.envelope import schema_of
from missionare.kit.facts import Fact, Id

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = ROOT / "contracts"
GOLDEN = CONTRACTS / "golden"
SERVICES = sorted(path.parent.name for path in (ROOT / "services").glob("*/pyproject.toml"))
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]
Value = dict[str, Any]

ID_PATTERN: Final = get_args(Id)[1].pattern
MADE_AT: Final = int(datetime(2026, 1, 5, 8, tzinfo=UTC).timestamp() * 1_000)
"""The time part of every example's ids."""

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


def main() -> None:
    """Write what is new or has changed."""
    for path, text in documents().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"written: {path.relative_to(ROOT)}")


def documents() -> dict[Path, str]:
    """Give every file that the classes ask for: schemas, examples, and golden samples of shapes that have none."""
    made: dict[Path, str] = {}
    for fact in published():
        schema = schema_for(fact)
        path = file_of(fact.type)
        made[path] = _text(schema)
        made[path.with_name(path.name.replace(".schema.", ".example."))] = _text(example(schema))
        made.update(_new_golden(fact.type, schema))
    return made


def published() -> Iterator[type[Fact]]:
    """Give every fact that a service publishes, in the order in which it is declared."""
    for service in SERVICES:
        module = importlib.import_module(f"missionare.{service}.events")
        for declared in vars(module).values():
            if isinstance(declared, type) and issubclass(declared, Fact) and declared.__module__ == module.__name__:
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


def example(schema: Schema) -> Value:
    """Give a value in which everything is said that can be said."""
    return {name: _said(name, part) for name, part in schema["properties"].items()}


def sparse(schema: Schema) -> Value:
    """Give a value in which nothing is said that may be left unsaid."""
    return {name: _least(name, part) for name, part in schema["properties"].items() if name in schema["required"]}


def spellings(schema: Schema) -> Iterator[Value]:
    """Give values that together use every word of every vocabulary."""
    whole = example(schema)
    for name, part in schema["properties"].items():
        several = _kind(part).get("type") == "array"
        inner = _kind(_kind(part)["items"]) if several else _kind(part)
        for word in inner.get("enum", ()):
            yield {**whole, name: [word] if several else word}


def golden(fact_type: str) -> dict[str, Value]:
    """Read the golden samples of a type, by the name of their file."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted((GOLDEN / fact_type).glob("*"))}


def _new_golden(fact_type: str, schema: Schema) -> dict[Path, str]:
    """Give the samples that do not exist yet; one that exists is never written again."""
    kept = golden(fact_type)
    new: dict[Path, str] = {}
    for name, value in {"full": example(schema), "sparse": sparse(schema)}.items():
        if value not in [*kept.values(), *map(json.loads, new.values())]:
            number = 1 + sum(stem.startswith(f"{name}-") for stem in kept)
            new[GOLDEN / fact_type / f"{name}-{number}.json"] = _text(value)
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


def _kind(part: Schema) -> Schema:
    """Give what a property is when it is not null."""
    return next((one for one in part.get("anyOf", ()) if one.get("type") != "null"), part)


def _said(name: str, part: Schema) -> Any:
    part = _kind(part)
    if "enum" in part:
        return part["enum"][0]
    if part["type"] == "array":
        words = part["items"].get("enum")
        return words[:2] if words else [_said(f"{name}_{number}", part["items"]) for number in (1, 2)]
    if name in KNOWN:
        return KNOWN[name]
    if part["type"] == "string":
        return _moment(part) or (_id(name) if part.get("pattern") == ID_PATTERN else name)
    return {"boolean": True, "integer": 3, "number": 0.5}[part["type"]]


def _least(name: str, part: Schema) -> Any:
    if any(one.get("type") == "null" for one in part.get("anyOf", ())):
        return None
    return [] if part.get("type") == "array" else _said(name, part)


def _moment(part: Schema) -> str | None:
    return {"date": "2026-05-04", "date-time": "2026-05-04T07:00:00Z"}.get(part.get("format", ""))


def _id(name: str) -> str:
    """Make an id that is the same wherever a field of this name occurs, so that examples fit together."""
    chance = int.from_bytes(hashlib.sha256(name.encode()).digest()[:10])
    variant = (chance & (1 << 62) - 1) | 0b10 << 62
    return str(uuid.UUID(int=MADE_AT << 80 | 0x7 << 76 | (chance >> 62 & 0xFFF) << 64 | variant))


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
