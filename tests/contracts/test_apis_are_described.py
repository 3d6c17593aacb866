"""Every service's OpenAPI document names every route, says whom it lets in, and shows examples that fit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jsonschema_rs
import pytest
from every_service.services import every_route, named, routes_of
from every_service.tree import SERVICES
from tools.contracts import openapi
from tools.contracts.facts import CONTRACTS

from missionare.kit.policy import Policy
from missionare.kit.problems import MEDIA_TYPE
from missionare.kit.routes import Route
from missionare.notifications.integration.domain import Secret
from missionare.notifications.webhook.domain import Webhook, signed

Value = dict[str, Any]
NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
HOOK = Webhook(id="w", version=1, organisation_id="o", url="https://hooks.example/", created_at=NOW)
KINDS = ("openapi.json", "internal.openapi.json")
each_document = pytest.mark.parametrize("kind", KINDS)
each_service = pytest.mark.parametrize("service", SERVICES)
each_route = pytest.mark.parametrize("route", list(every_route()), ids=named)


@cache
def committed(service: str, kind: str) -> Value:
    document: Value = json.loads((CONTRACTS / service / kind).read_text(encoding="utf-8"))
    return document


def described(route: Route) -> Value:
    """Give how a route is described, in the document for its callers."""
    kind = KINDS[0] if route.path.startswith(openapi.PUBLIC) else KINDS[1]
    operation: Value = committed(route.service, kind)["paths"][route.path][route.method.lower()]
    return operation


def fits(service: str, kind: str, schema: Value) -> Any:
    """Give a validator that knows the document's definitions."""
    components = committed(service, kind)["components"]
    return jsonschema_rs.validator_for({**schema, "components": components}, validate_formats=True)


def shown(operation: Value) -> Iterator[tuple[str, Value, Any]]:
    """Give every example of an operation with its place and the schema it stands beside."""
    bodies = {"request": operation.get("requestBody", {}), **operation["responses"]}
    for place, body in bodies.items():
        for content in body.get("content", {}).values():
            if "example" in content:
                yield place, content["schema"], content["example"]
    for parameter in operation.get("parameters", ()):
        if "example" in parameter:
            yield parameter["name"], parameter["schema"], parameter["example"]


@each_service
def test_every_route_is_in_one_document_and_there_is_nothing_else(service: str) -> None:
    told = [
        (method.upper(), path, operation["operationId"])
        for kind in KINDS
        for path, operations in committed(service, kind)["paths"].items()
        for method, operation in operations.items()
    ]

    assert sorted(told) == sorted((route.method, route.path, route.operation) for route in routes_of(service))


@each_document
@each_service
def test_every_shape_is_json_schema_and_every_problem_is_one(service: str, kind: str) -> None:
    components = committed(service, kind)["components"]
    problem = fits(service, kind, {"$ref": "#/components/schemas/Problem"})

    for schema in components["schemas"].values():
        jsonschema_rs.meta.validate(schema)
    for code, example in components["examples"].items():
        problem.validate(example["value"])
        assert example["value"]["code"] == code


@each_document
@each_service
def test_every_example_fits_the_shape_beside_it(service: str, kind: str) -> None:
    for operations in committed(service, kind)["paths"].values():
        for operation in operations.values():
            for place, schema, example in shown(operation):
                wrong = [error.message for error in fits(service, kind, schema).iter_errors(example)]
                assert wrong == [], f"{operation['operationId']}, {place}: {example}"


def test_what_is_sent_to_webhooks_is_described_with_an_example_that_fits() -> None:
    document = committed("notifications", "openapi.json")
    sent = document["webhooks"]["event"]["post"]
    [content] = sent["requestBody"]["content"].values()

    fits("notifications", "openapi.json", content["schema"]).validate(content["example"])
    headers = {parameter["name"] for parameter in sent["parameters"]}
    assert headers == set(signed(HOOK, Secret(b"x"), message_id="m", sent_at=NOW, body=b"", now=NOW))
    assert [service for service in SERVICES if "webhooks" in committed(service, "openapi.json")] == ["notifications"]


@each_route
def test_every_route_shows_what_it_takes_and_gives(route: Route) -> None:
    operation = described(route)
    places = {place for place, _, _ in shown(operation)}

    assert "request" in places or route.body is None
    assert str(route.status) in places or not route.path.startswith(openapi.PUBLIC) or route.endpoint
    assert operation["summary"] == route.summary


@each_route
def test_every_refusal_is_described_as_a_problem_document(route: Route) -> None:
    refused = {status: said for status, said in described(route)["responses"].items() if status >= "400"}

    assert {"401", "503"} <= refused.keys()
    assert all(said["content"][MEDIA_TYPE]["examples"] for said in refused.values())
    assert ("403" in refused) or route.policy.everyone or route.policy.links
    assert not route.changes or {"400", "412", "428"} <= refused.keys()
    assert route.body is None or {"400", "413", "415", "422"} <= refused.keys()


@each_route
def test_what_a_caller_has_to_show_is_what_the_policy_asks_for(route: Route) -> None:
    operation = described(route)
    ways = {name for way in operation["security"] for name in way}

    assert ({} in operation["security"]) == (route.policy.everyone or route.policy.links)
    assert ("service" in ways) == bool(route.policy.any_service or route.policy.named_services)
    assert ("session" in ways) or not (route.policy.any_signed_in or route.policy.named_roles)
    assert operation["x-policy"] == str(route.policy)


def test_the_ways_in_name_the_roles() -> None:
    ways = openapi.security(Policy.roles("editor", "coach") | Policy.services("catalog"))

    assert ways == [
        {"api_key": ["coach", "editor"]},
        {"session": ["coach", "editor"]},
        {"service": ["catalog"]},
    ]


def test_refusals_of_the_domain_are_found_where_they_are_raised() -> None:
    route = next(route for route in routes_of("members") if route.operation == "edit_goal")

    assert "`goal_not_editable`" in described(route)["responses"]["409"]["description"]
    assert "`goal_unknown`" in described(route)["responses"]["404"]["description"]
