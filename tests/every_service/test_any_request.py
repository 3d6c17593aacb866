"""Whatever is sent to a route, fitting or not, the answer is one that its description names: never a defect of ours.

The requests are made by schemathesis from the committed OpenAPI documents, the same at every run, and sent to the four
services on a real database by somebody who may. Ids that answers gave out are asked for again, so that requests meet
something that exists.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import httpx2
import jsonschema_rs
import pytest
import requests
from every_service.examples import change
from every_service.requests import address, admitted, fitting
from every_service.services import Running, routes_of
from every_service.tree import SERVICES
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from tools.contracts.facts import CONTRACTS

from missionare.kit.answers import Answer, Reference
from missionare.kit.problems import MEDIA_TYPE
from missionare.kit.readers import Reader
from missionare.kit.routes import Route
from missionare.kit.service import Service
from missionare.kit.testing import Platform

pytestmark = pytest.mark.thorough
together = pytest.mark.asyncio(loop_scope="session")

EACH = 4
"""Requests of each kind for each route."""
ANYWHERE = "http://anywhere.example"
SUCCEEDING = 1 / 3
"""Of the operations of each service at least so many are seen to succeed; the others need more than a lucky request."""
UNREAD = frozenset({"unauthenticated", "invalid_input", "idempotency_key_reused"})
"""Codes by which a request is refused before anybody looks at what it is about."""
ENDLESS = frozenset({"stream_events"})
"""Goes on as long as somebody listens; `tests/notifications/` does."""
KINDS = ("openapi.json", "internal.openapi.json")


@dataclass
class Known:
    """Ids that answers gave out, by the part of an address they belong to."""

    ids: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def learn(self, path: str, answer: httpx2.Response) -> None:
        """Keep the ids of an answer to this address."""
        if answer.status_code >= 300 or "json" not in answer.headers.get("content-type", ""):
            return
        said = answer.json()
        found = said.get("items", [said]) if isinstance(said, dict) else []
        place = [part for part in path.split("/") if part and not part.startswith("{")][-1]
        for one in found:
            if isinstance(one, dict) and isinstance(one.get("id"), str):
                self.ids[place].append(one["id"])

    def filled(self, path: str, turn: int) -> dict[str, str]:
        """Give ids for the places of an address, as far as any are known."""
        pairs = re.findall(r"([a-z-]+)/{(\w+)}", path)
        return {name: self.ids[place][turn % len(self.ids[place])] for place, name in pairs if self.ids[place]}


@dataclass(frozen=True)
class Described:
    """A route as the committed document describes it."""

    route: Route
    operation: Any
    document: Any

    def faults(self, answer: httpx2.Response) -> Iterator[str]:
        """Say what about an answer is not as described."""
        responses = self.document["paths"][self.route.path][self.route.method.lower()]["responses"]
        if answer.status_code >= 500 and answer.status_code != 503:
            yield f"{answer.status_code}: {answer.text[:300]}"
            return
        if str(answer.status_code) not in responses:
            yield f"{answer.status_code} is not described: {answer.text[:300]}"
            return
        kind = answer.headers.get("content-type", "").partition(";")[0]
        content = responses[str(answer.status_code)].get("content", {})
        if kind == MEDIA_TYPE and (code := answer.json()["code"]) not in content.get(kind, {}).get("examples", {}):
            yield f"{answer.status_code} with the code {code} is not described"
        elif content and kind not in content:
            yield f"{answer.status_code} is {kind}, not {sorted(content)}"
        elif kind.endswith("json") and kind in content:
            schema = {**content[kind]["schema"], "components": self.document["components"]}
            yield from (error.message for error in jsonschema_rs.validator_for(schema).iter_errors(answer.json()))


@cache
def described(service: str) -> list[Described]:
    """Give every route that has an address of a service, those that make something first."""
    import schemathesis

    routes = {(route.method, route.path): route for route in routes_of(service)}
    found = []
    for kind in KINDS:
        document = json.loads((CONTRACTS / service / kind).read_text(encoding="utf-8"))
        for result in schemathesis.openapi.from_dict(document).get_all_operations():
            operation = result.ok()
            route = routes[operation.method.upper(), operation.path]
            if route.operation not in ENDLESS:
                found.append(Described(route, operation, document))
    return sorted(found, key=lambda one: (one.route.path.count("{"), one.route.method != "POST", one.route.path))


def made(one: Described, known: Known, *, fits: bool) -> list[requests.PreparedRequest]:
    """Make requests for a route: such that fit its description, or such that do not."""
    from schemathesis import GenerationMode

    found: list[requests.PreparedRequest] = []

    @settings(
        max_examples=EACH,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(one.operation.as_strategy(generation_mode=GenerationMode.POSITIVE if fits else GenerationMode.NEGATIVE))
    def collect(case: Any) -> None:
        if len(found) % 2 == 0:
            case.path_parameters = {**(case.path_parameters or {}), **known.filled(one.route.path, len(found))}
        case.cookies = {}
        found.append(requests.Request(**case.as_transport_kwargs(base_url=ANYWHERE)).prepare())

    with suppress(Unsatisfiable):  # about some requests nothing can be wrong
        collect()
    return found


async def answered(platform: Platform, one: Described, request: requests.PreparedRequest) -> httpx2.Response:
    """Send a request as somebody whom the route admits."""
    headers = {
        name: value
        for name, value in request.headers.items()
        if name.lower() not in {"authorization", "cookie", "content-length", "accept-encoding", "connection"}
    }
    body = request.body.encode() if isinstance(request.body, str) else request.body
    path = str(request.url).removeprefix(ANYWHERE)
    return await admitted(platform, one.route).send(one.route.method, path, content=body, key="", headers=headers)


async def plainly(platform: Platform, one: Described, known: Known) -> httpx2.Response:
    """Ask for what a route is there for: in every respect as it is described, about something new that exists."""
    route = one.route
    body = fitting(route.body[1]) if route.body else None
    path = address(route, **known.filled(route.path, -1))
    answer = await admitted(platform, route).send(route.method, path, body=body, match=1 if route.changes else None)
    known.learn(route.path, answer)
    return answer


async def begun(services: Running, service: str) -> Known:
    """Make what can be made by requests that fit in every respect, so that there is something to ask for."""
    platform, known = await services.of(service), Known()
    begin = await change(services, service)
    place = re.search(r"/([a-z-]+)/([^/]+)", begin.path.removeprefix(f"/api/{service}/v1"))
    assert place
    known.ids[place[1]].append(place[2])
    for one in described(service):
        if one.route.method == "POST" and one.route.body and "{" not in one.route.path:
            body = fitting(one.route.body[1])
            known.learn(one.route.path, await admitted(platform, one.route).post(one.route.path, body))
        elif one.route.method == "GET" and "{" not in one.route.path:
            known.learn(one.route.path, await admitted(platform, one.route).get(one.route.path))
    return known


@dataclass
class Outcome:
    """What became of all requests."""

    faults: list[str] = field(default_factory=list)
    asked: int = 0
    """How many requests were sent."""
    done: set[str] = field(default_factory=set)
    """The operations that answered with a success at least once."""
    met: set[str] = field(default_factory=set)
    """Those of which an answer came from behind the door and the reading of the request: from the matter itself."""

    def note(self, one: Described, answer: httpx2.Response, asked: str) -> None:
        """Count an answer, and keep what is wrong with it."""
        operation = one.route.operation
        self.asked += 1
        self.faults += [f"{operation}: {asked}: {said}" for said in one.faults(answer)]
        code = answer.json()["code"] if answer.headers.get("content-type") == MEDIA_TYPE else ""
        if answer.status_code < 300:
            self.done.add(operation)
        if answer.status_code < 300 or (answer.status_code in {401, 404, 409, 412, 422} and code not in UNREAD):
            self.met.add(operation)


async def tried(platform: Platform, routes: list[Described], known: Known) -> Outcome:
    """Send every route its requests, and say what was wrong with the answers."""
    outcome = Outcome()
    for one in routes:
        outcome.note(one, await plainly(platform, one, known), "as it is meant")
        for fits in (True, False):
            for request in await asyncio.to_thread(made, one, known, fits=fits):
                answer = await answered(platform, one, request)
                known.learn(one.route.path, answer)
                outcome.note(one, answer, f"{request.url:.150} {request.body!r:.200}")
    # Mails that were asked for are sent to nobody, also not by the tests that come after in the same services.
    await platform.service.database["timers"].delete_many({})
    return outcome


@together
@pytest.mark.parametrize("service", SERVICES)
async def test_every_answer_is_one_that_is_described_and_none_is_a_defect(services: Running, service: str) -> None:
    known = await begun(services, service)

    outcome = await tried(await services.of(service), described(service), known)

    there = {one.route.operation for one in described(service)}
    said = f"{service}: {outcome.asked} requests to {len(there)} operations, {len(outcome.done)} with success"
    print(said)  # noqa: T201 - `make test ARGS="-k any_request -rP"` shows what was reached
    assert not outcome.faults, "\n".join(outcome.faults)
    assert outcome.met == there, "these answer nothing but that a request cannot be read or may not be made"
    assert len(outcome.done) >= len(there) * SUCCEEDING, "most requests are refused before they change or find anything"


# --- sabotage --------------------------------------------------------------------------------------------------------


def instead(service: Service, functions: Mapping[str, Callable[..., Awaitable[Answer]]]) -> Service:
    """Let routes of a service do something else."""
    for group in service.routes:
        group.declared[:] = [
            replace(route, function=functions[route.operation], work_name="reader", parameters={})
            if route.operation in functions
            else route
            for route in group.declared
        ]
    return service


@together
async def test_a_defect_and_an_answer_of_another_shape_would_be_seen(
    services: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def list_goals(reader: Reader) -> Answer:
        raise ZeroDivisionError(reader.scope)

    async def read_me(reader: Reader) -> Answer:
        return Reference(id=str(reader.now))

    service = services.twin("members")
    for group in service.routes:
        monkeypatch.setattr(group, "declared", list(group.declared))
    twin = await services.start(instead(service, {"list_goals": list_goals, "read_me": read_me}))
    routes = [one for one in described("members") if one.route.operation in {"list_goals", "read_me"}]

    outcome = await tried(twin, routes, Known())

    told = "\n".join(outcome.faults)
    assert "list_goals" in told
    assert ": 500: " in told
    assert "read_me" in told
    assert "is a required property" in told
