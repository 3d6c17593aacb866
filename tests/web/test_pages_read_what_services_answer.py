"""Every model by which a page reads a service fits what the service's contract shows, and asks as it says."""

from __future__ import annotations

import ast
import importlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from every_service.tree import ROOT, SERVICES, modules, parsed
from pydantic import ValidationError

from missionare.web.services import Read

WEB = ROOT / "apps/web/src/missionare/web"
SOURCES = ROOT / "apps/web/src"


@dataclass(frozen=True)
class Reading:
    """One place where a page asks a service."""

    file: str
    line: int
    model: type[Read]
    service: str
    path: str
    query: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.model.__name__}"


def readings() -> Iterator[Reading]:
    """Give every place whose address is written where it asks; `{}` stands where an id is filled in.

    Where the service is not written there, it is one after the other.
    """
    for file in modules(WEB):
        names = vars(importlib.import_module(".".join(file.relative_to(SOURCES).with_suffix("").parts)))
        for node in ast.walk(parsed(file)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "read":
                yield from _reading(file, node, names)


def _reading(file: Path, node: ast.Call, names: Mapping[str, Any]) -> Iterator[Reading]:
    if len(node.args) != 3 or not isinstance(node.args[0], ast.Name):
        return
    kind, service, path = node.args
    model, address = names.get(kind.id), _address(path)  # type: ignore[attr-defined]
    if not (isinstance(model, type) and issubclass(model, Read)) or address is None:
        return
    query = tuple(keyword.arg for keyword in node.keywords if keyword.arg)
    services = SERVICES if isinstance(service, ast.Name) else [ast.literal_eval(service)]
    for name in services:
        yield Reading(str(file.relative_to(WEB)), node.lineno, model, name, address, query)


def _address(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


@cache
def document(service: str) -> Any:
    return json.loads((ROOT / f"contracts/{service}/openapi.json").read_text(encoding="utf-8"))


def described(reading: Reading) -> Any:
    """Give the operation that a page asks for, or None where the service has none at this address."""
    wanted = f"/api/{reading.service}/v1{reading.path}"
    for path, ways in document(reading.service)["paths"].items():
        if re.sub(r"{\w+}", "{}", path) == wanted and "get" in ways:
            return ways["get"]
    return None


def misread(model: type[Read], operation: Any) -> str:
    """Say why a model does not read the example of an answer; nothing where it does."""
    try:
        model.model_validate(operation["responses"]["200"]["content"]["application/json"]["example"])
    except ValidationError as error:
        return str(error)
    return ""


READINGS = [reading for reading in readings() if not reading.path.startswith("{}")]
each = pytest.mark.parametrize("reading", READINGS, ids=str)


def test_most_places_are_found() -> None:
    assert len(READINGS) >= 20
    assert {reading.service for reading in READINGS} >= {"members", "journeys", "catalog"}


@each
def test_what_a_page_reads_is_what_the_service_answers(reading: Reading) -> None:
    operation = described(reading)

    assert operation, f"{reading.service} answers nothing at {reading.path}"
    assert misread(reading.model, operation) == ""


@each
def test_a_page_asks_with_parameters_that_the_service_knows(reading: Reading) -> None:
    known = {parameter["name"] for parameter in described(reading).get("parameters", ()) if parameter["in"] == "query"}

    assert set(reading.query) <= known


def test_a_field_that_no_service_answers_would_be_seen() -> None:
    class Me(Read):
        person_id: str
        favourite_colour: str

    operation = document("members")["paths"]["/api/members/v1/me"]["get"]

    assert "favourite_colour" in misread(Me, operation)
