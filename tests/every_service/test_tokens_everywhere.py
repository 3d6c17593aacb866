"""No endpoint believes a token that is missing, forged, foreign or old; and none takes its bearer for a visitor."""

from __future__ import annotations

import pytest
from every_service.forgery import Forger
from every_service.requests import address, problem
from every_service.services import Running, each, every_route, fingerprint
from every_service.tree import SERVICES

from missionare.kit.routes import Route

pytestmark = pytest.mark.asyncio(loop_scope="session")

CLOSED = [route for route in every_route() if not route.policy.everyone and not route.policy.links]
BELIEVING = [route for route in every_route() if not route.own_credentials]
"""All but the one that makes tokens: the gateway asks it with what the caller sent."""


@each(CLOSED)
async def test_without_a_token_a_closed_endpoint_asks_for_one(services: Running, route: Route) -> None:
    platform = await services.of(route.service)

    answer = await platform.as_visitor().send(route.method, address(route), match=1)

    assert (answer.status_code, problem(answer)["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


@each(BELIEVING)
async def test_a_forged_token_is_believed_nowhere(services: Running, route: Route) -> None:
    platform = await services.of(route.service)
    forger = Forger(platform)
    headers = {name: f"Bearer {token}" for name, token in forger.tokens().items()} | forger.schemes()
    before = await fingerprint(platform)

    for name, header in headers.items():
        answer = await platform.as_visitor(Authorization=header).send(route.method, address(route), match=1)

        assert (answer.status_code, problem(answer)["code"]) == (401, "unauthenticated"), name
        assert answer.headers["www-authenticate"] == "Bearer"
    assert await fingerprint(platform) == before


@pytest.mark.parametrize("service", SERVICES)
async def test_the_forgeries_differ_from_a_good_token_in_one_point_each(services: Running, service: str) -> None:
    platform = await services.of(service)

    answer = await platform.as_visitor(Authorization=f"Bearer {Forger(platform).good()}").get(
        f"/api/{service}/v1/streams"
    )

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("service", SERVICES)
async def test_why_a_token_is_not_believed_is_told_to_nobody(services: Running, service: str) -> None:
    platform = await services.of(service)

    told = set()
    for token in Forger(platform).tokens().values():
        answer = await platform.as_visitor(Authorization=f"Bearer {token}").get(f"/api/{service}/v1/streams")
        document = problem(answer)
        told.add((document["title"], document["detail"], document["code"]))
    assert len(told) == 1


@pytest.mark.parametrize("service", SERVICES)
async def test_a_token_for_one_service_opens_no_other(services: Running, service: str) -> None:
    token = Forger(await services.of(service)).good()

    for other in set(SERVICES) - {service}:
        platform = await services.of(other)
        answer = await platform.as_visitor(Authorization=f"Bearer {token}").get(f"/api/{other}/v1/streams")
        assert (answer.status_code, problem(answer)["code"]) == (401, "unauthenticated")
