"""Whatever is wrong with what a command says, it gets a problem document of its own, and nothing has changed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from every_service.requests import address, admitted, fitting, misfits, places, problem
from every_service.services import Running, commands, each, every_route, fingerprint
from every_service.tree import SERVICES

from missionare.kit.routes import Body, Route

pytestmark = pytest.mark.thorough

together = pytest.mark.asyncio(loop_scope="session")

CANARY = "Kanarienvogel<script>"
"""Stands in everything sent here. It must come back in no answer."""
JSON = "application/json"
TALKING = [route for route in commands() if route.body]
"""Every command that has a body."""


@dataclass(frozen=True)
class Bad:
    """One way in which a body is wrong, and what is answered."""

    content: Callable[[Any], Any]
    """Gives what is sent, from a body that would fit."""
    status: int
    code: str
    type: str | None = JSON


def raw(text: str) -> Callable[[Any], bytes]:
    return lambda _: text.encode()


def with_field(name: str) -> Callable[[Any], bytes]:
    return lambda whole: json.dumps({**whole, name: CANARY}).encode()


async def in_pieces(size: int) -> AsyncIterator[bytes]:
    """A body without announced length."""
    for _ in range(0, size, 65_536):
        yield b" " * 65_536


def nested(depth: int) -> str:
    return f'{{"{CANARY}": {"[" * depth}{"]" * depth}}}'


UNREADABLE, UNFIT, TOO_LARGE = (400, "malformed_body"), (422, "invalid_input"), (413, "body_too_large")
UNSUPPORTED = (415, "unsupported_media_type")
MEBIBYTE = 1_048_576
BAD: dict[str, Bad] = {
    "nothing": Bad(raw(""), *UNREADABLE),
    "cut off": Bad(lambda whole: json.dumps({CANARY: whole}).encode()[:-1], *UNREADABLE),
    "a word": Bad(raw(CANARY), *UNREADABLE),
    "single quotes": Bad(raw(f"{{'{CANARY}': 1}}"), *UNREADABLE),
    "two documents": Bad(raw(f'{{}} {{"x": "{CANARY}"}}'), *UNREADABLE),
    "brackets without end": Bad(raw("[" * 100_000), *UNREADABLE),
    "nested without measure": Bad(raw(nested(100_000)), *UNREADABLE),
    "invalid utf-8": Bad(lambda _: CANARY.join(['{"x": "', '"}']).encode().replace(b"K", b"\xff"), *UNREADABLE),
    "latin-1": Bad(lambda _: f'{{"x": "ü{CANARY}"}}'.encode("latin-1"), *UNREADABLE),
    "utf-16": Bad(lambda whole: json.dumps({**whole, "x": CANARY}).encode("utf-16"), *UNREADABLE),
    "half a character": Bad(raw(f'{{"x": "\\ud800{CANARY}"}}'), *UNREADABLE),
    "a list": Bad(lambda whole: json.dumps([whole, CANARY]).encode(), *UNFIT),
    "a text": Bad(raw(f'"{CANARY}"'), *UNFIT),
    "a number": Bad(raw("7"), *UNFIT),
    "null": Bad(raw("null"), *UNFIT),
    "an operator": Bad(raw(f'{{"$where": "{CANARY}"}}'), *UNFIT),
    "an unknown field": Bad(with_field("surprise"), *UNFIT),
    "a field named like an attack": Bad(with_field(CANARY), *UNFIT),
    "a field of python's": Bad(with_field("__class__"), *UNFIT),
    "an id of one's own": Bad(with_field("_id"), *UNFIT),
    "nested in an unknown field": Bad(raw(nested(50)), *UNFIT),
    "a thousand unknown fields": Bad(
        lambda whole: json.dumps({**whole, **{f"x{n}": CANARY for n in range(1_000)}}).encode(), *UNFIT
    ),
    "one byte too many": Bad(lambda _: b" " * (MEBIBYTE + 1), *TOO_LARGE),
    "too large, in pieces": Bad(lambda _: in_pieces(MEBIBYTE + 1), *TOO_LARGE),
    "a plain text": Bad(lambda whole: json.dumps(whole).encode(), *UNSUPPORTED, type="text/plain"),
    "a form": Bad(raw(f"x={CANARY}"), *UNSUPPORTED, type="application/x-www-form-urlencoded"),
    "several parts": Bad(raw(CANARY), *UNSUPPORTED, type="multipart/form-data; boundary=x"),
    "a type of somebody's own": Bad(lambda w: json.dumps(w).encode(), *UNSUPPORTED, type=f"{CANARY}/json"),
    "no type at all": Bad(lambda whole: json.dumps(whole).encode(), *UNSUPPORTED, type=None),
}


async def sent(services: Running, route: Route, content: Any, kind: str | None, **more: str) -> httpx2.Response:
    """Send a command with this body, by somebody who may, with everything else in order."""
    platform = await services.of(route.service)
    headers = {**({"Content-Type": kind} if kind else {}), **more}
    caller = admitted(platform, route)
    return await caller.send(route.method, address(route), content=content, match=1, headers=headers)


def checked(answer: httpx2.Response, status: int, code: str, what: str = "") -> dict[str, Any]:
    """Give the problem document of an answer, which must be this one and repeat nothing that was sent."""
    document = problem(answer)
    assert (answer.status_code, document["code"]) == (status, code), f"{what}: {answer.text}"
    for part in ("Kanarienvogel", "script>", "$gt"):
        assert part not in answer.text, what
    return document


def model_of(route: Route) -> type[Body]:
    assert route.body
    return route.body[1]


@together
@each(TALKING)
async def test_a_body_that_is_wrong_as_a_whole_is_refused_and_changes_nothing(services: Running, route: Route) -> None:
    whole = fitting(model_of(route))
    before = await fingerprint(await services.of(route.service))

    for name, bad in BAD.items():
        checked(await sent(services, route, bad.content(whole), bad.type), bad.status, bad.code, name)
    assert await fingerprint(await services.of(route.service)) == before


@together
@each(TALKING)
async def test_a_field_of_another_type_is_named_and_nothing_is_changed(services: Running, route: Route) -> None:
    before = await fingerprint(await services.of(route.service))

    tried = 0
    for misfit in misfits(model_of(route)):
        answer = await sent(services, route, json.dumps(misfit.body), JSON)
        document = checked(answer, 422, "invalid_input")
        named = {error["field"] for error in document["errors"]}
        assert any(field == misfit.field or field.startswith(f"{misfit.field}.") for field in named), (misfit, named)
        for error in document["errors"]:
            assert error["pointer"] == f"#/{error['field'].replace('.', '/')}".removesuffix("/?"), misfit
        tried += 1
    assert tried >= 4
    assert await fingerprint(await services.of(route.service)) == before


@together
@each(TALKING)
async def test_a_field_that_is_missing_is_named(services: Running, route: Route) -> None:
    needed = {name for name, field in model_of(route).model_fields.items() if field.is_required()}

    answer = await sent(services, route, "{}", JSON)

    if needed:
        document = checked(answer, 422, "invalid_input")
        assert {error["field"] for error in document["errors"]} == needed


@together
@each(TALKING)
async def test_what_is_wrong_is_told_in_german_and_in_english_to_who_wants_that(
    services: Running, route: Route
) -> None:
    said = {"de": ("Eingabe prüfen", "Mindestens eine Angabe fehlt"), "en": ("Check the input", "At least one field")}
    for wanted, language in {"": "de", "fr": "de", "en": "en", "en-GB,de;q=0.5": "en", "de, en": "de"}.items():
        header = {"Accept-Language": wanted} if wanted else {}
        answer = await sent(services, route, json.dumps([CANARY]), JSON, **header)
        document = checked(answer, 422, "invalid_input")
        assert answer.headers["content-language"] == language
        assert document["title"] == said[language][0]
        assert document["detail"].startswith(said[language][1])


IDS = {
    "an operator": '{"$gt":""}',
    "an operator in brackets": "[$ne]=",
    "javascript": "';return true;var x='",
    "ten thousand characters": "x" * 10_000,
    "a zero": "a\0b",
    "a way up": "../../health/live",
    "a line": "a\r\nSet-Cookie: a=b",
    "spaces": "   ",
    "markup": CANARY,
    "another script": "Ünïcödé-🦜",
    "dollars": "$where",
}
ABOUT_SOMETHING = [route for route in every_route() if places(route) and route.endpoint is None]


@together
@each(ABOUT_SOMETHING)
async def test_an_id_that_cannot_be_one_finds_nothing_and_changes_nothing(services: Running, route: Route) -> None:
    platform = await services.of(route.service)
    body = fitting(model_of(route)) if route.body else None
    before = await fingerprint(platform)

    for name, value in IDS.items():
        for place in places(route):
            path = address(route, **{place: quote(value, safe="")})
            answer = await admitted(platform, route).send(route.method, path, body=body, match=1)
            assert answer.status_code in {404, 405, 409, 422}, f"{name} as {place}: {answer.text}"
            code = problem(answer)["code"]
            assert code.endswith("_unknown") or code in {"invalid_input", "method_not_allowed", "stop_not_attended"}
            assert CANARY not in answer.text, f"{name} as {place}"
            assert "set-cookie" not in answer.headers
            assert len(answer.content) < 2_000
    assert await fingerprint(platform) == before


@together
@pytest.mark.parametrize("service", SERVICES)
async def test_an_address_that_does_not_exist_is_told_so_without_repeating_it(services: Running, service: str) -> None:
    platform = await services.of(service)

    for path in (f"/{CANARY}", f"/api/{service}/v1/{CANARY}", f"/api/{service}/v2/{CANARY}", "/docs", "/openapi.json"):
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
            answer = await platform.as_visitor().send(method, quote(path))
            assert checked(answer, 404, "route_unknown")


@together
@each([route for route in every_route() if route.path.startswith("/api/")])
async def test_a_method_that_an_address_does_not_take_is_told_so(services: Running, route: Route) -> None:
    platform = await services.of(route.service)
    taken = {other.method for other in every_route() if other.service == route.service and other.path == route.path}

    answer = await platform.as_visitor().send("TRACE", address(route))

    assert checked(answer, 405, "method_not_allowed")
    assert set(answer.headers["allow"].split(", ")) <= taken


@together
@each([route for route in every_route() if "limit" in route.parameters])
async def test_a_page_that_cannot_be_is_refused(services: Running, route: Route) -> None:
    platform = await services.of(route.service)

    for query in ("limit=0", "limit=-1", "limit=many", "limit=1e3", "limit=100001", f"cursor={'x' * 129}"):
        if query.partition("=")[0] in route.parameters:
            answer = await admitted(platform, route).get(f"{address(route)}?{query}&after=0.0")
            assert checked(answer, 422, "invalid_input")


@together
@each([route for route in every_route() if "cursor" in route.parameters])
async def test_a_cursor_that_nobody_gave_out_is_no_error_of_ours(services: Running, route: Route) -> None:
    platform = await services.of(route.service)

    for cursor in ('{"$gt":""}', "$where", "a\0b", "", "🦜"):
        answer = await admitted(platform, route).get(f"{address(route)}?cursor={quote(cursor)}")
        assert answer.status_code in {200, 404, 422}, answer.text
