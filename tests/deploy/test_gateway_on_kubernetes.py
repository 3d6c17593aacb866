"""On Kubernetes every request takes the way it takes everywhere else, through the same middlewares."""

from __future__ import annotations

import copy
from itertools import product

import pytest
import yaml
from deploy.gateway import COOKIE, SERVICES, Request, Routes, Way, routes_file, way_by_file
from deploy.kustomization import LOADER, build
from deploy.running import Manifests
from every_service.tree import ROOT

PATHS = (
    *("/", "/journeys", "/console/today", "/healthy", "/apis/members", "/api/members", "/api/strangers/v1/x"),
    *("/internal/facts", "/Internal/authenticate", "/health/live", "/metrics", "/METRICS/x", "/problems/404"),
    *("/.well-known/jwks.json", "/.well-known/security.txt", "/api/members/v1/imports", "/api/members/v1/imports/7"),
    *(
        "/api/members/v1/sign-in",
        "/api/members/v1/sessions/current",
        "/api/members/v1/links/abc",
        "/api/members/v1/linksx",
    ),
    *(f"/api/{service}/v1/things" for service in SERVICES),
)
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
CALLERS = {
    "nobody": {},
    "somebody": {"Cookie": f"theme=dark; {COOKIE}=x"},
    "a program": {"Authorization": "Bearer mk_1_2_3"},
    "a forger": {"Authorization": "Bearer eyJ", "Cookie": f"not{COOKIE}=x"},
}
LEFT_OPEN = frozenset({"/api/members"})
"""A prefix of the Gateway API holds its last word alone, too: a service answers 404 there as the pages do."""


@pytest.fixture(scope="module")
def manifests() -> Manifests:
    return Manifests(build(ROOT / "deploy/kubernetes/base"))


def differing(manifests: Manifests) -> list[str]:
    requests = [
        (caller, Request(method, path, CALLERS[caller])) for path, method, caller in product(PATHS, METHODS, CALLERS)
    ]
    routes = Routes(manifests)
    return [
        f"{caller}: {request.method} {request.path}"
        for caller, request in requests
        if request.path not in LEFT_OPEN and routes.way(request) != way_by_file(request)
    ]


def test_every_request_takes_the_same_way_as_everywhere(manifests: Manifests) -> None:
    assert differing(manifests) == []


@pytest.mark.parametrize("name", ["web", "members"])
def test_a_route_that_leaves_something_out_is_found(manifests: Manifests, name: str) -> None:
    spoilt = Manifests(copy.deepcopy(manifests.documents))
    del spoilt.named("HTTPRoute")[name]["spec"]["rules"][0]

    assert differing(spoilt)


def test_the_middlewares_are_the_same(manifests: Manifests) -> None:
    there = {name: one["spec"] for name, one in manifests.named("Middleware").items() if "chain" not in one["spec"]}
    wanted = copy.deepcopy(routes_file()["middlewares"])
    for name, middleware in wanted.items():
        if "errors" in middleware:
            assert middleware["errors"].pop("service") == there[name]["errors"].pop("service")["name"]
        if "forwardAuth" in middleware:
            path = middleware["forwardAuth"].pop("address")
            assert there[name]["forwardAuth"].pop("address") == f"http://gateway-inside:8081{path}"

    assert there == wanted


def test_members_is_asked_by_the_inner_door_only(manifests: Manifests) -> None:
    question = Request("GET", "/internal/authenticate", {})

    inside = Routes(manifests, listener="inside")

    assert inside.way(question) == Way(("away", "again"), "members")
    assert inside.way(Request("GET", "/internal/facts", {})) is None
    published = [port["targetPort"] for port in manifests.named("Service")["gateway"]["spec"]["ports"]]
    assert published == ["public", "plain"]


def test_the_entry_points_are_as_careful_as_everywhere(manifests: Manifests) -> None:
    here = yaml.load((ROOT / "deploy/kubernetes/base/platform/gateway/traefik.yml").read_text(encoding="utf-8"), LOADER)
    everywhere = yaml.load((ROOT / "deploy/gateway/traefik.yml").read_text(encoding="utf-8"), LOADER)
    listeners = {one["name"]: one["port"] for one in manifests.named("Gateway")["missionare"]["spec"]["listeners"]}

    for name, entry in here["entryPoints"].items():
        assert entry["address"] == f":{listeners[name]}"
        wanted = everywhere["entryPoints"]["inside" if name == "inside" else "public"]
        assert entry["http"] == wanted["http"], name
        if name != "inside":
            assert entry["transport"]["respondingTimeouts"] == wanted["transport"]["respondingTimeouts"]
    assert here["global"] == everywhere["global"]
    assert here["log"] == everywhere["log"]
    assert "accessLog" not in here
    assert here["serversTransport"] == routes_file()["serversTransports"]["patient"]
