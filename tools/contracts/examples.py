"""Values that fit a JSON Schema, the same at every run, so that what is committed changes with the schema only."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, get_args

from missionare.kit.facts import Id

Schema = dict[str, Any]
Value = dict[str, Any]

ID_PATTERN: Final = get_args(Id)[1].pattern
MADE_AT: Final = int(datetime(2026, 1, 5, 8, tzinfo=UTC).timestamp() * 1_000)
"""The time part of every example's ids."""
_IDS: Final = re.compile(r"(^|_)ids?$")


@dataclass(frozen=True)
class Examples:
    """Makes values by the names of properties."""

    known: Mapping[str, Any]
    """What stands where any number or word would fit the type but say nothing."""
    definitions: Mapping[str, Schema] = field(default_factory=dict)
    """What `$ref` names, by the last part of the reference."""

    def whole(self, schema: Schema) -> Value:
        """Give a value in which everything is said that can be said."""
        return {name: self.said(name, part) for name, part in schema.get("properties", {}).items()}

    def sparse(self, schema: Schema) -> Value:
        """Give a value in which nothing is said that may be left unsaid."""
        parts = schema["properties"].items()
        return {name: self._least(name, part) for name, part in parts if name in schema["required"]}

    def said(self, name: str, part: Schema) -> Any:
        """Give what a property of this name says."""
        part = self.kind(part)
        if "const" in part or "enum" in part:
            return part.get("const", part.get("enum", [None])[0])
        match part.get("type"):
            case "array":
                return self._several(name, self.kind(part["items"]), part)
            case "object":
                return self.whole(part) if "properties" in part else {}
            case "string":
                return self._text(name, part)
            case kind:
                return self._fitting(self.known.get(name), part) or self._number(kind, part)

    def kind(self, part: Schema) -> Schema:
        """Give what a property is when it is not null, with references followed."""
        while True:
            if "$ref" in part:
                part = self.definitions[part["$ref"].rpartition("/")[2]]
            elif several := part.get("anyOf", part.get("oneOf")):
                part = next((one for one in several if one.get("type") != "null"), several[0])
            else:
                return part

    def _several(self, name: str, item: Schema, part: Schema) -> list[Any]:
        if "enum" in item:
            return list(item["enum"][:2])
        if item.get("type") == "object" or self.definitions:
            return [self.said(name, item) for _ in range(max(1, part.get("minItems", 1)))]
        return [self.said(f"{name}_{number}", item) for number in (1, 2)]

    def _text(self, name: str, part: Schema) -> str:
        known = self.known.get(name)
        if (moment := _moment(part)) is not None:
            return known if isinstance(known, str) and len(known) == len(moment) else moment
        if isinstance(known, str) and self._fitting(known, part):
            return known
        if part.get("pattern") == ID_PATTERN or (self.definitions and _IDS.search(name)):
            return _id(name)
        return name[: part.get("maxLength")].ljust(part.get("minLength", 0), "x")

    def _least(self, name: str, part: Schema) -> Any:
        if any(one.get("type") == "null" for one in part.get("anyOf", ())):
            return None
        return [] if part.get("type") == "array" else self.said(name, part)

    @staticmethod
    def _fitting(value: Any, part: Schema) -> Any:
        """Give a known value if it is of the type, the length and the form that is asked for."""
        kinds: Mapping[str | None, Any] = {"string": str, "boolean": bool, "integer": int, "number": int | float}
        if not isinstance(value, kinds.get(part.get("type"), object)):
            return None
        if isinstance(value, str):
            fits = part.get("minLength", 0) <= len(value) <= part.get("maxLength", len(value))
            return value if fits and re.search(part.get("pattern", ""), value) else None
        return value

    @staticmethod
    def _number(kind: Any, part: Schema) -> Any:
        number = {"boolean": True, "integer": 3, "number": 0.5}.get(kind)
        if number is None or number is True:
            return number
        return min(max(number, part.get("minimum", number)), part.get("maximum", number))


def spellings(examples: Examples, schema: Schema) -> Iterator[Value]:
    """Give values that together use every word of every vocabulary."""
    whole = examples.whole(schema)
    for name, part in schema["properties"].items():
        several = examples.kind(part).get("type") == "array"
        inner = examples.kind(examples.kind(part)["items"]) if several else examples.kind(part)
        for word in inner.get("enum", ()):
            yield {**whole, name: [word] if several else word}


def _moment(part: Schema) -> str | None:
    return {"date": "2026-05-04", "date-time": "2026-05-04T07:00:00Z"}.get(part.get("format", ""))


def _id(name: str) -> str:
    """Make an id that is the same wherever a field of this name occurs, so that examples fit together."""
    chance = int.from_bytes(hashlib.sha256(name.encode()).digest()[:10])
    variant = (chance & (1 << 62) - 1) | 0b10 << 62
    return str(uuid.UUID(int=MADE_AT << 80 | 0x7 << 76 | (chance >> 62 & 0xFFF) << 64 | variant))
