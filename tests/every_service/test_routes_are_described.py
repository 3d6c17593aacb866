"""Every route of every service says what it is for, under a name that stays."""

from __future__ import annotations

import inspect
import re
from collections import Counter

import pytest
from every_service.services import each, every_route, routes_of
from every_service.tree import SERVICES

from missionare.kit.answers import Answer
from missionare.kit.routes import Route

SENTENCE = re.compile(r"[A-Z].*[a-z`)*.]\.", re.DOTALL)
NAME = re.compile(r"[a-z]+(_[a-z]+)*")


@pytest.mark.parametrize("service", SERVICES)
def test_no_two_operations_of_a_service_share_a_name_or_an_address(service: str) -> None:
    routes = routes_of(service)

    assert [name for name, times in Counter(route.operation for route in routes).items() if times > 1] == []
    assert [place for place, times in Counter((r.method, r.path) for r in routes).items() if times > 1] == []
    assert len(routes) >= 15


@each(list(every_route()))
def test_a_route_says_in_a_sentence_what_it_does(route: Route) -> None:
    said = inspect.getdoc(route.function) or ""

    assert SENTENCE.fullmatch(said), f"{route.operation}: its docstring is what the reference shows: {said!r}"
    assert len(route.summary) <= 120


@each(list(every_route()))
def test_a_name_and_an_address_are_plain_words(route: Route) -> None:
    assert NAME.fullmatch(route.operation), route.operation
    for part in route.path.strip("/").split("/"):
        assert re.fullmatch(r"v1|\{[a-z_]+\}|\.?[a-z]+(-[a-z]+)*(\.json)?", part), route.path


@each([route for route in every_route() if route.path.startswith("/api/") and route.make_endpoint is None])
def test_what_a_route_answers_is_declared(route: Route) -> None:
    model = route.answer_model

    assert route.status == 204 or (inspect.isclass(model) and issubclass(model, Answer)), route.operation


@each([route for route in every_route() if route.path.startswith("/api/")])
def test_an_address_of_the_public_is_below_its_own_service(route: Route) -> None:
    assert route.path.startswith(f"/api/{route.service}/v1/")


@each([route for route in every_route() if route.path.startswith("/internal/")])
def test_an_internal_address_is_for_services_and_for_the_gateway_only(route: Route) -> None:
    among_services = route.policy.any_service or route.policy.named_services
    assert among_services or route.own_credentials
    assert not (route.policy.any_signed_in or route.policy.named_roles)
