"""Every endpoint admits whom the committed table names, and nobody else: each is called as everybody."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from every_service.examples import mailed_link
from every_service.requests import address, admitted, problem
from every_service.services import Running, commands, each, every_route, named, routes_of
from every_service.tree import ROOT, SERVICES
from tools import policies

from missionare.kit import admission
from missionare.kit.policies import markdown, policy_table
from missionare.kit.policy import Policy
from missionare.kit.routes import Route
from missionare.kit.service import Service
from missionare.kit.testing import As, Platform

together = pytest.mark.asyncio(loop_scope="session")

ROLES = (
    "visitor",
    "member",
    "organisation_contact",
    "representation_chair",
    "candidate",
    "missionary",
    "host_contact",
    "partner",
    "editor",
    "reviewer",
    "coach",
    "operator",
    "auditor",
    "integration",
)
"""The fourteen roles; a person who holds only `visitor` is signed in like anybody else."""
TABLE = ROOT / "docs/reference/policies.md"
FRESH = "the table is out of date: run `make policies`, and look at what changed before you commit it"


@dataclass(frozen=True)
class Line:
    """One endpoint as the committed table has it."""

    operation: str
    who: str
    on_behalf: str


@dataclass(frozen=True)
class Somebody:
    """Somebody who calls: nobody known, a person or key in one role, or a service."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".strip()


VISITOR = Somebody("visitor", "")
EVERYBODY = [
    VISITOR,
    Somebody("person", "without any role"),
    *(Somebody("person", role) for role in ROLES),
    Somebody("key", "operator"),
    Somebody("key", "integration"),
    *(Somebody("service", service) for service in SERVICES),
]


def committed() -> dict[tuple[str, str, str], Line]:
    """Read the committed table, by service, method and path."""
    rows = [
        line.strip("| \n").split(" | ") for line in TABLE.read_text(encoding="utf-8").splitlines() if "| `/" in line
    ]
    return {
        (service, method, path.strip("`")): Line(operation, who.strip(), behalf.strip())
        for service, method, path, operation, who, behalf, *_ in (row + [""] * 3 for row in rows)
    }


def lets_in(who: str, somebody: Somebody) -> bool:
    """Say whom a cell of the table lets in: read from its words, by none of the code that it describes."""
    return any(_names(part, somebody) for part in who.split("; "))


def _names(part: str, somebody: Somebody) -> bool:
    kind, _, listed = part.partition(": ")
    names = listed.split(", ")
    match kind:
        case "public" | "link":
            return True
        case "signed in":
            return somebody.kind in {"person", "key"}
        case "roles":
            return somebody.kind in {"person", "key"} and somebody.name in names
        case "services":
            return somebody.kind == "service" and (listed == "any" or somebody.name in names)
    msg = f"the table says '{part}', which nobody here can read"
    raise AssertionError(msg)


def as_somebody(platform: Platform, somebody: Somebody) -> As:
    """Call as somebody; keys act for a person, so that being nobody in person is not what refuses them."""
    roles = [somebody.name] if somebody.name in ROLES else []
    match somebody.kind:
        case "visitor":
            return platform.as_visitor()
        case "person":
            return platform.as_person("p1", roles=roles, organisation_id="o1")
        case "key":
            return platform.as_key("k1", roles=roles, organisation_id="o1", person_id="p1")
        case _:
            return platform.as_service(somebody.name)


async def faults(platform: Platform, route: Route, who: str, **headers: str) -> list[str]:
    """Call a route as everybody, and say where it differs from what a cell of the table promises."""
    found = []
    for somebody in EVERYBODY:
        caller = as_somebody(platform, somebody).with_headers(**headers)
        answer = await caller.send(route.method, address(route), match=999)
        if lets_in(who, somebody):
            fault = answer.status_code in {401, 403} or answer.status_code >= 500
        else:
            expected = (401, "unauthenticated") if somebody == VISITOR else (403, "forbidden")
            fault = answer.status_code < 400 or (answer.status_code, problem(answer)["code"]) != expected
        if fault:
            found.append(f"{somebody}: {answer.status_code}")
    return found


def test_the_committed_table_is_what_the_routes_say() -> None:
    assert TABLE.read_text(encoding="utf-8") == policies.document(), FRESH


def test_the_table_has_a_line_for_every_route_and_no_other() -> None:
    assert set(committed()) == {(route.service, route.method, route.path) for route in every_route()}, FRESH


def test_no_line_of_the_table_names_a_role_or_a_service_that_does_not_exist() -> None:
    for line in committed().values():
        for part in f"{line.who}; {line.on_behalf}".split("; "):
            kind, _, listed = part.partition(": ")
            assert set(listed.split(", ")) <= {"roles": set(ROLES), "services": {*SERVICES, "any"}}.get(kind, {""}), (
                line
            )


@pytest.mark.thorough
@together
@each(list(every_route()))
async def test_an_endpoint_admits_whom_the_table_names_and_nobody_else(services: Running, route: Route) -> None:
    line = committed()[route.service, route.method, route.path]

    assert line.operation == route.operation
    assert await faults(await services.of(route.service), route, line.who) == []


BEHALF = {"On_Behalf_Of": "p2", "On_Behalf_Channel": "telephone", "On_Behalf_Why": "asked"}


@together
@each([route for route in every_route() if route.on_behalf])
async def test_only_whom_the_table_names_may_do_it_for_somebody_else(services: Running, route: Route) -> None:
    line = committed()[route.service, route.method, route.path]

    assert await faults(await services.of(route.service), route, line.on_behalf, **BEHALF) == []


@together
@each([route for route in commands() if not route.on_behalf])
async def test_what_is_only_for_oneself_is_done_for_nobody_else(services: Running, route: Route) -> None:
    platform = await services.of(route.service)

    answer = await admitted(platform, route).with_headers(**BEHALF).send(route.method, address(route), match=999)

    assert (answer.status_code, problem(answer)["code"]) == (403, "on_behalf_not_offered")


@together
@pytest.mark.parametrize("service", ["journeys", "members"])
async def test_whoever_holds_a_mailed_link_opens_its_page_and_nothing_else(services: Running, service: str) -> None:
    platform = await services.of(service)
    token = await mailed_link(services, service)
    holder = platform.as_visitor(Authorization=f"Bearer {token}")

    page = await platform.as_visitor().get(f"/api/{service}/v1/links/{token}")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    for route in routes_of(service):
        if not route.own_credentials:
            answer = await holder.send(route.method, address(route), match=999)
            assert (answer.status_code, problem(answer)["code"]) == (401, "unauthenticated"), named(route)


@together
async def test_a_policy_that_was_loosened_is_caught(services: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    loose = loosen(monkeypatch, services.twin("catalog"), operation="draft_entry", policy=Policy.signed_in())
    twin = await services.start(loose)
    [route] = [route for route in twin.service.declared_routes() if route.operation == "draft_entry"]

    found = await faults(twin, route, committed()[route.service, route.method, route.path].who)

    refused = [somebody for somebody in EVERYBODY if somebody.kind in {"person", "key"} and somebody.name != "editor"]
    assert found == [f"{somebody}: 415" for somebody in refused]
    assert markdown(policy_table([twin.service])) not in TABLE.read_text(encoding="utf-8")


@together
async def test_a_policy_that_is_declared_and_not_asked_is_caught(
    services: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "admit", lambda *_: None)
    [route] = [route for route in routes_of("catalog") if route.operation == "list_drafts"]

    found = await faults(await services.of("catalog"), route, committed()[route.service, route.method, route.path].who)

    assert f"{VISITOR}: 200" in found
    assert len(found) == len([somebody for somebody in EVERYBODY if not lets_in(str(route.policy), somebody)])


def loosen(patch: pytest.MonkeyPatch, service: Service, *, operation: str, policy: Policy) -> Service:
    """Change the policy of one route before the service is started, for this test only: routes belong to the module."""
    for routes in service.routes:
        loose = [replace(route, policy=policy) if route.operation == operation else route for route in routes.declared]
        patch.setattr(routes, "declared", loose)
    return service
