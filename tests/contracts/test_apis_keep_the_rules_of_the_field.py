"""What others ask of an OpenAPI document: Spectral's rules for OpenAPI, and a few that it has none for."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contracts.npm import fetched, judged
from every_service.tree import SERVICES
from tools.contracts.facts import CONTRACTS

SPECTRAL = (
    "@stoplight/spectral-rulesets@1.23.1",
    "@stoplight/spectral-core@1.24.1",
    "@stoplight/spectral-parsers@1.0.5",
)
JUDGE = """
import { readFileSync } from "node:fs";
import core from "@stoplight/spectral-core";
import parsers from "@stoplight/spectral-parsers";
import rulesets from "@stoplight/spectral-rulesets";
const spectral = new core.Spectral();
spectral.setRuleset({
  extends: [[rulesets.oas, "recommended"]],
  rules: {
    "operation-description": "warn",
    "operation-singular-tag": "warn",
    "oas3-operation-security-defined": "off",
  },
});
const told = [];
for (const file of process.argv.slice(2)) {
  const found = await spectral.run(new core.Document(readFileSync(file, "utf8"), parsers.Json, file));
  told.push({ file, wrong: found.map((one) => `${one.code} at ${one.path.join(".")}: ${one.message}`) });
}
console.log(JSON.stringify(told));
"""
"""That roles are listed among the scopes of OAuth is not asked: since OpenAPI 3.1 other ways in may name roles."""
Value = dict[str, Any]
DOCUMENTS = [CONTRACTS / service / f"{kind}openapi.json" for service in SERVICES for kind in ("", "internal.")]
each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: f"{path.parent.name} {path.name}")


@pytest.fixture(scope="module")
def judge() -> Path:
    return fetched(JUDGE, *SPECTRAL)


@pytest.mark.thorough
def test_spectral_finds_nothing_wrong(judge: Path) -> None:
    told = judged(judge, *DOCUMENTS)

    assert [wrong for one in told for wrong in one["wrong"]] == []
    assert len(told) == len(DOCUMENTS)


@pytest.mark.thorough
def test_spectral_sees_what_is_wrong(judge: Path, tmp_path: Path) -> None:
    document = read(DOCUMENTS[0])
    first, second, *_ = [operation for _, _, operation in operations(document)]
    second["operationId"] = first["operationId"]
    del first["tags"]
    (tmp_path / "openapi.json").write_text(json.dumps(document))

    [told] = judged(judge, tmp_path / "openapi.json")

    codes = {wrong.partition(" ")[0] for wrong in told["wrong"]}
    assert {"operation-operationId-unique", "operation-tags"} <= codes


# --- what Spectral does not ask --------------------------------------------------------------------------------------


def read(path: Path) -> Value:
    document: Value = json.loads(path.read_text(encoding="utf-8"))
    return document


def operations(document: Value) -> Iterator[tuple[str, str, Value]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def faults(document: Value) -> Iterator[str]:
    """Say what about a document makes it hard to use."""
    ways = document["components"].get("securitySchemes", {}).keys()
    tags = {tag["name"] for tag in document["tags"]}
    for method, path, operation in operations(document):
        name, responses = operation["operationId"], operation["responses"]
        if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
            yield f"{name} is no name in snake case"
        if len(operation["summary"]) > 160 or not operation["summary"].endswith("."):
            yield f"{name} has no sentence that says what it does"
        if not set(operation["tags"]) <= tags:
            yield f"{name} has a tag that is not declared"
        if "security" not in operation or {way for one in operation["security"] for way in one} - ways:
            yield f"{name} does not say how a caller proves who they are"
        if set(re.findall(r"{(\w+)}", path)) != {
            p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"
        }:
            yield f"{name} does not describe the places of its address"
        if not [status for status in responses if status < "400"] or not [
            status for status in responses if status >= "400"
        ]:
            yield f"{name} does not say how it succeeds, or how it refuses"
        if method == "get" and "requestBody" in operation:
            yield f"{name} reads and has a body"


@each_document
def test_nothing_about_a_document_makes_it_hard_to_use(path: Path) -> None:
    assert list(faults(read(path))) == []


def test_operations_of_one_name_are_the_same_thing_at_every_service() -> None:
    places: dict[str, set[tuple[str, str]]] = {}
    for path in DOCUMENTS:
        for method, place, operation in operations(read(path)):
            below = place.removeprefix(f"/api/{path.parent.name}/v1")
            places.setdefault(operation["operationId"], set()).add((method, below))

    assert {name: found for name, found in places.items() if len(found) > 1} == {}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"operationId": "Read"}, "no name"),
        ({"summary": "reads"}, "no sentence"),
        ({"tags": ["x"]}, "not declared"),
        ({"security": [{"password": []}]}, "who they are"),
        ({"parameters": [{"name": "x", "in": "path"}]}, "places"),
        ({"responses": {"200": {}}}, "refuses"),
        ({"requestBody": {}}, "has a body"),
    ],
    ids=str,
)
def test_what_is_hard_to_use_is_seen(change: Value, said: str) -> None:
    document = copy.deepcopy(read(CONTRACTS / "members/openapi.json"))
    document["paths"]["/api/members/v1/me"]["get"].update(change)

    assert [fault for fault in faults(document) if said in fault]
