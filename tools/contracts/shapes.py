"""The shapes of everything that routes take and give, in one set of definitions."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode
from tools.contracts.examples import Schema

from missionare.kit.answers import Answer
from missionare.kit.bodies import MAX_TEXT
from missionare.kit.routes import Route

Key = tuple[str, str, str]
BOUNDED: Final = ("maxLength", "format", "enum", "const", "pattern")


class Said(GenerateJsonSchema):
    """Says of an answer that every field is there, because answers leave none out."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        """Whether a field is always there."""
        return True if self.mode == "serialization" else super().field_is_required(field, total)


class Shapes:
    """The schemas of a number of routes; what several use is defined once."""

    def __init__(self, routes: Sequence[Route]) -> None:
        """Ask pydantic once for all, so that no two definitions share a name."""
        made, rest = TypeAdapter.json_schemas(
            [part for route in routes for part in _parts(route)],
            schema_generator=Said,
            ref_template="#/components/schemas/{model}",
        )
        self._made: dict[Any, Schema] = {key: _plain(schema) for (key, _mode), schema in made.items()}
        self.definitions: dict[str, Schema] = {
            name: _plain(schema) for name, schema in sorted(rest.get("$defs", {}).items())
        }
        bodies = {self._made[key]["$ref"] for key in self._made if key[0] == "body" and "$ref" in self._made[key]}
        for name in self._reached(bodies):
            _bound(self.definitions[name])

    def answer(self, route: Route) -> Schema | None:
        """Give the shape of a successful answer, or None where it has no body that is described."""
        return self._made.get(("answer", route.operation, ""))

    def body(self, route: Route) -> Schema:
        """Give the shape of what a command takes."""
        return self._made["body", route.operation, ""]

    def parameter(self, route: Route, name: str) -> Schema:
        """Give the shape of one parameter."""
        return self._made["parameter", route.operation, name]

    def _reached(self, references: set[str]) -> set[str]:
        """Name every definition that is used from these on."""
        found: set[str] = set()
        todo = [reference.rpartition("/")[2] for reference in references]
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                todo += [reference.rpartition("/")[2] for reference in _references(self.definitions[name])]
        return found


def _parts(route: Route) -> Iterator[tuple[Key, JsonSchemaMode, TypeAdapter[Any]]]:
    model = route.answer_model
    if inspect.isclass(model) and issubclass(model, Answer):
        yield ("answer", route.operation, ""), "serialization", TypeAdapter(model)
    if route.body is not None:
        yield ("body", route.operation, ""), "validation", TypeAdapter(route.body[1])
    for name, parameter in route.parameters.items():
        yield ("parameter", route.operation, name), "validation", TypeAdapter(parameter.annotation)


def _plain(part: Any) -> Any:
    """Leave out the titles that pydantic makes of names. A property may well be called `title`."""
    if isinstance(part, list):
        return [_plain(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    kept = {name: inner for name, inner in part.items() if name != "title"}
    return {
        name: {key: _plain(value) for key, value in inner.items()} if name == "properties" else _plain(inner)
        for name, inner in kept.items()
    }


def _bound(schema: Any) -> None:
    """Say of every text and number in a body how long and how large it may be: what every body is held to."""
    if isinstance(schema, list):
        for inner in schema:
            _bound(inner)
    elif isinstance(schema, dict):
        kind = schema.get("type")
        if kind == "string" and not any(name in schema for name in BOUNDED):
            schema["maxLength"] = MAX_TEXT
        if kind == "integer":
            schema["format"] = "int64"
        for inner in schema.values():
            _bound(inner)


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, list):
        for inner in schema:
            yield from _references(inner)
    elif isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        for inner in schema.values():
            yield from _references(inner)
