"""Every route of every service says what it is for, under a name that stays."""

from __future__ import annotations

import inspect
import re
from collections import Counter

import pytest
from every_service.services import routes_of
from every_service.tree import SERVICES

from missionare.kit.answers import Answer

SENTENCE = re.compile(r"[A-Z].*[a-z`)*.]\.", re.DOTALL)
NAME = re.compile(r"[a-z]+(_[a-z]+)*")
PART = re.compile(r"v1|\{[a-z_]+\}|\.?[a-z]+(-[a-z]+)*(\.json)?")

each_service = pytest.mark.parametrize("service", SERVICES)


@each_service
def test_no_two_operations_of_a_service_share_a_name_or_an_address(service: str) -> None:
    routes = routes_of(service)

    assert [name for name, times in Counter(route.operation for route in routes).items() if times > 1] == []
    assert [place for place, times in Counter((r.method, r.path) for r in routes).items() if times > 1] == []
    assert len(routes) >= 15


@each_service
def test_every_route_says_in_a_sentence_what_it_does(service: str) -> None:
    for route in routes_of(service):
        said = inspect.getdoc(route.function) or ""
        assert SENTENCE.fullmatch(said), f"{route.operation}: its docstring is what the reference shows: {said!r}"
        assert len(route.summary) <= 120, route.operation


@each_service
def test_names_and_addresses_are_plain_words(service: str) -> None:
    for route in routes_of(service):
        assert NAME.fullmatch(route.operation), route.operation
        for part in route.path.strip("/").split("/"):
            assert PART.fullmatch(part), route.path


@each_service
def test_what_a_route_answers_is_declared(service: str) -> None:
    for route in routes_of(service):
        if route.path.startswith("/api/") and route.endpoint is None:
            model = route.answer_model
            assert route.status == 204 or (inspect.isclass(model) and issubclass(model, Answer)), route.operation


@each_service
def test_an_address_of_the_public_is_below_its_own_service(service: str) -> None:
    for route in routes_of(service):
        own = route.path.startswith((f"/api/{service}/v1/", "/internal/", "/health/"))
        assert own or route.path in {"/metrics", "/.well-known/jwks.json"}, route.path


@each_service
def test_an_internal_address_is_for_services_and_for_the_gateway_only(service: str) -> None:
    for route in routes_of(service):
        if route.path.startswith("/internal/"):
            policy = route.policy
            assert policy.any_service or policy.named_services or route.own_credentials, route.operation
            assert not policy.any_signed_in, route.operation
            assert not policy.named_roles, route.operation
