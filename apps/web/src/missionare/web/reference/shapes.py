"""Shapes put into rows: what stands at which place of a request, an answer or a fact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Schema = Mapping[str, Any]

DEEPEST: Final = 4
"""Levels of fields that are shown; what lies deeper stands in the file."""


@dataclass(frozen=True)
class Row:
    """One place."""

    name: str
    kind: str
    words: tuple[str, ...]
    needed: bool
    told: str


def rows(schema: Schema, known: Mapping[str, Schema]) -> list[Row]:
    """Give a row for every field, those of fields below their own."""
    return list(_rows(schema, known, "", 0))


def parameter(said: Mapping[str, Any], known: Mapping[str, Schema]) -> Row:
    """Give the row of a parameter or header."""
    kind, words = described(said["schema"], known)
    return Row(said["name"], kind, words, said["required"], said.get("description", ""))


def described(schema: Schema, known: Mapping[str, Schema]) -> tuple[str, tuple[str, ...]]:
    """Say in a few words what may stand there, and which words if only some may."""
    several = schema.get("anyOf", schema.get("oneOf", ()))
    if several:
        parts = [described(one, known) for one in several if one.get("type") != "null"]
        kind = " or ".join(dict.fromkeys(kind for kind, _ in parts))
        words = tuple(word for _, some in parts for word in some)
        return (f"{kind} or null" if len(parts) < len(several) else kind), words
    schema = _meant(schema, known)
    if "const" in schema or "enum" in schema:
        return "one of", tuple(str(word) for word in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        inner, words = described(schema.get("items", {}), known)
        return f"list of {'some of' if words else inner}{_limits(schema, 'Items')}", words
    kind = str(schema.get("format", schema.get("type", "anything")))
    return f"{kind}{_limits(schema, 'Length')}{_range(schema)}", ()


def _rows(schema: Schema, known: Mapping[str, Schema], above: str, level: int) -> Iterator[Row]:
    schema = _inside(schema, known)
    needed = schema.get("required", ())
    for name, part in schema.get("properties", {}).items():
        kind, words = described(part, known)
        yield Row(f"{above}{name}", kind, words, name in needed, part.get("description", ""))
        if level < DEEPEST:
            several = _inside(part, known).get("properties") and _is_list(part, known)
            yield from _rows(part, known, f"{above}{name}{'[]' if several else ''}.", level + 1)


def _inside(schema: Schema, known: Mapping[str, Schema]) -> Schema:
    """Give the object that a field is or is a list of."""
    several = schema.get("anyOf", schema.get("oneOf", ()))
    if several:
        return next((_inside(one, known) for one in several if one.get("type") != "null"), {})
    schema = _meant(schema, known)
    return _inside(schema["items"], known) if schema.get("type") == "array" and "items" in schema else schema


def _is_list(schema: Schema, known: Mapping[str, Schema]) -> bool:
    several = schema.get("anyOf", schema.get("oneOf", ()))
    return any(_is_list(one, known) for one in several) or _meant(schema, known).get("type") == "array"


def _meant(schema: Schema, known: Mapping[str, Schema]) -> Schema:
    while "$ref" in schema:
        schema = known[schema["$ref"].rpartition("/")[2]]
    return schema


def _limits(schema: Schema, of: str) -> str:
    least, most = schema.get(f"min{of}"), schema.get(f"max{of}")
    if least and most:
        return f", {least} to {most}"
    return f", at most {most}" if most else f", at least {least}" if least else ""


def _range(schema: Schema) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f", {least} to {most}"
    return f", at most {most}" if most is not None else f", from {least}" if least is not None else ""
