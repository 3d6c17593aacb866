"""Requests to any route, made from what the route declares: its address, a body that fits, a caller it admits."""

from __future__ import annotations

import enum
import inspect
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2

from missionare.kit.routes import Body, Route
from missionare.kit.testing import As, Platform

NOWHERE = "unknown-1"
"""An id that looks like one and belongs to nothing."""
Schema = Mapping[str, Any]


def address(route: Route, **values: str) -> str:
    """Give the address of a route, filled with ids of nothing, or with these values."""

    def fill(place: re.Match[str]) -> str:
        name = place[1]
        if name in values:
            return values[name]
        kind = getattr(route.parameters.get(name), "annotation", str)
        if inspect.isclass(kind) and issubclass(kind, enum.Enum):
            return str(next(iter(kind)).value)
        return NOWHERE

    return re.sub(r"\{(\w+)\}", fill, route.path)


def places(route: Route) -> list[str]:
    """Name the ids in a route's address."""
    return re.findall(r"\{(\w+)\}", route.path)


def admitted(platform: Platform, route: Route) -> As:
    """Give a caller whom the route lets in; they own nothing that exists."""
    policy = route.policy
    if policy.everyone or policy.links:
        return platform.as_visitor()
    if policy.named_services or policy.any_service:
        return platform.as_service(min(policy.named_services, default="catalog"))
    return platform.as_person("somebody", roles=policy.named_roles, organisation_id="some-organisation")


def fitting(model: type[Body]) -> Any:
    """Give a body that fits a model, every field filled in."""
    schema = model.model_json_schema()
    return _example(schema, schema.get("$defs", {}))


@dataclass(frozen=True)
class Misfit:
    """One place of a body with a value that does not belong there."""

    field: str
    body: Any
    value: Any


def misfits(model: type[Body]) -> Iterator[Misfit]:
    """Give a body for each field and each kind of value that does not fit it."""
    schema = model.model_json_schema()
    whole = fitting(model)
    for path, kind in _leaves(schema, schema.get("$defs", {}), ()):
        for value in _wrong_for(kind):
            yield Misfit(".".join(map(str, path)), _with(whole, path, value), value)


def problem(answer: httpx2.Response) -> dict[str, Any]:
    """Give the problem document of an answer, which must be a whole one."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text[:500]
    assert answer.headers["cache-control"] == "no-store"
    document: dict[str, Any] = answer.json()
    for member in ("type", "title", "detail", "code", "correlation_id"):
        assert document[member], f"{member} is empty: {document}"
    assert document["status"] == answer.status_code
    assert document["type"] == f"urn:missionare:problem:{document['code']}"
    return document


def _example(schema: Schema, known: Mapping[str, Schema]) -> Any:  # noqa: PLR0911 - one answer per kind of value
    schema = _meant(schema, known)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    match schema["type"]:
        case "object":
            return {name: _example(inner, known) for name, inner in schema.get("properties", {}).items()}
        case "array":
            return [_example(schema.get("items", {"type": "string"}), known) for _ in range(schema.get("minItems", 1))]
        case "integer":
            return schema.get("minimum", 1)
        case "number":
            return schema.get("minimum", 1.0)
        case "boolean":
            return True
        case _:
            return _text(schema)


def _text(schema: Schema) -> str:
    soon = datetime.now(UTC) + timedelta(days=100)
    candidates = [
        {"date": soon.date().isoformat(), "date-time": soon.isoformat()}.get(schema.get("format", ""), ""),
        "somebody@example.org" if schema.get("maxLength") == 254 else "",
        "Beispiel",
        "05970040",
        "C25",
        "Beispiel ".ljust(schema.get("minLength", 0), "x"),
    ]
    pattern = re.compile(schema.get("pattern", ""))
    return next(text for text in candidates if len(text) >= schema.get("minLength", 1) and pattern.search(text))


def _meant(schema: Schema, known: Mapping[str, Schema]) -> Schema:
    """Follow references, and of a field that may be null take what it is otherwise."""
    nullable = False
    while True:
        if "$ref" in schema:
            schema = known[schema["$ref"].rpartition("/")[2]]
        elif "anyOf" in schema:
            options = [option for option in schema["anyOf"] if option.get("type") != "null"]
            nullable = nullable or len(options) < len(schema["anyOf"])
            schema = options[0]
        else:
            return {**schema, "nullable": nullable}


def _leaves(
    schema: Schema, known: Mapping[str, Schema], path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Schema]]:
    schema = _meant(schema, known)
    if path:
        yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from _leaves(inner, known, (*path, name))
    if schema.get("type") == "array":
        yield from _leaves(schema["items"], known, (*path, 0))


def _wrong_for(schema: Schema) -> list[Any]:
    operator: dict[str, Any] = {"$gt": ""}
    open_ended = bool(schema.get("additionalProperties"))  # any object fits, and is judged field by field
    kind = "choice" if "enum" in schema or "const" in schema else schema["type"]
    wrong: list[Any] = {
        "choice": [7, operator, ["x"], True, "no such value"],
        "string": [7, operator, ["x"], True],
        "integer": ["7", operator, [7], True, 1.5, 2**70],
        "number": ["7", operator, [7], True],
        "boolean": ["yes", operator, 1],
        "array": ["x", {"$in": []}, 7],
        "object": ["x", [], 7] if open_ended else ["x", [], 7, operator],
    }[kind]
    if kind == "string" and schema.get("format") in {"date", "date-time"}:
        wrong = [*wrong, "tomorrow", ""]
    return wrong if schema["nullable"] else [*wrong, None]


def _with(whole: Any, path: tuple[str | int, ...], value: Any) -> Any:
    changed = json.loads(json.dumps(whole))
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed
