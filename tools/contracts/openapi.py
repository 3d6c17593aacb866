"""OpenAPI 3.1: what a service answers to whom, made from the routes that answer it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any, Final

from tools.contracts import problems, refusals
from tools.contracts.examples import Examples, Schema
from tools.contracts.shapes import Shapes
from tools.contracts.words import KNOWN

from missionare.kit import idempotency, preconditions
from missionare.kit.admission import ON_BEHALF_CHANNEL, ON_BEHALF_OF, ON_BEHALF_WHY
from missionare.kit.answers import Paged
from missionare.kit.callers import Channel
from missionare.kit.policy import Policy
from missionare.kit.problems import MEDIA_TYPE
from missionare.kit.routes import Route

VERSION: Final = "3.1.1"
JSON: Final = "application/json"
EVENT_STREAM: Final = "text/event-stream"
"""Each event's data is what is described."""
PUBLIC: Final = refusals.OUTSIDE
LATER: Final = frozenset({429, 503})
RETRY_AFTER: Final = {"description": "seconds until it is worth trying again", "schema": {"type": "integer"}}
_WAY_IN: Final = {
    "api_key": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key of an integration, `mk_...`. The agency gives it out; it is shown once.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-missionare_session",
        "description": "The cookie of a person who signed in with a mailed link or a password.",
    },
    "service": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A service's own assertion, signed with its key and valid for 60 seconds.",
    },
}
_ABOUT: Final = """What the service `{service}` answers{whom}.

- Every refusal is a problem document (RFC 9457) in German or English, by `Accept-Language`, with a stable `code`, what
  to do next, and the `correlation_id` under which the logs have it. A refusal changes nothing.
- Every command takes `Idempotency-Key`. Sent again with the same key it happens once, for 48 hours.
- A change of something that exists takes `If-Match` with the `ETag` that was read.
- An answer may gain properties, and a vocabulary words: readers ignore what they do not know. Nothing is taken away.
- Lists come in pages; `next_cursor` of one page is `cursor` of the next."""


def document(
    service: str, routes: Sequence[Route], *, internal: bool = False, webhooks: Schema | None = None
) -> Schema:
    """Give the document of a service's public routes, or of those for the other services alone.

    Args:
        service: whose.
        routes: all of its routes.
        internal: whether it is for the other services.
        webhooks: what the service itself sends to addresses that it was given.
    """
    told = sorted((route for route in routes if route.path.startswith(PUBLIC) != internal), key=_place)
    shapes = Shapes(told)
    examples = Examples(KNOWN, shapes.definitions)
    paths: dict[str, Schema] = {}
    for route in told:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, shapes, examples)
    whom = " to the other services" if internal else ""
    return {
        "openapi": VERSION,
        "info": {
            "title": f"Missionare: {service}{whom}",
            "version": "1",
            "contact": {"name": "the regional agency that runs the platform, under /contact"},
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": _ABOUT.format(service=service, whom=whom),
        },
        "servers": [{"url": "/", "description": "the platform's own address"}],
        "tags": [{"name": tag} for tag in sorted({_subject(route) for route in told})],
        "paths": paths,
        **({"webhooks": webhooks} if webhooks else {}),
        "components": {
            "schemas": {"Problem": problems.SCHEMA, **shapes.definitions},
            "examples": problems.examples(told),
            "securitySchemes": {name: _WAY_IN[name] for name in _ways_in(told)},
        },
    }


def _place(route: Route) -> tuple[str, str]:
    return route.path, route.method


def _subject(route: Route) -> str:
    """Name what a route is about: the first word of its address below the service's own."""
    parts = route.path.strip("/").split("/")
    return parts[3] if route.path.startswith(PUBLIC) else parts[parts[0] in {"internal", ".well-known"}]


def _operation(route: Route, shapes: Shapes, examples: Examples) -> Schema:
    said = route.function.__doc__ or ""
    made: Schema = {
        "operationId": route.operation,
        "summary": route.summary,
        "description": re.sub(r"\n +", "\n", said).strip(),
        "tags": [_subject(route)],
        "parameters": [*_parameters(route, shapes, examples), *_headers(route)],
        "responses": dict(_answers(route, shapes, examples)),
        "security": security(route.policy),
        "x-policy": str(route.policy),
    }
    if route.on_behalf is not None:
        made["x-on-behalf"] = str(route.on_behalf)
    if route.body is not None:
        schema = shapes.body(route)
        made["requestBody"] = {
            "required": True,
            "content": {JSON: {"schema": schema, "example": examples.said("body", schema)}},
        }
    elif route.endpoint is not None and route.is_command:
        fields = {"type": "object", "additionalProperties": {"type": "string"}}
        made["requestBody"] = {"content": {"application/x-www-form-urlencoded": {"schema": fields}}}
    return {name: part for name, part in made.items() if part or name == "security"}


def security(policy: Policy) -> list[Schema]:
    """Say how a caller proves who they are; an empty entry means that nobody has to."""
    roles = sorted(policy.named_roles)
    ways: list[Schema] = [{}] if policy.everyone or policy.links else []
    if policy.any_signed_in or policy.named_roles or policy.everyone:
        ways += [{"api_key": roles}, {"session": roles}]
    if policy.any_service or policy.named_services:
        ways.append({"service": sorted(policy.named_services)})
    return ways


def _ways_in(routes: Sequence[Route]) -> list[str]:
    return sorted({name for route in routes for way in security(route.policy) for name in way})


def _parameters(route: Route, shapes: Shapes, examples: Examples) -> Iterator[Schema]:
    for name, parameter in route.parameters.items():
        schema = dict(shapes.parameter(route, name))
        told = {"description": schema.pop("description")} if "description" in schema else {}
        place = "path" if f"{{{name}}}" in route.path else "header" if _is_header(parameter.annotation) else "query"
        needed = place == "path" or parameter.default is parameter.empty
        shown = {"example": examples.said(name, schema)} if needed else {}
        sent = name.replace("_", "-") if place == "header" else name
        yield {"name": sent, "in": place, "required": needed, **told, "schema": schema, **shown}
    missing = set(re.findall(r"{(\w+)}", route.path)) - route.parameters.keys()
    for name in sorted(missing):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "maxLength": 128}}


def _is_header(annotation: Any) -> bool:
    return any(type(part).__name__ == "Header" for part in getattr(annotation, "__metadata__", ()))


def _headers(route: Route) -> Iterator[Schema]:
    if route.needs_key:
        yield _header(
            idempotency.HEADER,
            "a new random value for each command, the same one when it is sent again",
            {"type": "string", "pattern": "^[!-~]{1,128}$"},
            "6f1c1b58-1a3e-4a57-9a0b-0e5e3a3c2f11",
        )
    if route.changes:
        schema = {"type": "string", "pattern": '^"[0-9]{1,18}"$'}
        yield _header(preconditions.HEADER, "the `ETag` of what was read", schema, '"3"')
    if route.on_behalf is not None:
        described: list[tuple[str, str, Schema]] = [
            (ON_BEHALF_OF, "for whom this is done: the id of a person or organisation", {"maxLength": 64}),
            (ON_BEHALF_CHANNEL, "how they asked for it", {"enum": [channel.value for channel in Channel]}),
            (ON_BEHALF_WHY, "a sentence, UTF-8, percent-encoded", {"maxLength": 500}),
        ]
        for name, told, schema in described:
            yield {
                "name": name,
                "in": "header",
                "required": False,
                "description": told,
                "schema": {"type": "string", **schema},
            }


def _header(name: str, told: str, schema: Schema, example: str) -> Schema:
    return {"name": name, "in": "header", "required": True, "description": told, "schema": schema, "example": example}


def _answers(route: Route, shapes: Shapes, examples: Examples) -> Iterator[tuple[str, Schema]]:
    yield str(route.status), _success(route, shapes, examples)
    by_status: dict[int, list[str]] = {}
    for refusal in refusals.of(route):
        by_status.setdefault(refusal.status, []).append(refusals.code(refusal))
    page = route.endpoint is not None
    for status, codes in by_status.items():
        shown = {code: {"$ref": f"#/components/examples/{code}"} for code in codes}
        content: Schema = {
            MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": shown},
            **({"text/html": {"schema": {"type": "string"}}} if page else {}),
        }
        headers = {"headers": {"Retry-After": RETRY_AFTER}} if status in LATER else {}
        yield str(status), {"description": ", ".join(f"`{code}`" for code in codes), **headers, "content": content}


def _success(route: Route, shapes: Shapes, examples: Examples) -> Schema:
    told: Schema = {"description": HTTPStatus(route.status).phrase}
    if route.endpoint is not None:
        return {**told, "content": {"text/html": {"schema": {"type": "string"}}}}
    schema = shapes.answer(route)
    if schema is None:
        return told
    kind = EVENT_STREAM if route.path.endswith("/stream") else JSON
    told["content"] = {kind: {"schema": schema, "example": examples.said("answer", schema)}}
    shape = examples.kind(schema)
    headers = {}
    if "version" in shape.get("properties", {}):
        headers["ETag"] = {"description": "the version, for `If-Match`", "schema": {"type": "string"}}
    if issubclass(route.answer_model, Paged):
        headers["Link"] = {"description": 'the next page, `rel="next"`', "schema": {"type": "string"}}
    return {**told, **({"headers": headers} if headers else {})}
