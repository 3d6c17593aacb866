"""The documentation for programs: what can be asked of each service, which facts it tells, and the files themselves."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Any, Final

from fastapi import Response

from missionare.web.languages import N_
from missionare.web.reference import contracts, shapes
from missionare.web.reference.contracts import Fact, Operation
from missionare.web.routing import EVERYBODY, Pages
from missionare.web.visits import Visit, Visiting

pages = Pages()

ABOUT: Final = {
    "members": N_("Mitgliedsorganisationen, Menschen, Ziele, Anmeldung am System"),
    "journeys": N_("Lernreisen, Stationen, Anmeldungen, Erkenntnisse, Bescheinigungen"),
    "catalog": N_("Katalogeinträge, ihre Fassungen, Fachprüfung und Suche"),
    "notifications": N_("Nachrichten, Transfer und Aufgaben nach einer Lernreise"),
}
AUDIENCES: Final = {
    "internal": N_("nur die Dienste"),
    "network": N_("Mitglieder des Netzwerks"),
    "public": N_("alle"),
}
STEP: Final = "application/json"


@pages.get("/docs", who=EVERYBODY)
async def overview(visit: Visiting) -> Response:
    """Say what there is for programs, and how to begin."""
    services = [
        (service, visit.say(ABOUT[service]), len(contracts.operations()[service]), len(contracts.facts()[service]))
        for service in contracts.SERVICES
    ]
    return visit.page("reference/overview.html", services=services)


@pages.get("/docs/api/{service}", who=EVERYBODY)
async def list_operations(service: str, visit: Visiting) -> Response:
    """List what can be asked of a service, by subject."""
    if service not in contracts.operations():
        return visit.nothing_here()
    subjects = groupby(
        sorted(contracts.operations()[service], key=lambda one: one.subject), lambda one: one.subject.replace("-", " ")
    )
    return visit.page(
        "reference/operations.html",
        service=service,
        about=visit.say(ABOUT[service]),
        subjects=[(subject, list(some)) for subject, some in subjects],
    )


@pages.get("/docs/api/{service}/{name}", who=EVERYBODY)
async def show_operation(service: str, name: str, visit: Visiting) -> Response:
    """Show one operation: what it takes, what it gives, how it refuses."""
    found = next((one for one in contracts.operations().get(service, ()) if one.name == name), None)
    if found is None:
        return visit.nothing_here()
    return visit.page("reference/operation.html", operation=found, **_described(found))


@pages.get("/docs/facts/{service}", who=EVERYBODY)
async def list_facts(service: str, visit: Visiting) -> Response:
    """List what a service tells, by whom it is about."""
    if service not in contracts.facts():
        return visit.nothing_here()
    subjects = groupby(contracts.facts()[service], lambda fact: fact.aggregate.replace("_", " "))
    return visit.page(
        "reference/facts.html",
        service=service,
        about=visit.say(ABOUT[service]),
        subjects=[(subject, [(fact, _audience(visit, fact)) for fact in some]) for subject, some in subjects],
    )


@pages.get("/docs/facts/{service}/{name}", who=EVERYBODY)
async def show_fact(service: str, name: str, visit: Visiting) -> Response:
    """Show one fact: its fields, an example, who may see it and who acts on it."""
    fact = next((one for one in contracts.facts().get(service, ()) if one.name == name), None)
    if fact is None:
        return visit.nothing_here()
    return visit.page(
        "reference/fact.html",
        fact=fact,
        audience=_audience(visit, fact),
        readers=contracts.readers(fact),
        rows=shapes.rows(contracts.schema(fact), {}),
        example=_pretty(contracts.example(fact)),
    )


@pages.get("/docs/contracts/{path:path}", who=EVERYBODY)
async def give_file(path: str, visit: Visiting) -> Response:
    """Give a file as it is committed; what it refers to lies beside it."""
    content = contracts.file(path)
    return visit.nothing_here() if content is None else visit.file(content, STEP)


def _audience(visit: Visit, fact: Fact) -> str:
    return visit.say(AUDIENCES[fact.audience])


def _described(operation: Operation) -> dict[str, Any]:
    document = contracts.document(operation.service)
    said = document["paths"][operation.path][operation.method.lower()]
    known = document["components"]["schemas"]
    problems = document["components"]["examples"]
    takes, gives = _content(said.get("requestBody", {})), {}
    refusals = []
    for status, answer in said["responses"].items():
        if status < "300":
            gives = {"status": status, **_content(answer)}
        else:
            refusals += [(status, code, problems[code]["value"]) for code in _codes(answer)]
    return {
        "said": said,
        "parameters": [shapes.parameter(one, known) for one in said.get("parameters", ())],
        "takes": {**takes, "rows": shapes.rows(takes["schema"], known)} if takes else None,
        "gives": {**gives, "rows": shapes.rows(gives.get("schema", {}), known)},
        "refusals": refusals,
    }


def _content(said: dict[str, Any]) -> dict[str, Any]:
    for kind, content in said.get("content", {}).items():
        example = _pretty(content["example"]) if "example" in content else ""
        return {"kind": kind, "schema": content["schema"], "example": example}
    return {}


def _codes(answer: dict[str, Any]) -> list[str]:
    return list(answer.get("content", {}).get("application/problem+json", {}).get("examples", ()))


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
