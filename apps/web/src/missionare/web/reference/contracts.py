"""The contracts as they come with this version: `contracts/` of the source tree, which the wheel carries inside."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

Document = Mapping[str, Any]

FOLDER: Final = Path(__file__).parent.parent / "contracts"
SERVICES: Final = ("members", "journeys", "catalog", "notifications")
"""In the order in which somebody gets to know them."""


@dataclass(frozen=True)
class Operation:
    """One thing that can be asked of a service."""

    service: str
    name: str
    method: str
    path: str
    subject: str
    summary: str


@dataclass(frozen=True)
class Fact:
    """One thing that a service tells."""

    service: str
    name: str
    """As in its file: `goal_agreed.v1`."""
    title: str
    type: str
    aggregate: str
    audience: str
    summary: str


@cache
def operations() -> Mapping[str, tuple[Operation, ...]]:
    """Give every operation that can be reached from outside, by service, in the order of their addresses."""
    return {service: tuple(_operations(service)) for service in SERVICES}


@cache
def facts() -> Mapping[str, tuple[Fact, ...]]:
    """Give every fact, by service, those of one aggregate together."""
    return {
        service: tuple(sorted(_facts(service), key=lambda fact: (fact.aggregate, fact.name))) for service in SERVICES
    }


@lru_cache(maxsize=1)
def document(service: str) -> Document:
    """Read a service's OpenAPI document. It is large, so only the latest is kept."""
    return _read(FOLDER / service / "openapi.json")


def schema(fact: Fact) -> Document:
    """Read a fact's JSON Schema."""
    return _read(FOLDER / fact.service / "facts" / f"{fact.name}.schema.json")


def example(fact: Fact) -> Document:
    """Read a fact's example."""
    return _read(FOLDER / fact.service / "facts" / f"{fact.name}.example.json")


def readers(fact: Fact) -> list[str]:
    """Name the services that act on a fact."""
    return [service for service in SERVICES if fact.type in _read_by(service)]


def file(path: str) -> bytes | None:
    """Read one of the files as it is, or None where there is none of this name."""
    found = files().get(path)
    return None if found is None else found.read_bytes()


@cache
def files() -> Mapping[str, Path]:
    """Give every file that is shown by its name; nothing else can be asked for."""
    found = sorted(path for service in SERVICES for path in (FOLDER / service).rglob("*.json"))
    return {path.relative_to(FOLDER).as_posix(): path for path in found}


def _operations(service: str) -> Iterator[Operation]:
    for path, ways in document(service)["paths"].items():
        for method, said in ways.items():
            yield Operation(service, said["operationId"], method.upper(), path, said["tags"][0], said["summary"])


def _facts(service: str) -> Iterator[Fact]:
    for path in sorted((FOLDER / service / "facts").glob("*.schema.json")):
        said = _read(path)
        name = path.name.removesuffix(".schema.json")
        yield Fact(
            service, name, said["title"], said["x-type"], said["x-aggregate"], said["x-audience"], said["description"]
        )


@cache
def _read_by(service: str) -> frozenset[str]:
    said = _read(FOLDER / service / "asyncapi.json")
    found = set()
    for operation in said["operations"].values():
        if operation["action"] == "receive":
            for reference in operation["messages"]:
                _, _, source, _, title = reference["$ref"].split("/")
                found |= {fact.type for fact in facts()[source] if fact.title == title}
    return frozenset(found)


def _read(path: Path) -> Document:
    said: Document = json.loads(path.read_bytes())
    return said
