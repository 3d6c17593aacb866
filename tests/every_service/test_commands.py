"""Every command of every service happens once, and on the version that its sender has read."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from every_service.examples import Change, change
from every_service.requests import address, admitted, fitting, places, problem
from every_service.services import Running, commands, each, fingerprint
from every_service.tree import SERVICES

from missionare.kit.ids import uuid7
from missionare.kit.routes import Route

pytestmark = pytest.mark.asyncio(loop_scope="session")

KEYED = [route for route in commands() if route.needs_key]
CHANGING = [route for route in commands() if route.changes]
SINGLE = [route for route in commands() if not route.once]
TOLD_NO_MORE = {"note_insight": (409, "stop_not_attended")}
"""Who did not travel is told so, whether there is such a journey or not."""

each_service = pytest.mark.parametrize("service", SERVICES)


async def sent(services: Running, route: Route, *ways: dict[str, Any]) -> list[httpx2.Response]:
    """Send a command that fits, about things that do not exist, by somebody who may; nothing comes of it."""
    platform = await services.of(route.service)
    body = fitting(route.body[1]) if route.body else None
    caller = admitted(platform, route)
    before = await fingerprint(platform)
    answers = [await caller.send(route.method, address(route), body=body, **how) for how in ways]
    assert await fingerprint(platform) == before, f"{route.operation} has left something behind"
    return answers


@each(KEYED)
async def test_a_command_without_a_key_is_refused(services: Running, route: Route) -> None:
    [answer] = await sent(services, route, {"key": "", "match": 1})

    assert (answer.status_code, problem(answer)["code"]) == (400, "idempotency_key_missing")


@each(KEYED)
async def test_a_command_with_a_key_that_is_none_is_refused(services: Running, route: Route) -> None:
    keys = ("two words", "x" * 129, "schlüssel".encode())
    ways = [{"key": "", "match": 1, "headers": {"Idempotency-Key": key}} for key in keys]

    for answer in await sent(services, route, *ways):
        assert (answer.status_code, problem(answer)["code"]) == (400, "malformed_header")


@each(CHANGING)
async def test_a_change_without_the_version_it_was_decided_on_is_refused(services: Running, route: Route) -> None:
    for answer in await sent(services, route, {"match": None}, {"match": "*"}):
        assert (answer.status_code, problem(answer)["code"]) == (428, "precondition_missing")


@each(CHANGING)
async def test_a_change_with_a_version_that_is_none_is_refused(services: Running, route: Route) -> None:
    for answer in await sent(services, route, {"match": "7"}, {"match": '"7'}, {"match": "W/7"}):
        assert (answer.status_code, problem(answer)["code"]) == (400, "malformed_header")


@each([route for route in KEYED if places(route)])
async def test_a_command_about_what_does_not_exist_finds_nothing(services: Running, route: Route) -> None:
    [answer] = await sent(services, route, {"match": 1})

    code = problem(answer)["code"]
    if route.operation in TOLD_NO_MORE:
        assert (answer.status_code, code) == TOLD_NO_MORE[route.operation]
    else:
        assert answer.status_code == 404, answer.text
        assert code.endswith("_unknown"), code


@each([route for route in commands() if not route.changes and route.once])
async def test_what_makes_something_new_asks_for_no_version(services: Running, route: Route) -> None:
    platform = await services.of(route.service)

    answer = await admitted(platform, route).send(route.method, address(route))

    assert answer.status_code != 428


@each(SINGLE)
async def test_what_happens_once_by_itself_asks_for_neither_key_nor_version(services: Running, route: Route) -> None:
    platform = await services.of(route.service)

    answer = await admitted(platform, route).send(route.method, address(route), key="")

    assert answer.status_code == (415 if route.body else 200), answer.text


def send(wanted: Change, **how: Any) -> Any:
    """Send a change, with its own version and content unless others are given."""
    body, match = how.pop("body", wanted.body), how.pop("match", wanted.version)
    return wanted.caller.send(wanted.method, wanted.path, body=body, match=match, **how)


@each_service
async def test_a_change_decided_on_another_version_is_refused(services: Running, service: str) -> None:
    wanted, platform = await change(services, service), await services.of(service)
    before = await fingerprint(platform)

    for match in (wanted.version - 1, wanted.version + 1, f'W/"{wanted.version}"', f'"0{wanted.version}"', '"$gt"'):
        answer = await send(wanted, match=match)
        assert (answer.status_code, problem(answer)["code"]) == (412, "stale")
    assert await fingerprint(platform) == before


@each_service
async def test_the_same_change_sent_again_answers_the_same_and_happens_once(services: Running, service: str) -> None:
    wanted, platform, key = await change(services, service), await services.of(service), uuid7()

    first = await send(wanted, key=key)
    assert first.status_code == 200, first.text
    after = await fingerprint(platform)
    again = await send(wanted, key=key)

    assert (again.status_code, again.json(), again.headers["etag"]) == (200, first.json(), first.headers["etag"])
    assert await fingerprint(platform) == after


@each_service
async def test_the_same_key_with_other_content_is_refused(services: Running, service: str) -> None:
    wanted, platform, key = await change(services, service), await services.of(service), uuid7()
    assert (await send(wanted, key=key)).status_code == 200
    after = await fingerprint(platform)

    other = await send(wanted, key=key, body=wanted.other)

    assert (other.status_code, problem(other)["code"]) == (422, "idempotency_key_reused")
    assert await fingerprint(platform) == after


@each_service
async def test_a_change_that_was_refused_may_be_sent_again_with_its_key(services: Running, service: str) -> None:
    wanted, key = await change(services, service), uuid7()

    refused = await send(wanted, key=key, match=wanted.version + 1)
    accepted = await send(wanted, key=key)

    assert (refused.status_code, accepted.status_code) == (412, 200), accepted.text
